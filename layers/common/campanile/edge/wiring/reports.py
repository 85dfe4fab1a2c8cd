"""The port bundle of an agent's report: it places no call."""

from functools import cache

from campanile.dialing.ports import ReportPorts
from campanile.edge import observability
from campanile.edge.wiring import foundation


@cache
def report_ports() -> ReportPorts:
    return ReportPorts(
        foundation.table(),
        foundation.dial_queue(),
        foundation.clock(),
        foundation.configured().limits,
        observability.logger(),
    )
