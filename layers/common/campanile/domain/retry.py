"""What happens to a contact when a call ends: the outcome table of the design, section 5, and number rotation."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from campanile.domain.contact import LaneKind
from campanile.domain.lifecycle import ContactStatus, Outcome

MAX_CALLBACKS = 3
"""Callbacks a person may ask for (G8); a further request is treated like no answer."""
LATEST_CALLBACK_MS = 366 * 24 * 3600 * 1000
"""A callback asked for further ahead, by whatever misunderstanding, comes after a year."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """A configuration's retries. `retry_attempts` are tries after the first, as in seed 002; delays are in seconds."""

    retry_attempts: int = 2
    retry_delay_seconds: int = 3600
    retry_outcomes: frozenset[Outcome] = frozenset({Outcome.NO_ANSWER, Outcome.BUSY, Outcome.FAILED})
    retry_delays: Mapping[Outcome, int] = field(default_factory=dict)

    @property
    def budget(self) -> int:
        """Calls a contact may get without having asked for one."""
        return self.retry_attempts + 1

    def delay_ms(self, outcome: Outcome) -> int:
        return 1000 * self.retry_delays.get(outcome, self.retry_delay_seconds)


@dataclass(frozen=True, slots=True)
class Finished:
    """A call that ended, and how often this contact was called, this call included."""

    outcome: Outcome
    at_ms: int
    budget_used: int
    callbacks_used: int
    next_number_untried: bool
    valid_number_left: bool
    callback_at_ms: int | None = None
    longest_call_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the contact goes. `due_ms` and `kind` are set exactly when it waits for another call."""

    status: ContactStatus
    due_ms: int | None = None
    kind: LaneKind | None = None


def decide(call: Finished, policy: RetryPolicy) -> Decision:
    """Apply the outcome table."""
    match call.outcome:
        case Outcome.ANSWERED:
            return Decision(ContactStatus.COMPLETED)
        case Outcome.DO_NOT_CALL:
            return Decision(ContactStatus.DO_NOT_CALL)
        case Outcome.VOICEMAIL if Outcome.VOICEMAIL not in policy.retry_outcomes:
            return Decision(ContactStatus.COMPLETED)
        case Outcome.CALLBACK_REQUESTED if call.callbacks_used < MAX_CALLBACKS:
            usual = call.at_ms + policy.delay_ms(Outcome.CALLBACK_REQUESTED)
            asked = usual if call.callback_at_ms is None else call.callback_at_ms  # 0 is a time of the past
            due = min(max(asked, call.at_ms), call.at_ms + LATEST_CALLBACK_MS)
            return Decision(ContactStatus.PENDING, due, LaneKind.CALLBACK)
        case Outcome.CALLBACK_REQUESTED:
            return _retry(call, Outcome.NO_ANSWER, policy)
        case Outcome.INVALID_NUMBER:
            return _after_invalid_number(call, policy)
        case _:
            return _retry(call, call.outcome, policy)


def _after_invalid_number(call: Finished, policy: RetryPolicy) -> Decision:
    budget_left = call.budget_used < policy.budget
    if call.next_number_untried and budget_left:
        return Decision(ContactStatus.PENDING, call.at_ms, LaneKind.RETRY)
    if call.valid_number_left and budget_left:
        return _retry(call, Outcome.FAILED, policy)
    return Decision(ContactStatus.ERROR)


def _retry(call: Finished, outcome: Outcome, policy: RetryPolicy) -> Decision:
    if outcome not in policy.retry_outcomes or call.budget_used >= policy.budget:
        return Decision(ContactStatus.EXHAUSTED)
    delay_ms = policy.delay_ms(outcome)
    if outcome is Outcome.UNKNOWN:
        delay_ms = max(delay_ms, 1000 * call.longest_call_seconds)
    return Decision(ContactStatus.PENDING, call.at_ms + delay_ms, LaneKind.RETRY)


def number_for(attempt_no: int, numbers: Sequence[str], unreachable: Collection[str]) -> str | None:
    """The number of attempt k: `numbers[(k-1) mod n]` (seed 000: order is priority), or the next reachable one.

    None when every number is unreachable. `attempt_no` counts from 1.
    """
    start = (attempt_no - 1) % len(numbers)
    rotation = [*numbers[start:], *numbers[:start]]
    return next((number for number in rotation if number not in unreachable), None)
