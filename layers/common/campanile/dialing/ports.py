"""What the dialer and the outcome recorder work with."""

from collections.abc import Callable
from dataclasses import dataclass

from campanile.adapters.clock import Clock
from campanile.adapters.dial_queue import DialQueue
from campanile.adapters.faults import Log
from campanile.domain.limits import Limits
from campanile.store.table import Table
from campanile.telephony.callback import CallReference
from campanile.telephony.port import Telephony


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
