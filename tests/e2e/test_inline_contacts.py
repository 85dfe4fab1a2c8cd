"""Contacts that come with a campaign, on the deployed stack: answered in time, all of them stored once."""

import time
from typing import Any

import pytest

from tests.support.api import Api, eventually
from tools.stack.local_stack import Stack

SECONDS = 10


@pytest.fixture(scope="module")
def silent(api: Api) -> str:
    """A configuration that calls nobody."""
    return str(api.post("/campaign/configurations", {"name": "nobody"}, 201)["id"])


def people(amount: int) -> list[dict[str, Any]]:
    data = {"first_name": "Ada", "company": "Analytical Engines", "plan": "pro"}
    return [
        {
            "external_id": f"lead-{n}",
            "phone_numbers": [f"+1212555{n:04d}"],
            "timezone": "America/New_York",
            "data": data,
        }
        for n in range(amount)
    ]


def test_5000_contacts_come_with_a_campaign_within_ten_seconds_and_a_repetition_adds_none(
    api: Api, silent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {"name": "five thousand", "configuration_id": silent, "contacts": people(5_000)}
    began = time.monotonic()
    answer = api.call("POST", "/campaign/campaigns", wanted, {"Idempotency-Key": "five-thousand"})
    seconds = time.monotonic() - began
    assert answer.status == 201, answer.body
    campaign, begun = answer.body["id"], answer.body["contacts_import"]
    with capsys.disabled():
        print(
            f"\n5,000 inline contacts: answered in {seconds:.1f} s, {begun['counts']['rows']} of them written by then"
        )

    def finished() -> Any:
        [listed] = api.get(f"/campaign/campaigns/{campaign}/imports")["imports"]
        return listed if listed["status"] != "running" else None

    report = eventually(finished, within_seconds=60)
    assert seconds <= SECONDS
    assert (report["status"], report["counts"]["inserted"], report["counts"]["rows"]) == ("completed", 5_000, 5_000)
    assert api.get(f"/campaign/campaigns/{campaign}/stats")["contacts"]["total"] == 5_000
    again = api.call("POST", "/campaign/campaigns", wanted, {"Idempotency-Key": "five-thousand"})
    assert again.body == answer.body
    assert api.get(f"/campaign/campaigns/{campaign}/stats")["contacts"]["total"] == 5_000


def test_the_rows_of_a_request_start_no_csv_import(stack: Stack, api: Api, silent: str) -> None:
    wanted = {"name": "one", "configuration_id": silent, "contacts": people(1)}
    campaign = api.post("/campaign/campaigns", wanted, 201)
    kept = stack.client("s3").list_objects_v2(Bucket=stack.bucket, Prefix="requests/")["Contents"]
    assert f"requests/{campaign['contacts_import']['id']}.jsonl" in [one["Key"] for one in kept]
    assert len(api.get(f"/campaign/campaigns/{campaign['id']}/imports")["imports"]) == 1
