"""Statuses, outcomes and the one table of transitions.

The table is data on purpose: `store.conditions` turns a transition's sources into the condition of the
write itself, so the check and the write cannot differ (guarantee G7). `docs/lifecycle.md` draws it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class CampaignStatus(StrEnum):
    """A campaign's status, as seed 003 names them. `CLOSED` is final."""

    ACTIVE = "active"
    PAUSED = "paused"
    CLOSED = "closed"


class ContactStatus(StrEnum):
    """A contact's stored status. The API shows `ACTIVE` as `locked` or `in_progress`, by its slot's phase."""

    PENDING = "pending"
    HELD = "held"
    ACTIVE = "active"
    COMPLETED = "completed"
    EXHAUSTED = "exhausted"
    ERROR = "error"
    DO_NOT_CALL = "do_not_call"


class SlotPhase(StrEnum):
    """How far the call that holds a slot has come. Before `INTENDED` the provider has certainly not been asked."""

    LOCKED = "locked"
    INTENDED = "intended"
    PLACED = "placed"


class Outcome(StrEnum):
    """What became of one call. `UNKNOWN`: nobody could learn it."""

    ANSWERED = "answered"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    INVALID_NUMBER = "invalid_number"
    DO_NOT_CALL = "do_not_call"
    CALLBACK_REQUESTED = "callback_requested"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class Refusal(StrEnum):
    """Why the gate or the provider let no call through. A refusal is no attempt and consumes nothing."""

    CAMPAIGN_PAUSED = "campaign_paused"
    CAMPAIGN_CLOSED = "campaign_closed"
    OUTSIDE_CALLING_WINDOW = "outside_calling_window"
    NOT_YET_DUE = "not_yet_due"
    DO_NOT_CALL = "do_not_call"
    NUMBER_BUSY = "number_busy"
    NUMBER_REMOVED = "number_removed"
    INVALID_NUMBER = "invalid_number"
    DAILY_CAP = "daily_cap"
    PROVIDER_REFUSED = "provider_refused"
    PROVIDER_MISCONFIGURED = "provider_misconfigured"
    NOT_DIALED = "not_dialed"
    NOT_PLACED = "not_placed"


EDITABLE = frozenset({CampaignStatus.ACTIVE, CampaignStatus.PAUSED})
"""Statuses in which a campaign may be changed and take contacts (seeds 000, 001)."""

TERMINAL = frozenset({ContactStatus.COMPLETED, ContactStatus.EXHAUSTED, ContactStatus.ERROR, ContactStatus.DO_NOT_CALL})
"""Statuses no call follows."""

DELETABLE = frozenset(ContactStatus) - {ContactStatus.ACTIVE}
"""Statuses in which a contact may be deleted: an active one has a call that must end first (G11)."""

PHASES_BEFORE_POST = frozenset({SlotPhase.LOCKED})
"""Phases in which no call can exist at the provider, so the lock may simply be given back."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One edge set: from any of `sources` to `target`."""

    sources: frozenset[StrEnum]
    target: StrEnum


CAMPAIGN: Mapping[str, Transition] = {
    "start": Transition(frozenset({CampaignStatus.ACTIVE, CampaignStatus.PAUSED}), CampaignStatus.ACTIVE),
    "pause": Transition(frozenset({CampaignStatus.ACTIVE}), CampaignStatus.PAUSED),
    "close": Transition(frozenset({CampaignStatus.ACTIVE, CampaignStatus.PAUSED}), CampaignStatus.CLOSED),
}
"""Campaign transitions by action (seed 003: start unless closed, pause only from active, close unless closed)."""

CONTACT: Mapping[str, Transition] = {
    "lock": Transition(frozenset({ContactStatus.PENDING}), ContactStatus.ACTIVE),
    "release": Transition(frozenset({ContactStatus.ACTIVE}), ContactStatus.PENDING),
    "retry": Transition(frozenset({ContactStatus.ACTIVE}), ContactStatus.PENDING),
    "complete": Transition(frozenset({ContactStatus.ACTIVE}), ContactStatus.COMPLETED),
    "exhaust": Transition(frozenset({ContactStatus.ACTIVE}), ContactStatus.EXHAUSTED),
    "fail": Transition(frozenset({ContactStatus.ACTIVE}), ContactStatus.ERROR),
    "opt_out": Transition(frozenset({ContactStatus.ACTIVE}), ContactStatus.DO_NOT_CALL),
    "enqueue": Transition(frozenset({ContactStatus.HELD}), ContactStatus.PENDING),
    "reopen": Transition(frozenset({ContactStatus.COMPLETED, ContactStatus.EXHAUSTED}), ContactStatus.PENDING),
    "correct_complete": Transition(
        frozenset({ContactStatus.PENDING, ContactStatus.EXHAUSTED}), ContactStatus.COMPLETED
    ),
    "correct_exhaust": Transition(frozenset({ContactStatus.PENDING}), ContactStatus.EXHAUSTED),
    "correct_fail": Transition(frozenset({ContactStatus.PENDING, ContactStatus.EXHAUSTED}), ContactStatus.ERROR),
    "correct_opt_out": Transition(
        frozenset({ContactStatus.PENDING, ContactStatus.COMPLETED, ContactStatus.EXHAUSTED, ContactStatus.ERROR}),
        ContactStatus.DO_NOT_CALL,
    ),
}
"""Contact transitions by action. The dialer and the outcome recorder take them; a release of held contacts
takes `enqueue`; an upsert takes none (G11).

From `reopen` on they follow a late report: the carrier's about an attempt that was closed as `unknown`, or an agent's.
"""

SLOT: Mapping[str, Transition] = {
    "intend": Transition(frozenset({SlotPhase.LOCKED, SlotPhase.INTENDED}), SlotPhase.INTENDED),
    "place": Transition(frozenset({SlotPhase.INTENDED, SlotPhase.PLACED}), SlotPhase.PLACED),
}
"""Slot transitions by action. LOCK creates the slot and FINAL deletes it, so they are not edges."""


def contact_action(target: ContactStatus) -> str:
    """The action by which a finished call brings an active contact to `target`; KeyError if none does."""
    return _FINISHING_ACTION[target]


def correcting_action(target: ContactStatus) -> str:
    """The action by which a late report brings a contact to `target`; KeyError if none does."""
    return _CORRECTING_ACTION[target]


def corrected(status: ContactStatus, target: ContactStatus) -> ContactStatus:
    """Where a late report that speaks for `target` brings a contact: there, or nowhere when no edge leads there."""
    return target if status in CONTACT[correcting_action(target)].sources else status


_FINISHING_ACTION = {
    ContactStatus(transition.target): action
    for action, transition in CONTACT.items()
    if transition.sources == {ContactStatus.ACTIVE} and action != "release"
}
_CORRECTING_ACTION = {
    ContactStatus(transition.target): action
    for action, transition in CONTACT.items()
    if ContactStatus.ACTIVE not in {*transition.sources, transition.target} and action != "enqueue"
}
