"""Tells at the end what was simulated, also when several processes shared the seeds."""

from typing import Any

TOLD = "simulated"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what the tests recorded under `simulated`."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    told = [text for report in reports for name, text in report.user_properties if name == TOLD]
    if told:
        terminalreporter.section("simulation")
        for text in told:
            terminalreporter.write_line(text)
