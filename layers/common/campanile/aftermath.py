"""The contact as it is after a call, or after a call that was refused."""

from dataclasses import replace

from campanile import retry
from campanile.entities import Attempt, CallReport, Contact, LastRefusal, Slot
from campanile.lifecycle import ContactStatus, Outcome, Refusal
from campanile.retry import RetryPolicy


def after_call(
    contact: Contact, slot: Slot, report: CallReport, policy: RetryPolicy, longest_call_seconds: int
) -> Contact:
    """Apply a call's end. The attempt is counted as asked for when the slot says it was a callback (G8)."""
    is_invalid = report.outcome is Outcome.INVALID_NUMBER
    unreachable = _with(contact.unreachable, slot.phone_number) if is_invalid else contact.unreachable
    tried = {one.phone_number for one in contact.attempts} | {slot.phone_number}
    upcoming = retry.number_for(slot.attempt_no + 1, contact.phone_numbers, unreachable)
    # The hot item knows the latest attempts only; past one round of the numbers none counts as untried.
    is_first_round = slot.attempt_no < len(contact.phone_numbers)
    budget_used = contact.budget_used + (not slot.is_callback)
    callbacks_used = contact.callbacks_used + slot.is_callback
    decision = retry.decide(
        retry.Finished(
            outcome=report.outcome,
            at_ms=report.ended_at_ms,
            budget_used=budget_used,
            callbacks_used=callbacks_used,
            next_number_untried=is_first_round and upcoming is not None and upcoming not in tried,
            valid_number_left=upcoming is not None,
            callback_at_ms=report.callback_at_ms,
            longest_call_seconds=longest_call_seconds,
        ),
        policy,
    )
    return replace(
        contact,
        status=decision.status,
        due=contact.due if decision.due_ms is None else max(decision.due_ms, contact.scheduled_at or 0),
        kind=decision.kind or contact.kind,
        attempt_id=None,
        attempt_count=contact.attempt_count + 1,
        budget_used=budget_used,
        callbacks_used=callbacks_used,
        attempts=(*contact.attempts, _attempt(slot, report)),
        unreachable=unreachable,
        last_outcome=report.outcome,
        last_refusal=None,
        updated_at=report.ended_at_ms,
    )


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


def after_refusal(
    contact: Contact, number: str, code: Refusal, now_ms: int, until: int | None, due: int | None = None
) -> Contact:
    """Apply a refusal: no attempt, nothing consumed. A listed number is skipped; with none left the contact is done.

    `due` (UTC ms) postpones the next try, as when the provider asked for a pause.
    """
    unreachable, status = contact.unreachable, ContactStatus.PENDING
    if code is Refusal.DO_NOT_CALL:
        unreachable = _with(unreachable, number)
        if all(one in unreachable for one in contact.phone_numbers):
            status = ContactStatus.DO_NOT_CALL
    return replace(
        contact,
        status=status,
        attempt_id=None,
        due=contact.due if due is None else due,
        unreachable=unreachable,
        last_refusal=LastRefusal(str(code), now_ms, until),
        updated_at=now_ms,
    )


def _with(numbers: tuple[str, ...], number: str) -> tuple[str, ...]:
    return numbers if number in numbers else (*numbers, number)
