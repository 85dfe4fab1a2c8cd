"""The contact as it is after a call, after a call that was refused, and after a report that came late."""

from collections.abc import Sequence
from dataclasses import replace

from campanile import lifecycle, retry, timezones
from campanile.entities import Attempt, CallReport, Contact, LaneKind, LastRefusal, Slot, Told
from campanile.field_types import milliseconds
from campanile.lifecycle import ContactStatus, Outcome, Refusal
from campanile.retry import RetryPolicy


def after_call(
    contact: Contact, slot: Slot, report: CallReport, policy: RetryPolicy, longest_call_seconds: int
) -> Contact:
    """Apply a call's end, and what was told of it before. The attempt is counted as asked for when the slot says it
    was a callback (G8).
    """
    report = as_told(contact.told, report)
    called = replace(
        contact,
        attempt_id=None,
        told=None,
        attempt_count=contact.attempt_count + 1,
        budget_used=contact.budget_used + (not slot.is_callback),
        callbacks_used=contact.callbacks_used + slot.is_callback,
        attempts=(*contact.attempts, _attempt(slot, report)),
        last_refusal=None,
        updated_at=report.ended_at_ms,
    )
    return _decided(called, report, policy, longest_call_seconds)


def as_told(told: Told | None, report: CallReport) -> CallReport:
    """What the carrier reports of a call whose agent has told something: a request not to be called again stands
    above everything, whoever tells it; then the agent's word on a callback.
    """
    if told is None or report.outcome is Outcome.DO_NOT_CALL:
        return report
    if told.do_not_call:
        return replace(report, outcome=Outcome.DO_NOT_CALL)
    if told.callback_at is not None:
        return replace(report, outcome=Outcome.CALLBACK_REQUESTED, callback_at_ms=told.callback_at)
    if told.is_canceled and report.outcome is Outcome.CALLBACK_REQUESTED:
        return replace(report, outcome=Outcome.ANSWERED)
    return report


def by_contacts_clock(report: CallReport, contact: Contact, default_timezone: str | None) -> CallReport:
    """The report with its callback at an instant, where the carrier told a time without offset.

    Where nothing says which clock is meant, or the time is none, the callback follows after its usual delay.
    """
    timezone = contact.timezone or default_timezone
    if report.callback_local is None or timezone is None:
        return report
    try:
        at = milliseconds(timezones.by_clock(report.callback_local, timezone))
    except (ValueError, OverflowError):
        return report
    return replace(report, callback_at_ms=at)


def correctable_attempt(contact: Contact, attempt_id: str, outcome: Outcome) -> Attempt | None:
    """The attempt if a late report of this outcome is news: when it was closed as `unknown`, or by something else than
    the request not to be called again that is told now.
    """
    attempt = next((one for one in contact.attempts if one.id == attempt_id), None)
    if attempt is None or attempt.outcome is Outcome.UNKNOWN:
        return attempt
    return attempt if outcome is Outcome.DO_NOT_CALL and attempt.outcome is not outcome else None


def after_late_report(
    contact: Contact, attempt: Attempt, report: CallReport, policy: RetryPolicy, longest_call_seconds: int, now_ms: int
) -> Contact:
    """Correct an attempt by what is told of it after its end. What was counted stays, as the call was made (G8).

    The latest attempt decides anew, except that a finished contact is taken up again only for a callback. An earlier
    one only ends a contact that waits, or says of a finished one that the person asked not to be called; while a call
    is in progress, that call's end decides.
    """
    told = replace(
        attempt,
        outcome=report.outcome,
        ended_at=report.ended_at_ms,
        duration_seconds=report.duration_seconds,
        conversation_id=report.conversation_id or attempt.conversation_id,
    )
    attempts = tuple(told if one.id == attempt.id else one for one in contact.attempts)
    recorded = replace(contact, attempts=attempts, updated_at=now_ms)
    if attempts[-1] is not told:
        if report.outcome is Outcome.DO_NOT_CALL:
            return replace(recorded, status=lifecycle.corrected(contact.status, ContactStatus.DO_NOT_CALL))
        end = _known_end(attempts) if contact.status is ContactStatus.PENDING else None
        return replace(recorded, status=end or contact.status)
    if contact.status is ContactStatus.ACTIVE:
        return recorded  # its slot knows the last outcome, by which it is counted until the call's end
    decided = _decided(recorded, report, policy, longest_call_seconds)
    is_retry = decided.status is ContactStatus.PENDING and decided.kind is not LaneKind.CALLBACK
    status = contact.status if is_retry else lifecycle.corrected(contact.status, decided.status)
    if status is ContactStatus.PENDING:
        return replace(decided, due=max(decided.due, now_ms))
    return replace(decided, status=status, due=contact.due, kind=contact.kind)


def _decided(called: Contact, report: CallReport, policy: RetryPolicy, longest_call_seconds: int) -> Contact:
    """The contact as the end of its latest attempt leaves it; the attempt is recorded and counted."""
    latest = called.attempts[-1]
    is_invalid = report.outcome is Outcome.INVALID_NUMBER
    unreachable = _with(called.unreachable, latest.phone_number) if is_invalid else called.unreachable
    upcoming = retry.number_for(latest.attempt_no + 1, called.phone_numbers, unreachable)
    tried = {one.phone_number for one in called.attempts}
    # The hot item knows the latest attempts only; past one round of the numbers none counts as untried.
    is_first_round = latest.attempt_no < len(called.phone_numbers)
    decision = retry.decide(
        retry.Finished(
            outcome=report.outcome,
            at_ms=report.ended_at_ms,
            budget_used=called.budget_used,
            callbacks_used=called.callbacks_used,
            next_number_untried=is_first_round and upcoming is not None and upcoming not in tried,
            valid_number_left=upcoming is not None,
            callback_at_ms=report.callback_at_ms,
            longest_call_seconds=longest_call_seconds,
        ),
        policy,
    )
    none_left = upcoming is None and decision.status is ContactStatus.ERROR
    was_told = called.asked_not_to_be_called  # in an earlier call, while this one went on
    if was_told or (none_left and _has_listed(called)):
        decision = retry.Decision(ContactStatus.DO_NOT_CALL)
    elif decision.status is ContactStatus.PENDING and (end := _known_end(called.attempts)):
        decision = retry.Decision(end)
    return replace(
        called,
        status=decision.status,
        due=called.due if decision.due_ms is None else max(decision.due_ms, called.scheduled_at or 0),
        kind=decision.kind or called.kind,
        unreachable=unreachable,
        last_outcome=report.outcome,
    )


def _known_end(attempts: Sequence[Attempt]) -> ContactStatus | None:
    """How a contact ends that would wait for a call, had not a late report told of an earlier one that reached it.

    A callback asked for after that call stands; a request not to be called stands above everything.
    """
    outcomes = [one.outcome for one in attempts]
    if Outcome.DO_NOT_CALL in outcomes:
        return ContactStatus.DO_NOT_CALL
    asked = max((index for index, one in enumerate(outcomes) if one is Outcome.CALLBACK_REQUESTED), default=-1)
    return ContactStatus.COMPLETED if Outcome.ANSWERED in outcomes[asked + 1 :] else None


def _has_listed(contact: Contact) -> bool:
    """Whether one of its numbers is left out because it was on the do-not-call list: with none left, that is why."""
    return any(one in contact.listed for one in contact.phone_numbers)


def _attempt(slot: Slot, report: CallReport) -> Attempt:
    return Attempt(
        id=slot.attempt_id,
        attempt_no=slot.attempt_no,
        phone_number=slot.phone_number,
        outcome=report.outcome,
        started_at=slot.intended_at or slot.locked_at,
        ended_at=report.ended_at_ms,
        duration_seconds=report.duration_seconds,
        conversation_id=report.conversation_id or slot.conversation_id,
    )


_FOR_GOOD = (Refusal.DO_NOT_CALL, Refusal.INVALID_NUMBER)
"""Refusals of a number after which it is not tried again."""


def after_refusal(
    contact: Contact, number: str, code: Refusal, now_ms: int, until: int | None, due: int | None = None
) -> Contact:
    """Apply a refusal: no attempt, nothing consumed. A listed number is skipped; with no number left the contact ends.

    `due` (UTC ms) postpones the next try, as when the provider asked for a pause. What an agent told of a call that the
    provider denies is kept.
    """
    unreachable, listed = contact.unreachable, contact.listed
    told = contact.told or Told()
    status = _known_end(contact.attempts) or ContactStatus.PENDING
    if code is Refusal.DO_NOT_CALL:
        unreachable, listed = _with(unreachable, number), _with(listed, number)
    skipped = replace(contact, unreachable=unreachable, listed=listed)
    if code in _FOR_GOOD and all(one in unreachable for one in contact.phone_numbers):
        status = ContactStatus.DO_NOT_CALL if _has_listed(skipped) else ContactStatus.ERROR
    if contact.asked_not_to_be_called:
        status = ContactStatus.DO_NOT_CALL
    due = contact.due if due is None else due
    return replace(
        skipped,
        status=status,
        attempt_id=None,
        told=None,
        due=due if told.callback_at is None else max(due, told.callback_at),
        kind=contact.kind if told.callback_at is None else LaneKind.CALLBACK,
        last_outcome=contact.attempts[-1].outcome if contact.attempts else None,  # a late report may have corrected it
        last_refusal=LastRefusal(str(code), now_ms, until),
        updated_at=now_ms,
    )


def _with(numbers: tuple[str, ...], number: str) -> tuple[str, ...]:
    return numbers if number in numbers else (*numbers, number)
