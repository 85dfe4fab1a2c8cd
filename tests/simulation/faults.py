"""What goes wrong, how often, and how often it did. A profile is drawn per seed; some seeds are calm, some savage."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from random import Random

from tests.simulation.scheduler import Dead, Invocation, Process, Scheduler

LONG_STALL_MS = 40_000


class Fault(StrEnum):
    """Every kind of fault; a run of many seeds must have met them all."""

    CRASH_BEFORE = "crash before a request"
    CRASH_AFTER = "crash after a request"
    STALL = "stall"
    TIME_OUT = "hard time-out"
    INDEX_LAG = "index lag up to 2 s"
    LONG_INDEX_LAG = "index lag up to 20 s"
    STALE_READ = "stale read"
    NATURAL_CONFLICT = "transaction conflict, natural"
    CONFLICT = "transaction conflict, injected"
    THROTTLED = "throttled, repeated by the SDK"
    THROTTLED_OUT = "throttled until the SDK gave up"
    LOST_REQUEST_REPEATED = "request lost, repeated by the SDK"
    LOST_REQUEST = "request lost, error"
    LOST_RESPONSE_REPEATED = "response lost, repeated by the SDK"
    LOST_RESPONSE = "response lost, error"
    UNPROCESSED = "keys left unprocessed"
    HINT_REFUSED = "hint refused by SQS"
    HINT_LOST = "hint lost"
    HINT_DUPLICATED = "hint duplicated"
    HINT_LATE = "hint late"
    OVERLAP = "message delivered twice at once"
    REDELIVERY = "message delivered again"
    TICK_LOST = "tick lost"
    TICK_LATE = "tick late"
    TICK_TWICE = "tick twice"
    EVENT_LOST = "final event lost for ever"
    EVENT_DUPLICATED = "event duplicated"
    EVENT_LATE = "event late"
    EVENT_EARLY = "final event before the POST's answer"
    EVENT_REPEATED = "event sent again, as it was not answered"
    POST_REFUSED = "POST refused (429)"
    POST_TIMED_OUT_WITH_CALL = "POST timed out, with a call"
    POST_TIMED_OUT_WITHOUT_CALL = "POST timed out, without a call"
    POST_FAILED_WITH_CALL = "POST answered 5xx, with a call"
    POST_FAILED_WITHOUT_CALL = "POST answered 5xx, without a call"
    LATE_CALL = "call begun long after its POST"
    POST_REJECTED = "POST rejected, no such number"
    MISCONFIGURED = "POST refused, account misconfigured"
    NOT_DIALED = "call taken, never dialed"
    LOOK_UP_FAILED = "look-up failed"
    LONG_CALL = "call longer than its lease"


SURFACING = frozenset({Fault.THROTTLED_OUT, Fault.LOST_REQUEST, Fault.LOST_RESPONSE})
"""Those that end a pass, or one recovery of it, with an error: the next tick brings the next."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Probabilities per occasion: of a request for the first group, of a message, call or event for the others."""

    crash: float = 0.002
    stall: float = 0.002
    conflict: float = 0.01
    throttle: float = 0.01
    lost: float = 0.01
    index_lag: float = 0.3
    long_index_lag: float = 0.002
    stale_read: float = 0.2
    hint: float = 0.03
    overlap: float = 0.05
    tick: float = 0.05
    event: float = 0.08
    post: float = 0.08
    long_call: float = 0.05

    def scaled(self, factor: float) -> "Profile":
        """The same with every probability so much higher or lower."""
        return replace(self, **{one.name: min(0.9, getattr(self, one.name) * factor) for one in fields(self)})


NONE = Profile().scaled(0)
SAVAGE_FACTOR = 3.0


def draw_profile(random: Random) -> Profile:
    """One run in ten has no faults, three are calm, four usual, two savage; single kinds are more or less frequent."""
    weather = random.choice(
        (NONE, *3 * [Profile().scaled(0.3)], *4 * [Profile()], *2 * [Profile().scaled(SAVAGE_FACTOR)])
    )
    emphasis = {one.name: min(0.9, getattr(weather, one.name) * random.choice((0, 1, 1, 2))) for one in fields(weather)}
    return replace(weather, **emphasis)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A fault that happened: to whom, and what it cost in milliseconds (0: only what it undid)."""

    at: int
    fault: Fault
    orgs: tuple[str, ...]
    cost: int


class Faults:
    """Draws faults while they last, counts them, and keeps those that delay an org's recovery."""

    def __init__(self, scheduler: Scheduler, random: Random, profile: Profile) -> None:
        self.counts: Counter[Fault] = Counter()
        self.log: list[Occurrence] = []
        self.lags: list[tuple[int, int]] = []
        self.is_over = False
        self.profile = profile
        self._scheduler = scheduler
        self._random = random

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """For as long as somebody looks who is no part of the run."""
        was_over, self.is_over = self.is_over, True
        yield
        self.is_over = was_over

    def strikes(self, probability: float) -> bool:
        return probability > 0 and not self.is_over and self._random.random() < probability

    def pick(self, *kinds: Fault) -> Fault:
        return self._random.choice(kinds)

    def between(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def note(self, fault: Fault, orgs: tuple[str, ...] = (), cost: int = 0) -> None:
        """Count a fault that has just happened."""
        self.counts[fault] += 1
        self.log.append(Occurrence(self._scheduler.now, fault, orgs, cost))

    def note_delay(self, fault: Fault, process: Process, cost: int) -> None:
        """Count a fault that holds a process up."""
        invocation = process.invocation
        invocation.delays.append((self._scheduler.now, cost))
        until_next = 60_000 if fault in SURFACING and invocation.kind in ("dial", "tick") else 0
        self.note(fault, invocation.orgs, cost + until_next)

    def before_request(self, process: Process) -> None:
        """Before a request: the process may stand still, or its invocation may die."""
        self._stall(process)
        if self.strikes(self.profile.crash / 2):
            self.crash(process, Fault.CRASH_BEFORE)

    def after_request(self, process: Process) -> None:
        """After a request took effect: its sender may never learn of it, or late."""
        if self.strikes(self.profile.crash / 2):
            self.crash(process, Fault.CRASH_AFTER)
        self._stall(process)

    def _stall(self, process: Process) -> None:
        if self.strikes(self.profile.stall / 2):
            cost = self.between(100, self._random.choice((1_000, 5_000, LONG_STALL_MS)))
            self.note_delay(Fault.STALL, process, cost)
            self._scheduler.pause(cost)

    def crash(self, process: Process, fault: Fault) -> None:
        self._scheduler.kill(process.invocation, fault)
        raise Dead

    def index_lag_ms(self) -> int:
        """How long an index does not show a write; a moment even without faults."""
        if self.strikes(self.profile.long_index_lag):
            lag = self._lag(Fault.LONG_INDEX_LAG, 2_000, 20_000)
        elif self.strikes(self.profile.index_lag):
            lag = self._lag(Fault.INDEX_LAG, 100, 2_000)
        else:
            lag = self.between(5, 50)
        return lag

    def stale_read_ms(self) -> int:
        """How old an eventually consistent read is."""
        if not self.strikes(self.profile.stale_read):
            return 0
        self.counts[Fault.STALE_READ] += 1
        return self.between(1, 1_000)

    def longest_lag_since(self, time_ms: int) -> int:
        """The longest index lag that began since then."""
        return max((lag for at, lag in self.lags if at + lag >= time_ms), default=0)

    def _lag(self, fault: Fault, low: int, high: int) -> int:
        lag = self.between(low, high)
        self.counts[fault] += 1
        self.lags.append((self._scheduler.now, lag))
        return lag

    def note_death(self, invocation: Invocation, why: str) -> None:
        """Count the death of an invocation, and what it may cost its orgs."""
        self.note(Fault(why), invocation.orgs, _longest_outage_ms(invocation))


def _longest_outage_ms(invocation: Invocation) -> int:
    """What an invocation's death may cost its orgs: a message's visibility time-out, or a hint until the tick."""
    return {"dial": 45_000, "wake": 60_000, "tick": 60_000}.get(invocation.kind, 0)
