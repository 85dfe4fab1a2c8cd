"""The agents that speak on the calls: while a call lasts, or a while after it, they report what the person has said.

They report by the route of the API or through the carrier's events, often more than once, and change their minds.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from campanile.domain.call import AgentReport, CallbackWish
from tests.simulation.carrier import Call, Carrier
from tests.simulation.faults import Faults
from tests.simulation.scheduler import Scheduler

LATEST_MS = 90_000
"""So long after the end of a call its agent may still report."""
TRIES = 4

Record = Callable[[Call, AgentReport, Callable[[bool], None]], None]
"""Carries a report to production by the API; the last argument is told whether it was answered well."""


@dataclass(slots=True, eq=False)
class Told:
    """A report that was sent, when first, and when it was answered. Times in UTC ms."""

    call: Call
    report: AgentReport
    sent_at: int
    answered_at: int | None = None

    @property
    def callback_at(self) -> int | None:
        wish = self.report.callback
        return None if wish is None or wish.at is None else round(wish.at.timestamp() * 1000)

    @property
    def is_cancel(self) -> bool:
        return self.report.callback is not None and self.report.callback.at is None


class Agents:
    """Draws reports and sends them. `told` has them by attempt id, in the order in which they were first sent."""

    def __init__(self, scheduler: Scheduler, faults: Faults, random: Random, carrier: Carrier) -> None:
        self._scheduler = scheduler
        self._faults = faults
        self._random = random
        self._carrier = carrier
        self.told: dict[str, list[Told]] = defaultdict(list)
        self.waiting = 0
        self.record: Record = lambda _call, _report, _answered: None
        carrier.on_start.append(self._listen)

    def _listen(self, call: Call) -> None:
        if self._faults.is_over or self._random.random() > 0.4:
            return
        for _ in range(self._random.choice((1, 1, 2, 3))):
            lasts = call.ends_at - self._scheduler.now
            after = self._random.randint(0, self._random.choice((lasts, lasts, lasts + LATEST_MS)))
            told = Told(call, self._draw(call), self._scheduler.now + after)
            self.waiting += 1
            self._scheduler.at(told.sent_at, lambda told=told: self._begin(told))  # type: ignore[misc]

    def _draw(self, call: Call) -> AgentReport:
        asks, at = self._random.random(), call.ends_at + 1000 * self._random.randint(-30, 300)
        wish = CallbackWish(None if asks < 0.2 else datetime.fromtimestamp(at / 1000, UTC)) if asks < 0.7 else None
        remarks: dict[str, str | None] = {"notes": f"note {self._random.randint(0, 9)}"}
        return AgentReport(
            do_not_call=self._random.random() < 0.08,
            callback=wish,
            remarks=remarks if self._random.random() < 0.4 else {},
        )

    def _begin(self, told: Told) -> None:
        self.told[told.call.attempt_id].append(told)
        if self._random.random() < 0.4:
            self._carrier.carry(told.call, told.report, lambda is_ok: self._answered(told, is_ok, TRIES))
        else:
            self._send(told, 1)

    def _send(self, told: Told, tries: int) -> None:
        self.record(told.call, told.report, lambda is_ok: self._answered(told, is_ok, tries))

    def _answered(self, told: Told, is_ok: bool, tries: int) -> None:
        if is_ok:
            told.answered_at = self._scheduler.now
        elif tries < TRIES:
            again = self._scheduler.now + 1000 * self._random.randint(1, 5)
            self._scheduler.at(again, lambda: self._send(told, tries + 1))
            return
        self.waiting -= 1
