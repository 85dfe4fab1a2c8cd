"""What the dialer and the outcome recorder work with."""

from collections.abc import Callable
from dataclasses import dataclass

from campanile.adapters.clock import Clock
from campanile.adapters.dial_queue import DialQueue
from campanile.adapters.faults import Log
from campanile.store.table import Table
from campanile.telephony.callback import CallReference
from campanile.telephony.port import Telephony


@dataclass(frozen=True, slots=True)
class Limits:
    """Times of the dialing protocol, in seconds, and the deployment's global concurrency limit (0: none).

    `lock_lease` must outlast the dial function's time-out: a lock whose worker may still be alive is never taken.
    `call_lease` is how long a placed call goes unasked after; `worker` is the function's time-out.
    """

    global_concurrency: int = 50
    lock_lease: int = 90
    call_lease: int = 120
    longest_call: int = 3_600
    post_timeout: float = 5.0
    ring_timeout: int = 30
    longest_pass: float = 20.0
    worker: float = 40.0

    @property
    def longest_talk(self) -> int:
        """How long a provider may let a call last: it is over before its slot is freed as the longest call's."""
        return self.longest_call - min(60, self.longest_call // 10)

    @property
    def latest_lock(self) -> float:
        """Seconds into an invocation after which nothing is locked any more."""
        return self.worker - self.post_timeout - 5


@dataclass(frozen=True, slots=True)
class ReportPorts:
    """What an agent's report is recorded with: it places no call, and so knows no provider and no secret."""

    table: Table
    dial_queue: DialQueue
    clock: Clock
    limits: Limits
    log: Log


@dataclass(frozen=True, slots=True)
class Ports:
    """`telephony` gives the adapter of a provider by its name (None: the default one). `new_id` makes attempt ids,
    `callback_url` the signed address where that provider reports on a call.
    """

    table: Table
    dial_queue: DialQueue
    telephony: Callable[[str | None], Telephony]
    clock: Clock
    limits: Limits
    new_id: Callable[[], str]
    callback_url: Callable[[str | None, CallReference], str]
    log: Log

    @property
    def for_reports(self) -> ReportPorts:
        return ReportPorts(self.table, self.dial_queue, self.clock, self.limits, self.log)
