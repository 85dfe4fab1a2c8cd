"""The process that runs the dial function is killed while it places calls: nobody is lost or called twice (G1, G4)."""

import os
import signal
from itertools import pairwise

import pytest

from tests.support.api import Api, CarrierRecord, eventually
from tests.support.workers import function_name, worker_processes
from tools.stack.local_stack import Stack

LINES = 10
HUNG = [f"+1{area}5550197" for area in (201, 202, 203, 205, 206, 207)]
"""The carrier places these calls but lets the POST hang until the worker loses patience, after 3 s."""
SILENT = [f"+1{area}5550195" for area in (201, 202)]
"""The carrier places these calls but never reports their end, so the next worker has to ask."""
PROMPT = [f"+12015550{n}" for n in range(101, 121)]
PEOPLE = HUNG + SILENT + PROMPT
VISIBILITY_MS = 45_000
RECOVERED_SECONDS = 160
"""Normally the next delivery of the hint will do; a lock without a call is given back after its lease of 90 s."""


@pytest.fixture
def dial_function(stack: Stack) -> str:
    return function_name(stack, "DialFunction")


def test_a_dial_worker_killed_in_mid_call_loses_nobody_and_calls_nobody_twice(
    stack: Stack, carrier: CarrierRecord, dial_function: str, capsys: pytest.CaptureFixture[str]
) -> None:
    api = Api(stack, stack.second_org_api_key)  # whose hints wait for the killed one's to be delivered again
    campaign = api.campaign("killed worker")
    api.add(campaign, *({"phone_numbers": [one]} for one in PEOPLE))

    def all_lines_are_posted() -> bool:
        counts = api.get(f"/campaign/campaigns/{campaign}/stats")["contacts"]
        return bool(counts["in_progress"] == LINES and counts["locked"] == 0)

    eventually(all_lines_are_posted, within_seconds=30)  # the first POSTs hang for two seconds more
    killed = worker_processes(stack, dial_function)
    for process in killed:
        os.kill(process, signal.SIGKILL)
    posted_before = carrier.of(campaign)["posts"]

    contacts = api.settled(campaign, within_seconds=RECOVERED_SECONDS)
    report = carrier.of(campaign)
    assert [one["status"] for one in contacts] == ["completed"] * len(PEOPLE)
    assert [one["posts"] for one in report["per_attempt"]] == [1] * len(report["per_attempt"])
    assert report["calls"] == len(contacts), "somebody was called twice"
    assert report["max_calls_at_once_to_one_contact"] == report["max_calls_at_once_to_one_number"] == 1
    assert report["max_calls_at_once"] <= LINES
    placed = sorted(one["placed_at"] for one in report["per_attempt"])
    gap = max(later - earlier for earlier, later in pairwise(placed))
    with capsys.disabled():
        print(
            f"\nkilled {len(killed)} worker(s) after {posted_before} POSTs; the next call left {gap / 1000:.1f} s later"
        )
    assert gap > VISIBILITY_MS / 2, "the worker was not at work when it was killed"
