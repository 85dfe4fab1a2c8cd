"""The contact after a report about an attempt that was closed as `unknown`: at any moment of any life."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campanile.domain import retry
from campanile.domain.after_call import after_call, after_late_report, after_refusal, correctable_attempt
from campanile.domain.call import CallEnd, Slot
from campanile.domain.contact import Contact, LaneKind
from campanile.domain.lifecycle import CONTACT, TERMINAL, ContactStatus, Outcome, Refusal, SlotPhase
from campanile.domain.retry import MAX_CALLBACKS, RetryPolicy
from campanile.store.contacts import HOT_ATTEMPTS

NOW = 1_782_925_200_000
DELAY = 60_000
HOUR = 3_600_000
CAMPAIGN = "0197b2a0-5c3e-7d41-9f02-6b1d2c3e4f50"
NUMBERS = ("+14155550101", "+14155550102", "+14155550103")
RETRIED = frozenset({Outcome.NO_ANSWER, Outcome.BUSY, Outcome.FAILED, Outcome.UNKNOWN})
TOLD = [one for one in Outcome if one is not Outcome.UNKNOWN]
policies = st.builds(
    RetryPolicy,
    retry_attempts=st.integers(0, 4),
    retry_delay_seconds=st.just(DELAY // 1000),
    retry_outcomes=st.frozensets(st.sampled_from([*RETRIED, Outcome.VOICEMAIL, Outcome.CANCELED])),
)


def contact(numbers: int = 1) -> Contact:
    return Contact(CAMPAIGN, "9d3b7c10", 0, ContactStatus.PENDING, NUMBERS[:numbers], NOW - 9, NOW, LaneKind.FIRST)


def locked(waiting: Contact) -> tuple[Contact, Slot]:
    """A waiting contact whose next call begins, and the slot of that call."""
    attempt_no = waiting.attempt_count + 1
    number = retry.number_for(attempt_no, waiting.phone_numbers, waiting.unreachable) or waiting.phone_numbers[0]
    slot = Slot(
        org="acme",
        n=0,
        attempt_id=f"attempt-{attempt_no}",
        campaign_key=CAMPAIGN,
        contact_id=waiting.id,
        phone_number=number,
        attempt_no=attempt_no,
        phase=SlotPhase.PLACED,
        lease_until=NOW + 120_000,
        locked_at=NOW - 30_000,
        is_callback=waiting.kind is LaneKind.CALLBACK,
        intended_at=NOW - 29_000,
        conversation_id="from the POST",
    )
    return replace(waiting, status=ContactStatus.ACTIVE, attempt_id=slot.attempt_id), slot


def ended(active: Contact, slot: Slot, outcome: Outcome, policy: RetryPolicy) -> Contact:
    """After the call's end, as the table keeps it: with the latest attempts only."""
    report = CallEnd(outcome, NOW, 12.5, callback_at_ms=NOW + 20_000)
    after = after_call(active, slot, report, policy, longest_call_seconds=HOUR // 1000)
    return replace(after, attempts=after.attempts[-HOT_ATTEMPTS:])


def lived(policy: RetryPolicy, *outcomes: Outcome, numbers: int = 1) -> Contact:
    one = contact(numbers)
    for outcome in outcomes:
        one = ended(*locked(one), outcome, policy)
    return one


def told_late(
    before: Contact, attempt_no: int, outcome: Outcome, policy: RetryPolicy, ended_at: int = NOW, now: int = NOW
) -> Contact:
    attempt = correctable_attempt(before, f"attempt-{attempt_no}", outcome)
    assert attempt
    report = CallEnd(outcome, ended_at, 12.5, callback_at_ms=NOW + 20_000)
    return after_late_report(before, attempt, report, policy, HOUR // 1000, now)


UNKNOWN_ONCE = RetryPolicy(retry_attempts=3, retry_delay_seconds=DELAY // 1000, retry_outcomes=RETRIED)
STRICT = replace(UNKNOWN_ONCE, retry_outcomes=RETRIED - {Outcome.UNKNOWN})


def test_the_record_takes_what_was_told_and_keeps_what_was_known() -> None:
    before = lived(UNKNOWN_ONCE, Outcome.UNKNOWN)
    [was], [told] = before.attempts, told_late(before, 1, Outcome.BUSY, UNKNOWN_ONCE, NOW - 5, NOW + 5).attempts
    assert (told.outcome, told.ended_at, told.duration_seconds) == (Outcome.BUSY, NOW - 5, 12.5)
    assert replace(told, outcome=was.outcome, ended_at=was.ended_at) == was


def test_an_attempt_of_a_known_outcome_or_of_another_contact_is_not_to_be_corrected() -> None:
    before = lived(UNKNOWN_ONCE, Outcome.UNKNOWN, Outcome.BUSY)
    assert [bool(correctable_attempt(before, f"attempt-{n}", Outcome.BUSY)) for n in (1, 2, 3)] == [True, False, False]
    assert correctable_attempt(told_late(before, 1, Outcome.FAILED, UNKNOWN_ONCE), "attempt-1", Outcome.BUSY) is None


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(Outcome), max_size=5), st.sampled_from(TOLD), policies, st.integers(1, 3))
def test_of_the_latest_attempt_a_waiting_contact_becomes_what_it_would_have_been(
    earlier: list[Outcome], outcome: Outcome, policy: RetryPolicy, numbers: int
) -> None:
    one = contact(numbers)
    for before in earlier:
        one = ended(*locked(one), before, policy)
        assume(one.status is ContactStatus.PENDING)
    in_time = ended(*locked(one), outcome, policy)
    unknown = ended(*locked(one), Outcome.UNKNOWN, policy)
    late = told_late(unknown, unknown.attempt_count, outcome, policy)
    expected = in_time
    if unknown.status is ContactStatus.EXHAUSTED and in_time.status is ContactStatus.PENDING:
        is_asked_for = in_time.kind is LaneKind.CALLBACK
        expected = in_time if is_asked_for else replace(in_time, status=ContactStatus.EXHAUSTED)
    if expected.status is not ContactStatus.PENDING:
        expected = replace(expected, due=unknown.due, kind=unknown.kind)
    assert late == expected


def test_a_retry_is_due_by_the_time_the_call_really_ended_and_never_in_the_past() -> None:
    before = lived(UNKNOWN_ONCE, Outcome.UNKNOWN)
    assert before.due == NOW + HOUR
    soon = told_late(before, 1, Outcome.BUSY, UNKNOWN_ONCE, NOW - 5_000, NOW)
    assert (soon.status, soon.due) == (ContactStatus.PENDING, NOW - 5_000 + DELAY)
    assert told_late(before, 1, Outcome.BUSY, UNKNOWN_ONCE, NOW - HOUR, NOW).due == NOW
    assert told_late(before, 1, Outcome.CALLBACK_REQUESTED, UNKNOWN_ONCE, NOW - HOUR, NOW + HOUR).due == NOW + HOUR


def test_a_schedule_set_since_then_still_binds() -> None:
    before = replace(lived(UNKNOWN_ONCE, Outcome.UNKNOWN), scheduled_at=NOW + 3 * HOUR)
    assert told_late(before, 1, Outcome.BUSY, UNKNOWN_ONCE).due == NOW + 3 * HOUR


def test_an_earlier_attempt_that_was_not_answered_is_only_recorded() -> None:
    before = lived(UNKNOWN_ONCE, Outcome.UNKNOWN, Outcome.BUSY)
    for outcome in set(TOLD) - {Outcome.ANSWERED, Outcome.DO_NOT_CALL}:
        after = told_late(before, 1, outcome, UNKNOWN_ONCE)
        assert replace(after, attempts=before.attempts) == before
        assert [one.outcome for one in after.attempts] == [outcome, Outcome.BUSY]


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.DO_NOT_CALL])
def test_whenever_it_is_told_a_person_who_was_reached_is_not_called_by_a_retry(outcome: Outcome) -> None:
    """Before the retry, while it is on the line, when its lock is given back, or after its end."""
    end = ContactStatus.COMPLETED if outcome is Outcome.ANSWERED else ContactStatus.DO_NOT_CALL
    waiting = lived(UNKNOWN_ONCE, Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert told_late(waiting, 1, outcome, UNKNOWN_ONCE).status is end
    active, slot = locked(waiting)
    during = told_late(active, 1, outcome, UNKNOWN_ONCE)
    assert replace(during, attempts=active.attempts) == active, "the call in progress is left alone"
    assert ended(during, slot, Outcome.NO_ANSWER, UNKNOWN_ONCE).status is end
    assert after_refusal(during, slot.phone_number, Refusal.PROVIDER_REFUSED, NOW, None).status is end
    after = ended(active, slot, Outcome.NO_ANSWER, UNKNOWN_ONCE)
    assert told_late(after, 1, outcome, UNKNOWN_ONCE).status is end


def test_what_ends_a_call_in_progress_is_its_own_outcome() -> None:
    active, slot = locked(lived(UNKNOWN_ONCE, Outcome.UNKNOWN))
    during = told_late(active, 1, Outcome.ANSWERED, UNKNOWN_ONCE)
    assert (during.status, during.last_outcome) == (ContactStatus.ACTIVE, Outcome.UNKNOWN)
    exhausted = ended(during, slot, Outcome.CANCELED, UNKNOWN_ONCE)
    assert (exhausted.status, exhausted.last_outcome) == (ContactStatus.EXHAUSTED, Outcome.CANCELED)


@pytest.mark.parametrize("outcome", sorted(Outcome))
def test_who_asked_not_to_be_called_in_an_earlier_call_is_not_called_after_this_one_however_it_ends(
    outcome: Outcome,
) -> None:
    active, slot = locked(lived(UNKNOWN_ONCE, Outcome.UNKNOWN))
    during = told_late(active, 1, Outcome.DO_NOT_CALL, UNKNOWN_ONCE)
    assert ended(during, slot, outcome, UNKNOWN_ONCE).status is ContactStatus.DO_NOT_CALL
    finished = lived(UNKNOWN_ONCE, Outcome.UNKNOWN, Outcome.ANSWERED)
    assert told_late(finished, 1, Outcome.DO_NOT_CALL, UNKNOWN_ONCE).status is ContactStatus.DO_NOT_CALL


def test_a_callback_that_was_asked_for_after_the_answer_stands() -> None:
    asked = lived(UNKNOWN_ONCE, Outcome.UNKNOWN, Outcome.CALLBACK_REQUESTED)
    after = told_late(asked, 1, Outcome.ANSWERED, UNKNOWN_ONCE)
    assert (after.status, after.kind, after.due) == (ContactStatus.PENDING, LaneKind.CALLBACK, NOW + 20_000)
    missed = ended(*locked(after), Outcome.NO_ANSWER, UNKNOWN_ONCE)
    assert (missed.status, missed.kind) == (ContactStatus.PENDING, LaneKind.RETRY)
    assert told_late(asked, 1, Outcome.DO_NOT_CALL, UNKNOWN_ONCE).status is ContactStatus.DO_NOT_CALL


def test_a_finished_contact_is_taken_up_again_for_a_callback_only() -> None:
    exhausted = lived(STRICT, Outcome.UNKNOWN)
    assert exhausted.status is ContactStatus.EXHAUSTED
    for outcome in TOLD:
        after = told_late(exhausted, 1, outcome, STRICT)
        assert (after.status is ContactStatus.PENDING) == (outcome is Outcome.CALLBACK_REQUESTED)
        assert after.last_outcome is outcome
    late = told_late(lived(UNKNOWN_ONCE, Outcome.UNKNOWN, Outcome.UNKNOWN), 1, Outcome.ANSWERED, UNKNOWN_ONCE)
    assert told_late(late, 2, Outcome.CALLBACK_REQUESTED, UNKNOWN_ONCE).kind is LaneKind.CALLBACK
    assert told_late(late, 2, Outcome.NO_ANSWER, UNKNOWN_ONCE).status is ContactStatus.COMPLETED
    listed = told_late(lived(UNKNOWN_ONCE, Outcome.UNKNOWN, Outcome.UNKNOWN), 1, Outcome.DO_NOT_CALL, UNKNOWN_ONCE)
    assert told_late(listed, 2, Outcome.CALLBACK_REQUESTED, UNKNOWN_ONCE).status is ContactStatus.DO_NOT_CALL


@settings(deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from(["call", "call", "late", "refusal"]), st.sampled_from(Outcome), st.integers(0, 9)),
        max_size=40,
    ),
    policies,
    st.integers(1, 3),
)
def test_in_every_life_late_reports_follow_the_lifecycle_and_cost_nothing(
    events: list[tuple[str, Outcome, int]], policy: RetryPolicy, numbers: int
) -> None:
    one, slot = contact(numbers), None
    for event, outcome, n in events:
        before = one
        unknown = [attempt for attempt in one.attempts if attempt.outcome is Outcome.UNKNOWN]
        if event == "late" and unknown and outcome is not Outcome.UNKNOWN:
            attempt_no = unknown[n % len(unknown)].attempt_no
            one = told_late(before, attempt_no, outcome, policy)
            check_a_late_report(before, one)
        elif slot is None and one.status is ContactStatus.PENDING and event == "call":
            one, slot = locked(one)
        elif slot is not None and event != "late":
            if event == "refusal":
                one = after_refusal(one, slot.phone_number, Refusal.NOT_PLACED, NOW, None)
            else:
                one = ended(one, slot, outcome, policy)
            slot = None
        check_a_life(one, policy)


def check_a_late_report(before: Contact, after: Contact) -> None:
    """What was counted stays, and the status moves along an edge of the lifecycle, if at all."""
    counted = (before.attempt_count, before.budget_used, before.callbacks_used, before.attempt_id)
    assert (after.attempt_count, after.budget_used, after.callbacks_used, after.attempt_id) == counted
    if after.status is not before.status:
        edges = [edge for edge in CONTACT.values() if before.status in edge.sources and edge.target is after.status]
        assert edges
        assert before.status not in TERMINAL or after.status in TERMINAL or after.kind is LaneKind.CALLBACK
    if after.status is not ContactStatus.ACTIVE:
        assert after.last_outcome is after.attempts[-1].outcome


def check_a_life(one: Contact, policy: RetryPolicy) -> None:
    assert one.budget_used <= policy.budget
    assert one.callbacks_used <= MAX_CALLBACKS
    if one.status is ContactStatus.PENDING:
        outcomes = [attempt.outcome for attempt in one.attempts]
        assert Outcome.DO_NOT_CALL not in outcomes
        while Outcome.CALLBACK_REQUESTED in outcomes:
            outcomes = outcomes[outcomes.index(Outcome.CALLBACK_REQUESTED) + 1 :]
        assert Outcome.ANSWERED not in outcomes, "a person who was reached waits for a retry"
