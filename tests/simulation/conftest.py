"""Tells at the end what was simulated, also when several processes shared the seeds."""

from typing import Any

from tests.simulation.tables import Totals, summary

TOLD = "simulated"
"""A sentence about what a test simulated."""
SEEDS_TOLD = "seeds simulated"
"""The figures of some seeds, which are summed up."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what the tests recorded under these two names."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    told = [(name, what) for report in reports for name, what in report.user_properties if name in (TOLD, SEEDS_TOLD)]
    if not told:
        return
    sums = Totals()
    terminalreporter.section("simulation")
    for name, what in told:
        if name == TOLD:
            terminalreporter.write_line(what)
        else:
            sums.merge(Totals.from_figures(what))
    if sums.seeds:
        terminalreporter.write_line(summary(sums))
