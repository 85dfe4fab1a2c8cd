"""The contact after a call or a refusal: what is counted, what is remembered, which number comes next."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campanile.domain import retry
from campanile.domain.after_call import after_call, after_refusal
from campanile.domain.call import CallEnd, Slot
from campanile.domain.contact import Contact, LaneKind, ReportedInCall
from campanile.domain.lifecycle import TERMINAL, ContactStatus, Outcome, Refusal, SlotPhase
from campanile.domain.retry import MAX_CALLBACKS, RetryPolicy
from campanile.schema.contacts import MAX_PHONE_NUMBERS
from campanile.store.contacts import HOT_ATTEMPTS

NOW = 1_782_925_200_000
DELAY = 3_600_000
A, B, C, D = "+14155550101", "+14155550102", "+14155550103", "+14155550104"
POLICY = RetryPolicy()
MANY = RetryPolicy(retry_attempts=10)
CAMPAIGN = "0197b2a0-5c3e-7d41-9f02-6b1d2c3e4f50"


def contact(*numbers: str) -> Contact:
    return Contact(CAMPAIGN, "9d3b7c10", 0, ContactStatus.PENDING, numbers or (A, B), NOW - 9, NOW, LaneKind.FIRST)


def slot_of(called: Contact, number: str | None = None) -> Slot:
    """The slot of the contact's next call, on the number whose turn it is."""
    attempt_no = called.attempt_count + 1
    number = number or retry.number_for(attempt_no, called.phone_numbers, called.unreachable)
    assert number
    return Slot(
        org="acme",
        n=0,
        attempt_id=f"attempt-{attempt_no}",
        campaign_key=CAMPAIGN,
        contact_id=called.id,
        phone_number=number,
        attempt_no=attempt_no,
        phase=SlotPhase.PLACED,
        lease_until=NOW + 120_000,
        locked_at=NOW - 30_000,
        is_callback=called.kind is LaneKind.CALLBACK,
        intended_at=NOW - 29_000,
        conversation_id="from the POST",
    )


def called(
    before: Contact, outcome: Outcome, policy: RetryPolicy = POLICY, callback_at_ms: int | None = None
) -> Contact:
    """The contact after its next call ended now; as the table keeps it, with the latest attempts only."""
    report = CallEnd(outcome, NOW, 12.5, callback_at_ms=callback_at_ms)
    after = after_call(before, slot_of(before), report, policy, longest_call_seconds=3600)
    return replace(after, attempts=after.attempts[-HOT_ATTEMPTS:])


def lived(before: Contact, outcomes: Sequence[Outcome], policy: RetryPolicy) -> Contact:
    for outcome in outcomes:
        before = called(before, outcome, policy)
    return before


def test_an_attempt_remembers_who_was_called_when_and_how_it_ended() -> None:
    report = CallEnd(Outcome.NO_ANSWER, NOW, 12.5, conversation_id="from the event")
    [attempt] = after_call(contact(), slot_of(contact()), report, POLICY, 3600).attempts
    assert (attempt.id, attempt.attempt_no, attempt.phone_number) == ("attempt-1", 1, A)
    assert (attempt.outcome, attempt.duration_seconds) == (Outcome.NO_ANSWER, 12.5)
    assert (attempt.started_at, attempt.ended_at) == (NOW - 29_000, NOW)
    assert attempt.conversation_id == "from the event"


def test_the_conversation_told_by_the_post_stands_until_the_event_tells_another() -> None:
    assert called(contact(), Outcome.ANSWERED).attempts[0].conversation_id == "from the POST"


def test_a_call_ends_the_lock_and_an_earlier_refusal() -> None:
    refused = after_refusal(contact(), A, Refusal.CAMPAIGN_PAUSED, NOW - 99, None)
    after = called(replace(refused, attempt_id="attempt-1"), Outcome.NO_ANSWER)
    assert (after.attempt_id, after.last_refusal) == (None, None)
    assert (after.last_outcome, after.attempt_count) == (Outcome.NO_ANSWER, 1)


def test_a_retry_is_due_after_its_delay_and_dials_the_next_number() -> None:
    after = called(contact(A, B), Outcome.NO_ANSWER)
    assert (after.status, after.kind, after.due) == (ContactStatus.PENDING, LaneKind.RETRY, NOW + DELAY)
    assert slot_of(after).phone_number == B


def test_a_finished_contact_keeps_when_and_why_it_was_called() -> None:
    after = called(contact(), Outcome.ANSWERED)
    assert (after.status, after.due, after.kind) == (ContactStatus.COMPLETED, NOW, LaneKind.FIRST)


def test_a_retry_of_a_scheduled_contact_is_no_scheduled_call_any_more() -> None:
    scheduled = replace(contact(), kind=LaneKind.SCHEDULED, scheduled_at=NOW)
    assert called(scheduled, Outcome.NO_ANSWER).is_scheduled_first_call is False


def test_a_call_the_person_asked_for_leaves_the_budget_untouched() -> None:
    asked = called(contact(), Outcome.CALLBACK_REQUESTED, callback_at_ms=NOW + 20_000)
    assert (asked.kind, asked.due) == (LaneKind.CALLBACK, NOW + 20_000)
    assert (asked.budget_used, asked.callbacks_used) == (1, 0)
    missed = called(asked, Outcome.NO_ANSWER)
    assert (missed.status, missed.kind) == (ContactStatus.PENDING, LaneKind.RETRY)
    assert (missed.budget_used, missed.callbacks_used) == (1, 1)


def test_three_callbacks_are_called_and_then_the_budget_decides() -> None:
    after = lived(contact(), [Outcome.CALLBACK_REQUESTED] * 4, POLICY)
    assert (after.attempt_count, after.budget_used, after.callbacks_used) == (4, 1, MAX_CALLBACKS)
    assert (after.kind, after.due) == (LaneKind.RETRY, NOW + DELAY)
    assert lived(after, [Outcome.CALLBACK_REQUESTED] * 2, POLICY).status is ContactStatus.EXHAUSTED


def test_an_invalid_number_is_never_dialed_again_and_the_next_is_dialed_at_once() -> None:
    after = called(contact(A, B, C), Outcome.INVALID_NUMBER)
    assert (after.status, after.due, after.unreachable) == (ContactStatus.PENDING, NOW, (A,))
    dialed = [slot_of(after).phone_number]
    for _ in range(4):
        after = called(after, Outcome.NO_ANSWER, MANY)
        dialed.append(slot_of(after).phone_number)
    assert dialed == [B, C, B, B, C]  # A's turns go to B


def test_a_contact_whose_every_number_is_invalid_ends_in_error() -> None:
    after = called(called(contact(A, B), Outcome.INVALID_NUMBER), Outcome.INVALID_NUMBER)
    assert (after.status, after.unreachable) == (ContactStatus.ERROR, (A, B))


def test_invalid_numbers_consume_the_budget_as_any_call_nobody_asked_for() -> None:
    once = RetryPolicy(retry_attempts=1)
    after = lived(contact(A, B, C), [Outcome.INVALID_NUMBER] * 2, once)
    assert (after.status, after.budget_used) == (ContactStatus.ERROR, 2)


def test_an_invalid_number_after_all_others_were_tried_does_not_hurry_the_next_call() -> None:
    after = called(called(contact(A, B), Outcome.NO_ANSWER, MANY), Outcome.INVALID_NUMBER, MANY)
    assert (after.status, after.due) == (ContactStatus.PENDING, NOW + DELAY)


def test_of_ten_numbers_the_last_being_invalid_does_not_hurry_a_second_call_to_the_first() -> None:
    ten = contact(*(f"+141555501{n:02d}" for n in range(MAX_PHONE_NUMBERS)))
    after = called(lived(ten, [Outcome.NO_ANSWER] * 9, MANY), Outcome.INVALID_NUMBER, MANY)
    assert slot_of(after).phone_number == ten.phone_numbers[0]
    assert after.due == NOW + DELAY


def test_after_the_numbers_were_replaced_a_tried_one_is_not_hurried() -> None:
    twice = lived(contact(A, D), [Outcome.NO_ANSWER] * 2, MANY)
    after = called(replace(twice, phone_numbers=(A, B, C)), Outcome.INVALID_NUMBER, MANY)  # C; then comes A again
    assert slot_of(after).phone_number == A
    assert after.due == NOW + DELAY


def test_a_report_not_to_call_again_ends_the_contact_whatever_numbers_are_left() -> None:
    assert called(contact(A, B, C), Outcome.DO_NOT_CALL).status is ContactStatus.DO_NOT_CALL


def test_a_listed_number_is_skipped_and_the_next_has_the_same_turn() -> None:
    after = after_refusal(contact(A, B), A, Refusal.DO_NOT_CALL, NOW, None)
    assert (after.status, after.unreachable, after.due) == (ContactStatus.PENDING, (A,), NOW)
    slot = slot_of(after)
    assert (slot.phone_number, slot.attempt_no) == (B, 1)


def test_with_no_number_left_the_contact_is_not_to_be_called() -> None:
    once = after_refusal(contact(A, B), A, Refusal.DO_NOT_CALL, NOW, None)
    assert after_refusal(once, B, Refusal.DO_NOT_CALL, NOW, None).status is ContactStatus.DO_NOT_CALL
    after_invalid = called(contact(A, B), Outcome.INVALID_NUMBER)
    assert after_refusal(after_invalid, B, Refusal.DO_NOT_CALL, NOW, None).status is ContactStatus.DO_NOT_CALL
    assert called(once, Outcome.INVALID_NUMBER).status is ContactStatus.DO_NOT_CALL


def test_a_contact_whose_only_number_left_was_skipped_as_listed_is_not_to_be_called() -> None:
    once = replace(after_refusal(contact(A, B), A, Refusal.DO_NOT_CALL, NOW, None), phone_numbers=(A,))
    assert after_refusal(once, A, Refusal.INVALID_NUMBER, NOW, None).status is ContactStatus.DO_NOT_CALL


def test_a_listed_number_that_is_no_longer_the_contacts_does_not_decide_how_it_ends() -> None:
    once = replace(after_refusal(contact(A, B), A, Refusal.DO_NOT_CALL, NOW, None), phone_numbers=(B,))
    assert called(once, Outcome.INVALID_NUMBER).status is ContactStatus.ERROR


@pytest.mark.parametrize("code", Refusal)
def test_who_asked_not_to_be_called_ends_so_whatever_the_refusal_was(code: Refusal) -> None:
    asked = replace(contact(A), unreachable=(A,), reported=ReportedInCall(do_not_call=True))
    assert after_refusal(asked, A, code, NOW, None).status is ContactStatus.DO_NOT_CALL


def test_a_number_is_remembered_as_listed_once() -> None:
    once = after_refusal(contact(A, B), A, Refusal.DO_NOT_CALL, NOW, None)
    assert after_refusal(once, A, Refusal.DO_NOT_CALL, NOW, None).unreachable == (A,)


@pytest.mark.parametrize("code", [one for one in Refusal if one is not Refusal.DO_NOT_CALL])
def test_any_other_refusal_leaves_the_numbers_as_they_are(code: Refusal) -> None:
    after = after_refusal(contact(A), A, code, NOW, until=NOW + 5)
    assert (after.status, after.unreachable) == (ContactStatus.PENDING, ())


def test_a_refusal_stands_on_the_contact_with_its_time_and_end() -> None:
    refusal = after_refusal(contact(), A, Refusal.OUTSIDE_CALLING_WINDOW, NOW, until=NOW + 5).last_refusal
    assert refusal is not None
    assert (refusal.code, refusal.at, refusal.until) == ("outside_calling_window", NOW, NOW + 5)


def test_a_provider_that_asks_for_a_pause_gets_it() -> None:
    assert after_refusal(contact(), A, Refusal.PROVIDER_REFUSED, NOW, NOW + 1000, due=NOW + 1000).due == NOW + 1000


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([*Outcome, Refusal.DO_NOT_CALL]), min_size=30, max_size=30),
    st.integers(1, MAX_PHONE_NUMBERS),
    st.integers(0, 10),
)
def test_in_every_life_the_budget_holds_invalid_numbers_rest_and_the_contact_ends(
    events: list[Outcome | Refusal], numbers: int, retries: int
) -> None:
    policy = RetryPolicy(retry_attempts=retries, retry_outcomes=frozenset(Outcome) - {Outcome.ANSWERED})
    one = contact(*(f"+141555501{n:02d}" for n in range(numbers)))
    for event in events:
        slot = slot_of(one)
        assert slot.phone_number not in one.unreachable
        if isinstance(event, Refusal):
            after = after_refusal(one, slot.phone_number, event, NOW, None)
            assert (after.budget_used, after.attempt_count) == (one.budget_used, one.attempt_count)
        else:
            after = called(one, event, policy, callback_at_ms=NOW + 1)
            assert (after.budget_used + after.callbacks_used) == after.attempt_count == one.attempt_count + 1
        one = after
        if one.status is not ContactStatus.PENDING:
            break
    assert one.status in TERMINAL
    assert one.budget_used <= policy.budget
    assert one.callbacks_used <= MAX_CALLBACKS


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([Outcome.NO_ANSWER, Outcome.INVALID_NUMBER]), max_size=11), st.integers(1, 10))
def test_only_a_number_that_was_never_dialed_is_dialed_without_a_delay(outcomes: list[Outcome], numbers: int) -> None:
    one = contact(*(f"+141555501{n:02d}" for n in range(numbers)))
    dialed: set[str] = set()
    for outcome in outcomes:
        number = slot_of(one).phone_number
        assert one.due == NOW + DELAY or number not in dialed
        dialed.add(number)
        one = called(one, outcome, MANY)
        if one.status is not ContactStatus.PENDING:
            break
