"""What a call's outcome does to its contact (design, section 5), and which number is dialed next."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campanile.domain.contact import LaneKind
from campanile.domain.lifecycle import TERMINAL, ContactStatus, Outcome
from campanile.domain.retry import MAX_CALLBACKS, Decision, Finished, RetryPolicy, decide, number_for

NOW = 1_782_925_200_000
HOUR = 3_600_000

COMPLETED = Decision(ContactStatus.COMPLETED)
EXHAUSTED = Decision(ContactStatus.EXHAUSTED)
ERROR = Decision(ContactStatus.ERROR)
DO_NOT_CALL = Decision(ContactStatus.DO_NOT_CALL)
RETRIED = Decision(ContactStatus.PENDING, NOW + HOUR, LaneKind.RETRY)
AT_ONCE = Decision(ContactStatus.PENDING, NOW, LaneKind.RETRY)
CALLED_BACK = Decision(ContactStatus.PENDING, NOW + 20_000, LaneKind.CALLBACK)

OUTCOME_TABLE = {
    # outcome: (budget left and listed, budget left and not listed, none left and listed, none left and not listed)
    Outcome.ANSWERED: (COMPLETED, COMPLETED, COMPLETED, COMPLETED),
    Outcome.VOICEMAIL: (RETRIED, COMPLETED, EXHAUSTED, COMPLETED),
    Outcome.NO_ANSWER: (RETRIED, EXHAUSTED, EXHAUSTED, EXHAUSTED),
    Outcome.BUSY: (RETRIED, EXHAUSTED, EXHAUSTED, EXHAUSTED),
    Outcome.FAILED: (RETRIED, EXHAUSTED, EXHAUSTED, EXHAUSTED),
    Outcome.CANCELED: (RETRIED, EXHAUSTED, EXHAUSTED, EXHAUSTED),
    Outcome.UNKNOWN: (RETRIED, EXHAUSTED, EXHAUSTED, EXHAUSTED),
    Outcome.INVALID_NUMBER: (AT_ONCE, AT_ONCE, ERROR, ERROR),
    Outcome.CALLBACK_REQUESTED: (CALLED_BACK, CALLED_BACK, CALLED_BACK, CALLED_BACK),
    Outcome.DO_NOT_CALL: (DO_NOT_CALL, DO_NOT_CALL, DO_NOT_CALL, DO_NOT_CALL),
}
CASES = [
    pytest.param(outcome, has_budget, is_listed, row[2 * (not has_budget) + (not is_listed)], id=name)
    for outcome, row in OUTCOME_TABLE.items()
    for has_budget in (True, False)
    for is_listed in (True, False)
    for name in [f"{outcome}-{'budget' if has_budget else 'no_budget'}-{'listed' if is_listed else 'unlisted'}"]
]


def listing(*outcomes: Outcome, attempts: int = 2, delay: int = 3600, **delays: int) -> RetryPolicy:
    return RetryPolicy(attempts, delay, frozenset(outcomes), {Outcome(name): each for name, each in delays.items()})


def ended(outcome: Outcome, **facts: object) -> Finished:
    """The contact's first call, ended now, with further numbers to try."""
    first = Finished(outcome, NOW, 1, 0, next_number_untried=True, valid_number_left=True, callback_at_ms=NOW + 20_000)
    return replace(first, **facts)  # type: ignore[arg-type]  # the caller names the fields


def test_the_outcome_table_has_every_outcome() -> None:
    assert set(OUTCOME_TABLE) == set(Outcome)


@pytest.mark.parametrize(("outcome", "has_budget", "is_listed", "expected"), CASES)
def test_an_outcome_is_decided_as_the_table_says(
    outcome: Outcome, has_budget: bool, is_listed: bool, expected: Decision
) -> None:
    policy = listing(*[outcome] if is_listed else [])
    assert decide(ended(outcome, budget_used=1 if has_budget else 3), policy) == expected


def test_by_default_a_contact_is_tried_three_times_when_nobody_picks_up() -> None:
    statuses = [decide(ended(Outcome.NO_ANSWER, budget_used=k), RetryPolicy()).status for k in (1, 2, 3)]
    assert statuses == [ContactStatus.PENDING, ContactStatus.PENDING, ContactStatus.EXHAUSTED]


def test_without_retries_the_first_call_is_the_only_one() -> None:
    assert decide(ended(Outcome.BUSY), listing(Outcome.BUSY, attempts=0)) == EXHAUSTED


def test_an_outcome_may_have_a_delay_of_its_own() -> None:
    policy = listing(Outcome.BUSY, Outcome.NO_ANSWER, delay=3600, busy=300)
    assert decide(ended(Outcome.BUSY), policy).due_ms == NOW + 300_000
    assert decide(ended(Outcome.NO_ANSWER), policy).due_ms == NOW + HOUR


def test_a_call_of_unknown_fate_is_never_followed_sooner_than_the_longest_call() -> None:
    policy = listing(Outcome.UNKNOWN, delay=60)
    assert decide(ended(Outcome.UNKNOWN, longest_call_seconds=900), policy).due_ms == NOW + 900_000
    assert decide(ended(Outcome.UNKNOWN, longest_call_seconds=30), policy).due_ms == NOW + 60_000


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.FAILED, Outcome.CANCELED])
def test_the_longest_call_delays_no_other_outcome(outcome: Outcome) -> None:
    assert decide(ended(outcome, longest_call_seconds=900), listing(outcome, delay=60)).due_ms == NOW + 60_000


def test_three_callbacks_are_granted_and_the_fourth_request_counts_as_no_answer() -> None:
    policy = listing(Outcome.NO_ANSWER)
    granted = [decide(ended(Outcome.CALLBACK_REQUESTED, callbacks_used=used), policy) for used in range(MAX_CALLBACKS)]
    assert granted == [CALLED_BACK] * 3
    asked_again = ended(Outcome.CALLBACK_REQUESTED, callbacks_used=MAX_CALLBACKS)
    assert decide(asked_again, policy) == RETRIED
    assert decide(asked_again, listing()) == EXHAUSTED
    assert decide(replace(asked_again, budget_used=3), policy) == EXHAUSTED


def test_a_callback_without_a_time_comes_after_its_delay() -> None:
    asked = ended(Outcome.CALLBACK_REQUESTED, callback_at_ms=None)
    assert decide(asked, listing()).due_ms == NOW + HOUR
    assert decide(asked, listing(callback_requested=600)).due_ms == NOW + 600_000


@pytest.mark.parametrize("asked", [NOW - HOUR, 0, -HOUR])
def test_a_callback_asked_for_in_the_past_is_due_when_the_call_ends(asked: int) -> None:
    assert decide(ended(Outcome.CALLBACK_REQUESTED, callback_at_ms=asked), listing()).due_ms == NOW


def test_an_invalid_number_moves_to_the_next_one_at_once_whatever_the_delay() -> None:
    policy = listing(delay=2_592_000, failed=2_592_000)
    assert decide(ended(Outcome.INVALID_NUMBER), policy) == AT_ONCE


def test_an_invalid_number_with_only_tried_ones_left_waits_its_delay() -> None:
    call = ended(Outcome.INVALID_NUMBER, next_number_untried=False)
    assert decide(call, listing(Outcome.FAILED)) == RETRIED


def test_the_last_valid_number_turning_out_invalid_is_an_error() -> None:
    call = ended(Outcome.INVALID_NUMBER, next_number_untried=False, valid_number_left=False)
    assert decide(call, listing(Outcome.FAILED)) == ERROR


def test_numbers_rotate_in_the_order_given() -> None:
    numbers = ["+1", "+2", "+3"]
    assert [number_for(k, numbers, ()) for k in range(1, 8)] == ["+1", "+2", "+3", "+1", "+2", "+3", "+1"]


def test_an_unreachable_number_gives_its_turn_to_the_next() -> None:
    numbers = ["+1", "+2", "+3"]
    assert [number_for(k, numbers, {"+2"}) for k in range(1, 5)] == ["+1", "+3", "+3", "+1"]
    assert [number_for(k, numbers, {"+2", "+3"}) for k in range(1, 5)] == ["+1"] * 4


def test_no_number_is_dialed_when_all_are_unreachable() -> None:
    assert number_for(1, ["+1", "+2"], {"+1", "+2"}) is None


policies = st.builds(
    RetryPolicy,
    retry_attempts=st.integers(0, 10),
    retry_delay_seconds=st.integers(1, 2_592_000),
    retry_outcomes=st.frozensets(
        st.sampled_from(
            [
                Outcome.VOICEMAIL,
                Outcome.NO_ANSWER,
                Outcome.BUSY,
                Outcome.FAILED,
                Outcome.CANCELED,
                Outcome.UNKNOWN,
            ]
        )
    ),
)


def life(outcomes: Iterable[Outcome], policy: RetryPolicy, numbers: int) -> tuple[Sequence[Decision], int, int]:
    """Call a contact until it is done: every decision, the calls nobody asked for, and the callbacks."""
    decisions: list[Decision] = []
    unasked = callbacks = invalid = 0
    is_callback = False
    for outcome in outcomes:
        unasked, callbacks = unasked + (not is_callback), callbacks + is_callback
        invalid += outcome is Outcome.INVALID_NUMBER
        left = numbers - invalid
        call = Finished(outcome, NOW, unasked, callbacks, left > 0, left > 0, callback_at_ms=NOW + HOUR)
        decision = decide(call, policy)
        decisions.append(decision)
        if decision.status is not ContactStatus.PENDING:
            break
        is_callback = decision.kind is LaneKind.CALLBACK
    return decisions, unasked, callbacks


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(Outcome), min_size=20, max_size=20), policies, st.integers(1, 10))
def test_whatever_the_outcomes_calls_nobody_asked_for_stay_within_the_budget_and_the_contact_ends(
    outcomes: list[Outcome], policy: RetryPolicy, numbers: int
) -> None:
    decisions, unasked, callbacks = life(outcomes, policy, numbers)
    assert unasked <= policy.budget
    assert callbacks <= MAX_CALLBACKS
    assert decisions[-1].status in TERMINAL


@settings(deadline=None, derandomize=True)
@given(st.sampled_from(Outcome), policies, st.integers(1, 11), st.integers(0, 3), st.booleans(), st.booleans())
def test_a_contact_waits_for_a_time_and_for_a_reason_exactly_when_it_is_pending(
    outcome: Outcome, policy: RetryPolicy, used: int, callbacks: int, untried: bool, valid: bool
) -> None:
    call = ended(
        outcome,
        budget_used=used,
        callbacks_used=callbacks,
        next_number_untried=untried and valid,
        valid_number_left=valid,
    )
    decision = decide(call, policy)
    waits = decision.status is ContactStatus.PENDING
    assert waits == (decision.due_ms is not None) == (decision.kind is not None)
    assert waits or decision.status in TERMINAL
    assert decision.due_ms is None or decision.due_ms >= NOW


@settings(deadline=None, derandomize=True)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=10, unique=True), st.data())
def test_over_one_round_every_reachable_number_has_its_turn(numbers: list[str], data: st.DataObject) -> None:
    unreachable = data.draw(st.sets(st.sampled_from(numbers)))
    dialed = {number_for(k, numbers, unreachable) for k in range(1, len(numbers) + 1)} - {None}
    assert dialed == set(numbers) - unreachable
