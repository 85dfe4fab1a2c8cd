"""The process that runs the dial function is killed while it places calls: nobody is lost or called twice (G1, G4)."""

import os
import signal
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.api import Api, CarrierRecord, eventually
from tools.bootstrap import LOCAL
from tools.local_stack import Stack
from tools.ministack import MiniStack

LINES = 10
HUNG = [f"+1{area}5550197" for area in (201, 202, 203, 205, 206, 207)]
"""The carrier places these calls but lets the POST hang until the worker loses patience, after 3 s."""
SILENT = [f"+1{area}5550195" for area in (201, 202)]
"""The carrier places these calls and never tells of their end: the next worker has to ask."""
PROMPT = [f"+12015550{n}" for n in range(101, 121)]
PEOPLE = HUNG + SILENT + PROMPT
VISIBILITY_MS = 45_000
RECOVERED_SECONDS = 160
"""Normally the next delivery of the hint will do; a lock without a call is given back after its lease of 90 s."""


def worker_processes(stack: Stack, function: str) -> list[int]:
    """The process ids of a function's workers on this stack's own server, whose scratch folder is in their command."""
    port = int(stack.aws_endpoint_url.rpartition(":")[2])
    homes = [one for one in (LOCAL / "stacks").glob("*/server") if MiniStack(one, Path(os.devnull)).port == port]
    [scratch] = [str(home / "tmp" / f"ministack-lambda-{function}-") for home in homes]
    listed = subprocess.run(["/bin/ps", "-axwwo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if scratch in line]


@pytest.fixture
def dial_function(stack: Stack) -> str:
    cloudformation = stack.client("cloudformation")
    [name] = [
        resource["PhysicalResourceId"]
        for deployed in cloudformation.describe_stacks()["Stacks"]
        for resource in cloudformation.describe_stack_resources(StackName=deployed["StackName"])["StackResources"]
        if resource["LogicalResourceId"] == "DialFunction"
    ]
    return str(name)


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
