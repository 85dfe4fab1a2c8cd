"""How soon a call leaves once it may, by the carrier's own record (design, section 9).

One org has more calls than lines, so that each waits for a slot; meanwhile nothing goes on in another but what falls
due at its second.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

import pytest

from tests.support.api import Api, CarrierRecord
from tools.stack.local_stack import Stack

LINES = 4
CALLS = 58
DUE_IN_SECONDS = 20
RETRY_IN_SECONDS = 10
LATE_MS = 3_000
SETTINGS = "/campaign/concurrency-settings"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Campaigns:
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
def campaigns(stack: Stack, api: Api, few_lines: None) -> Campaigns:
    idle = Api(stack, stack.second_org_api_key)
    waiting = api.campaign("waiting for a slot")
    scheduled = idle.campaign("scheduled")
    retried = idle.campaign("retried", retry_delay_seconds=RETRY_IN_SECONDS)
    due_ms = time.time_ns() // 1_000_000 + 1000 * DUE_IN_SECONDS
    moment = datetime.fromtimestamp(due_ms / 1000, UTC).isoformat(timespec="milliseconds")
    idle.add(scheduled, {"phone_numbers": ["+14155550101"], "scheduled_at": moment})
    idle.add(retried, {"phone_numbers": ["+14155550190"]})
    api.add(waiting, *({"phone_numbers": [f"+1{212 + n // 29}55501{2 + n % 29:02d}"]} for n in range(CALLS)))
    api.settled(waiting, within_seconds=90)
    for one in (scheduled, retried):
        idle.settled(one, within_seconds=90)
    return Campaigns(waiting, scheduled, due_ms, retried)


def calls_of(carrier: CarrierRecord, campaign: str) -> list[dict[str, Any]]:
    """The calls the carrier placed for a campaign, the first one first."""
    placed = [one for one in carrier.of(campaign)["per_attempt"] if one["placed_at"]]
    return sorted(placed, key=lambda one: int(one["placed_at"]))


def test_a_freed_slot_is_used_within_half_a_second(campaigns: Campaigns, carrier: CarrierRecord, say: Say) -> None:
    """All lines are busy as long as somebody waits: the n-th slot to become free is the (LINES + n)-th call's."""
    calls = calls_of(carrier, campaigns.waiting_for_a_slot)
    freed = sorted(one["ended_at"] for one in calls)
    waits = [call["placed_at"] - free_at for call, free_at in zip(calls[LINES:], freed, strict=False)]
    waited = waits[LINES:]  # each line's first change of calls finds functions that have never run
    p90 = quantiles(waited, n=10)[-1]
    say(f"slot free -> next POST, {len(waited)} calls: p50 {median(waited):.0f} ms, p90 {p90:.0f} ms")
    assert len(waited) >= 50
    assert carrier.of(campaigns.waiting_for_a_slot)["max_calls_at_once"] <= LINES
    assert median(waited) <= 500


def test_a_scheduled_contact_is_called_at_its_time(campaigns: Campaigns, carrier: CarrierRecord, say: Say) -> None:
    [call] = calls_of(carrier, campaigns.scheduled)
    late = call["placed_at"] - campaigns.due_ms
    say(f"scheduled {DUE_IN_SECONDS} s ahead: called {late} ms after its time")
    assert 0 <= late <= LATE_MS


def test_a_retry_is_made_when_its_delay_is_over(campaigns: Campaigns, carrier: CarrierRecord, say: Say) -> None:
    first, second = calls_of(carrier, campaigns.retried)
    late = second["placed_at"] - first["ended_at"] - 1000 * RETRY_IN_SECONDS
    say(f"retry due in {RETRY_IN_SECONDS} s: called {late} ms after its time")
    assert 0 <= late <= LATE_MS
