"""An export is written by its worker, with no more rights than the template gives, and fetched by its link."""

import csv
import io
from typing import Any

import urllib3

from tests.support.api import Api, eventually

PEOPLE = 300


def test_a_campaigns_contacts_are_exported_and_the_link_needs_no_credential(api: Api) -> None:
    campaign = api.campaign("exported", default_windows=[])
    rows = [{"phone_numbers": [f"+1212555{n:04d}"], "data": {"n": n, "note": "=1+1"}} for n in range(PEOPLE)]
    api.add(campaign, *rows)
    path = f"/campaign/campaigns/{campaign}/export"

    def report() -> dict[str, Any] | None:
        answer = api.call("GET", path)
        assert answer.status == (202 if answer.body["status"] == "running" else 200)
        return answer.body if answer.status == 200 else None

    done = eventually(report, within_seconds=30)
    assert done
    assert (done["status"], done["rows"], done["total"]) == ("completed", PEOPLE, PEOPLE)
    fetched = urllib3.request("GET", done["url"])
    assert fetched.status == 200
    assert fetched.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert ".csv" in fetched.headers["Content-Disposition"]
    found = list(csv.DictReader(io.StringIO(fetched.data.decode("utf-8-sig"), newline="")))
    assert sorted(row["phone"] for row in found) == [f"+1212555{n:04d}" for n in range(PEOPLE)]
    assert {(row["note"], row["status"]) for row in found} == {("'=1+1", "pending")}
    assert {row["data"] for row in found} == {f'{{"n":{n}}}' for n in range(PEOPLE)}
