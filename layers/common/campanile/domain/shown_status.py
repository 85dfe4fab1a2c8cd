"""A contact's state in Akol's words (seed 002). It depends only on the contact's status and its last outcome.

Both are in the counters and in the roster, so lists filter and count by the view as cheaply as by either.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from campanile.domain.call import Slot
from campanile.domain.lifecycle import ContactStatus, SlotPhase

ViewName = Literal["pending", "in_progress", "completed", "failed", "no_answer", "do_not_call", "rescheduled"]
VIEWS: Final[tuple[ViewName, ...]] = get_args(ViewName)

_WAITING: Final = ("pending", "held")
_WHILE_WAITING: Final[Mapping[str | None, ViewName]] = {
    None: "pending",
    "no_answer": "no_answer",
    "voicemail": "no_answer",
    "callback_requested": "rescheduled",
}
_AT_THE_END: Final[Mapping[str, ViewName]] = {
    "locked": "in_progress",
    "in_progress": "in_progress",
    "completed": "completed",
    "do_not_call": "do_not_call",
    "error": "failed",
}
_NOT_REACHED: Final = ("no_answer", "voicemail", "callback_requested")
"""One callback request too many counts as no answer (G8)."""


def view(status: str, last_outcome: str | None) -> ViewName:
    """The view of a contact by its status, as the API names it, and the outcome of its last call (None: no call yet).

    Pending contacts have not been called. No answer and failed may be tried again or be final: `status` says which.
    """
    if status in _WAITING:
        return _WHILE_WAITING.get(last_outcome, "failed")
    if status == "exhausted":
        return "no_answer" if last_outcome in _NOT_REACHED else "failed"
    return _AT_THE_END[status]


def shown_status(status: ContactStatus, slot: Slot | None) -> str:
    """The API's status. An active contact is `locked` until its POST is intended, then `in_progress`."""
    if status is not ContactStatus.ACTIVE and slot is None:
        return str(status)
    return "locked" if slot is not None and slot.phase is SlotPhase.LOCKED else "in_progress"
