"""How items store attempts, what the agent has reported during the call in progress, and remarks on attempts."""

import json
from typing import Any

from campanile.domain.call import Attempt
from campanile.domain.contact import ReportedInCall
from campanile.domain.lifecycle import Outcome
from campanile.store.table import Item

_REMARKS = {"notes": "note_", "disposition": "disposition_"}


def remark(name: str, attempt_id: str) -> str:
    """The attribute of the cold item that stores the `notes` or the `disposition` of an attempt."""
    return _REMARKS[name] + attempt_id.replace("-", "")


def notes_of(cold: Item | None, attempt_id: str) -> str | None:
    """The notes on the conversation of one attempt."""
    return (cold or {}).get(remark("notes", attempt_id))


def disposition_of(cold: Item | None, attempt_id: str) -> dict[str, Any] | None:
    """The structured outcome of the conversation of one attempt."""
    text = (cold or {}).get(remark("disposition", attempt_id))
    found: dict[str, Any] | None = None if text is None else json.loads(text)
    return found


def reported_item(reported: ReportedInCall | None) -> Item | None:
    """What the agent has reported during the call, as the contact's item stores it in `told`."""
    if reported is None:
        return None
    callback = {} if reported.callback_at is None else {"callback_at": reported.callback_at}
    return {"do_not_call": reported.do_not_call, "canceled": reported.is_canceled, **callback}


def reported(contact: Item) -> ReportedInCall | None:
    """The reverse, from the contact's item."""
    item = contact.get("told")
    if not item:
        return None
    return ReportedInCall(item.get("do_not_call", False), item.get("callback_at"), item.get("canceled", False))


def to_item(attempt: Attempt) -> Item:
    """Short names keep an attempt within 120 bytes: i id, k number of the attempt, p phone, o outcome, s/e times,
    d duration in ms, c conversation.
    """
    item = {
        "i": attempt.id,
        "k": attempt.attempt_no,
        "p": attempt.phone_number,
        "o": str(attempt.outcome),
        "s": attempt.started_at,
        "e": attempt.ended_at,
        "d": round(attempt.duration_seconds * 1000),
        "c": attempt.conversation_id,
    }
    return {name: value for name, value in item.items() if value is not None}


def from_item(item: Item) -> Attempt:
    """The reverse of `to_item`."""
    return Attempt(
        id=item["i"],
        attempt_no=item["k"],
        phone_number=item["p"],
        outcome=Outcome(item["o"]),
        started_at=item["s"],
        ended_at=item["e"],
        duration_seconds=item.get("d", 0) / 1000,
        conversation_id=item.get("c"),
    )
