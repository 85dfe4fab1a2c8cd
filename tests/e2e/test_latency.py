"""How soon a call leaves once it may, by the carrier's own record (design, section 9).

Three campaigns are dialed side by side on few lines: one whose calls wait for a slot, and two people of a higher
priority who wait for a time. So the figures are those of a busy org.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

import pytest

from tests.support.api import Api, CarrierRecord

LINES = 5
CALLS = 57
DUE_IN_SECONDS = 20
RETRY_IN_SECONDS = 10
LATE_MS = 3_000
SETTINGS = "/campaign/concurrency-settings"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Busy:
    """The campaigns once they are over; `due_ms` is when the scheduled contact was to be called (UTC ms)."""

    waiting_for_a_slot: str
    scheduled: str
    due_ms: int
    retried: str


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Show a figure whether output is captured or not."""

    def show(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}")

    return show


@pytest.fixture(scope="module")
def few_lines(api: Api) -> Iterator[None]:
    """Few calls at once, which may start as fast as their slots become free."""
    before = api.get(SETTINGS)
    api.put(SETTINGS, {"concurrency_limit": LINES, "calls_per_second": 100})
    yield
    api.put(SETTINGS, {name: before[name] for name in ("concurrency_limit", "calls_per_second")})


@pytest.fixture(scope="module")
def busy(api: Api, few_lines: None) -> Busy:
    waiting = api.campaign("waiting for a slot")
    scheduled = api.campaign("scheduled")
    retried = api.campaign("retried", retry_delay_seconds=RETRY_IN_SECONDS)
    for one in (scheduled, retried):
        api.call("PATCH", f"/campaign/campaigns/{one}", {"priority": 9})
    due_ms = time.time_ns() // 1_000_000 + 1000 * DUE_IN_SECONDS
    moment = datetime.fromtimestamp(due_ms / 1000, UTC).isoformat(timespec="milliseconds")
    api.add(scheduled, {"phone_numbers": ["+14155550101"], "scheduled_at": moment})
    api.add(retried, {"phone_numbers": ["+14155550190"]})
    api.add(waiting, *({"phone_numbers": [f"+1{212 + n // 29}55501{2 + n % 29:02d}"]} for n in range(CALLS)))
    for one in (waiting, scheduled, retried):
        api.settled(one, within_seconds=90)
    return Busy(waiting, scheduled, due_ms, retried)


def calls_of(carrier: CarrierRecord, *campaigns: str) -> list[dict[str, Any]]:
    """The calls the carrier placed for campaigns, the first one first."""
    placed = [one for name in campaigns for one in carrier.of(name)["per_attempt"] if one["placed_at"]]
    return sorted(placed, key=lambda one: int(one["placed_at"]))


def test_a_freed_slot_is_used_within_half_a_second(busy: Busy, carrier: CarrierRecord, say: Say) -> None:
    """All lines are busy as long as somebody waits: the n-th slot to become free is the (LINES + n)-th call's."""
    everyone = calls_of(carrier, busy.waiting_for_a_slot, busy.scheduled, busy.retried)
    freed = sorted(one["ended_at"] for one in everyone)
    waiting = {one["attempt_id"] for one in calls_of(carrier, busy.waiting_for_a_slot)}
    pairs = zip(everyone[LINES:], freed, strict=False)
    waited = [call["placed_at"] - free_at for call, free_at in pairs if call["attempt_id"] in waiting]
    p90 = quantiles(waited, n=10)[-1]
    say(f"slot free -> next POST, {len(waited)} calls: p50 {median(waited):.0f} ms, p90 {p90:.0f} ms")
    assert len(waited) >= 50
    assert carrier.of(busy.waiting_for_a_slot)["max_calls_at_once"] <= LINES
    assert median(waited) <= 500


def test_a_scheduled_contact_is_called_at_its_time(busy: Busy, carrier: CarrierRecord, say: Say) -> None:
    [call] = calls_of(carrier, busy.scheduled)
    late = call["placed_at"] - busy.due_ms
    say(f"scheduled {DUE_IN_SECONDS} s ahead: called {late} ms after its time")
    assert 0 <= late <= LATE_MS


def test_a_retry_is_made_when_its_delay_is_over(busy: Busy, carrier: CarrierRecord, say: Say) -> None:
    first, second = calls_of(carrier, busy.retried)
    late = second["placed_at"] - first["ended_at"] - 1000 * RETRY_IN_SECONDS
    say(f"retry due in {RETRY_IN_SECONDS} s: called {late} ms after its time")
    assert 0 <= late <= LATE_MS
