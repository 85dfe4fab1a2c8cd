"""Two orgs under one global limit: never more calls than it allows, and each comes to its fair part of it (G2).

The last of these tests by its name: it deploys other settings, after which the functions run in other processes.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from campanile.simulated_carrier.report import max_at_once
from tests.support.api import Api, CarrierRecord
from tools.local_stack import Stack

TOTAL = 6
FAIR_PART_OF_THE_SECOND = 2
"""Of limits of 8 and 4."""
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


@pytest.mark.usefixtures("small_deployment")
def test_two_orgs_come_to_their_parts_and_never_exceed_the_limit(
    stack: Stack, carrier: CarrierRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    apis = Api(stack, stack.api_key), Api(stack, stack.second_org_api_key)
    limits = [api.get(SETTINGS)["concurrency_limit"] for api in apis]
    for api, limit in zip(apis, (8, 4), strict=True):
        api.put(SETTINGS, {"concurrency_limit": limit})
    campaigns = [api.campaign("under a global limit", retry_attempts=0) for api in apis]
    for api, campaign, count in zip(apis, campaigns, (60, 30), strict=True):
        api.add(campaign, *({"phone_numbers": [f"+1212555{n:04d}"]} for n in range(1000, 1000 + count)))

    for api, campaign in zip(apis, campaigns, strict=True):
        api.settled(campaign, within_seconds=90)
    reports = [carrier.of(campaign) for campaign in campaigns]
    most = max_at_once(interval for report in reports for interval in _intervals(report))
    each = [max_at_once(_intervals(report)) for report in reports]
    with capsys.disabled():
        print(f"\nunder a global limit of {TOTAL}: at most {most} calls at once, {each[0]} and {each[1]} of the orgs")
    assert most <= TOTAL
    assert each[1] >= FAIR_PART_OF_THE_SECOND
    assert [report["calls"] for report in reports] == [60, 30]
    for api, limit in zip(apis, limits, strict=True):
        api.put(SETTINGS, {"concurrency_limit": limit})


def _intervals(report: dict[str, Any]) -> list[tuple[int, int]]:
    return [(one["placed_at"], one["ended_at"]) for one in report["per_attempt"] if one["placed_at"]]
