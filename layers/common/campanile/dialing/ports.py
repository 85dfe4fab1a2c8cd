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
    """`new_id` makes attempt ids, `callback_url` the signed address a carrier reports to."""

    table: Table
    dial_queue: DialQueue
    telephony: Telephony
    clock: Clock
    limits: Limits
    new_id: Callable[[], str]
    callback_url: Callable[[CallReference], str]
    log: Log

    @property
    def for_reports(self) -> ReportPorts:
        return ReportPorts(self.table, self.dial_queue, self.clock, self.limits, self.log)
