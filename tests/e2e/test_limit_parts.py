"""Two orgs under one global limit: never more calls than it allows, and each comes to its fair part of it (G2)."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from campanile.adapters.clock import SystemClock
from campanile.simulated_carrier.report import max_at_once
from campanile.store import credentials, orgs
from campanile.store.credentials import ALL_SCOPES
from tests.support.api import Api, CarrierRecord, eventually
from tests.support.table import open_table
from tools.stack.local_stack import Stack

TOTAL = 6
PEOPLE = [100, 50]
FAIR = [4, 2]
"""Of limits of 8 and 4."""
HAND_OVER_MS = 12_000
"""Asking, the end of the calls in flight, and asking again: an org asks every 5 s, and calls last a second."""
SETTINGS = "/campaign/concurrency-settings"
VARIABLE = "GLOBAL_CONCURRENCY_LIMIT"


@pytest.fixture
def small_deployment(stack: Stack) -> Iterator[None]:
    """Functions as a deployment with a global limit of 6 would have them; afterwards they are as before."""
    functions = stack.client("lambda")
    former: dict[str, dict[str, str]] = {}
    for page in functions.get_paginator("list_functions").paginate():
        for one in page["Functions"]:
            variables = one.get("Environment", {}).get("Variables", {})
            if VARIABLE in variables:
                former[one["FunctionName"]] = variables

    def set_limits(change: dict[str, str]) -> None:
        for name, variables in former.items():
            functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": {**variables, **change}}
            )

    set_limits({VARIABLE: str(TOTAL)})
    yield
    set_limits({})


@pytest.fixture
def orgs_of_two(stack: Stack) -> list[Api]:
    """Two orgs that nobody has used before, with limits of 8 and 4."""
    table = open_table(stack.client("dynamodb"), stack.table)
    apis: list[Api] = []
    for name, limit in (("wayne", 8), ("stark", 4)):
        orgs.create(table, name, SystemClock().now_ms())
        apis.append(Api(stack, credentials.create_api_key(table, name, ALL_SCOPES, SystemClock().now_ms())))
        apis[-1].put(SETTINGS, {"concurrency_limit": limit})
    return apis


@pytest.mark.usefixtures("small_deployment")
def test_two_orgs_come_to_their_parts_and_never_exceed_the_limit(
    orgs_of_two: list[Api], carrier: CarrierRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    campaigns = [api.campaign("under a global limit", retry_attempts=0) for api in orgs_of_two]
    for api, campaign, count in zip(orgs_of_two, campaigns, PEOPLE, strict=True):
        api.add(campaign, *({"phone_numbers": [f"+1212555{n:04d}"]} for n in range(1000, 1000 + count)))

    def both_ask() -> bool:
        return [api.get(SETTINGS)["effective_limit"] for api in orgs_of_two] == FAIR

    eventually(both_ask, within_seconds=40)
    handed_over_by = SystemClock().now_ms() + HAND_OVER_MS
    for api, campaign in zip(orgs_of_two, campaigns, strict=True):
        api.settled(campaign, within_seconds=120)

    calls = [_intervals(carrier.of(campaign)) for campaign in campaigns]
    most = max_at_once(chain(*calls))
    both_work_until = min(max(placed for placed, _ in of_org) for of_org in calls)
    steady = [[call for call in of_org if handed_over_by <= call[0] <= both_work_until] for of_org in calls]
    each = [max_at_once(of_org) for of_org in steady]
    with capsys.disabled():
        shown = f"at most {most} calls at once; then {each[0]} and {each[1]} of the orgs, over {len(steady[0])} calls"
        print(f"\nunder a global limit of {TOTAL}: {shown}")
    assert most <= TOTAL
    assert each == FAIR
    assert [len(of_org) for of_org in calls] == PEOPLE


def _intervals(report: dict[str, Any]) -> list[tuple[int, int]]:
    return [(one["placed_at"], one["ended_at"]) for one in report["per_attempt"] if one["placed_at"]]
