"""What an agent's report means for a contact: what is kept until the call's end, or how its end is corrected. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from campanile.domain import lifecycle
from campanile.domain.call import AgentReport, Attempt, Slot
from campanile.domain.contact import Contact, LaneKind, ReportedInCall
from campanile.domain.lifecycle import ContactStatus, Outcome
from campanile.domain.retry import MAX_CALLBACKS

WARNINGS = {
    "too_many_callbacks": f"the contact has had its {MAX_CALLBACKS} callbacks: there is no further one",
    "do_not_call": "the person asked not to be called again: there is no callback",
    "attempt_superseded": "there has been another call since: report a callback on the latest attempt",
    "call_in_progress": "the next call is under way already: report a callback on that attempt",
    "contact_finished": "none of the contact's numbers is valid: there is no callback",
    "campaign_closed": "the campaign is closed: the callback is noted and not called",
    "contact_deleted": "the contact is deleted: its number is listed, and nothing else kept",
}
"""What was not done as reported, or has no effect, by code."""

_CALLABLE = frozenset({ContactStatus.PENDING, ContactStatus.COMPLETED, ContactStatus.EXHAUSTED})


def in_call(
    contact: Contact, slot: Slot, report: AgentReport, callback_at: int | None
) -> tuple[ReportedInCall | None, Sequence[str]]:
    """What is to be known of the call in `slot` at its end, and the codes of warnings. `callback_at` in UTC ms."""
    told = contact.reported or ReportedInCall()
    if report.do_not_call:
        told = replace(told, do_not_call=True, callback_at=None)
    if report.callback is None:
        return _nothing_as_none(told), []
    if callback_at is None:
        return replace(told, callback_at=None, is_canceled=True), []
    if told.do_not_call:
        return told, ["do_not_call"]
    if contact.callbacks_used + slot.is_callback >= MAX_CALLBACKS:
        return _nothing_as_none(told), ["too_many_callbacks"]
    return replace(told, callback_at=callback_at, is_canceled=False), []


def after_call(
    contact: Contact, attempt: Attempt, report: AgentReport, callback_at: int | None
) -> tuple[Outcome | None, Sequence[str]]:
    """The outcome that a recorded attempt gets (None: it keeps its own), and the codes of warnings.

    Only the latest attempt can bring a callback, and only one that waits can be taken back: its call was answered.
    """
    if report.do_not_call:
        is_known = attempt.outcome is Outcome.DO_NOT_CALL
        return None if is_known else Outcome.DO_NOT_CALL, [] if callback_at is None else ["do_not_call"]
    if report.callback is None:
        return None, []
    refused = _no_callback(contact, attempt)
    if callback_at is None:
        waits = refused is None and contact.status is ContactStatus.PENDING and contact.kind is LaneKind.CALLBACK
        if waits and attempt.outcome is Outcome.CALLBACK_REQUESTED:
            return Outcome.ANSWERED, []
        return None, [refused] if refused in ("attempt_superseded", "call_in_progress") else []
    if refused is None and contact.callbacks_used >= MAX_CALLBACKS:
        refused = "too_many_callbacks"
    return (None, [refused]) if refused else (Outcome.CALLBACK_REQUESTED, [])


def of_long_ago(contact: Contact, report: AgentReport) -> Contact:
    """The contact after a report on an attempt that it no longer has at hand: a request not to be called again ends it.

    While a call is in progress that is noted for the call's end.
    """
    if not report.do_not_call:
        return contact
    if contact.status is ContactStatus.ACTIVE:
        return replace(
            contact, reported=replace(contact.reported or ReportedInCall(), do_not_call=True, callback_at=None)
        )
    return replace(contact, status=lifecycle.corrected(contact.status, ContactStatus.DO_NOT_CALL))


def waiting_callback(contact: Contact) -> int | None:
    """When the contact is going to be called back (UTC ms), as far as it is known; None: it is not."""
    if contact.reported is not None:
        return contact.reported.callback_at
    is_waiting = contact.status is ContactStatus.PENDING and contact.kind is LaneKind.CALLBACK
    return contact.due if is_waiting else None


def _no_callback(contact: Contact, attempt: Attempt) -> str | None:
    if attempt.outcome is Outcome.DO_NOT_CALL or contact.status is ContactStatus.DO_NOT_CALL:
        return "do_not_call"
    if contact.attempts[-1].id != attempt.id:
        return "attempt_superseded"
    if contact.status is ContactStatus.ACTIVE:
        return "call_in_progress"
    return None if contact.status in _CALLABLE else "contact_finished"


def _nothing_as_none(told: ReportedInCall) -> ReportedInCall | None:
    return None if told == ReportedInCall() else told
