"""A CSV dropped into the bucket becomes contacts, and its report can be read."""

import csv
import io
from base64 import b64encode
from typing import Any

import urllib3

from tests.support.api import Api, eventually, upload
from tools.stack.local_stack import Stack

SEED_002 = """phone,first_name,last_name,email,company
+15551234567,Sarah,Johnson,[email protected],Johnson Dental
+15559876543,Michael,Chen,[email protected],Chen Law Group
+15555551234,Emma,Williams,[email protected],Williams Realty"""
"""The example of seed 002, as it is."""


def _drop(stack: Stack, campaign: str, name: str, text: str) -> None:
    key = f"{stack.org_id}/{campaign}/{name}"
    stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=text.encode())


def _imports(api: Api, campaign: str, finished: int) -> list[dict[str, object]]:
    def finished_imports() -> list[dict[str, object]]:
        found = api.get(f"/campaign/campaigns/{campaign}/imports")["imports"]
        done = [one for one in found if one["status"] != "running"]
        return done if len(done) == finished else []

    return eventually(finished_imports, within_seconds=20)


def test_the_example_of_seed_002_is_imported_as_it_is_and_a_second_drop_adds_nobody(stack: Stack, api: Api) -> None:
    campaign = api.campaign("seed 002", default_windows=[])
    _drop(stack, campaign, "leads.csv", SEED_002)
    [report] = _imports(api, campaign, finished=1)
    assert (report["status"], report["file_name"]) == ("completed", "leads.csv")
    assert report["counts"] == {"rows": 3, "inserted": 3, "updated": 0, "duplicates": 0, "invalid": 0, "do_not_call": 0}
    first = api.contacts(campaign)[0]
    assert first["phone_numbers"] == ["+15551234567"]
    assert first["data"]["company"] == "Johnson Dental"

    _drop(stack, campaign, "leads.csv", SEED_002)
    again, _ = _imports(api, campaign, finished=2)
    assert again["counts"] == {"rows": 3, "inserted": 0, "updated": 0, "duplicates": 3, "invalid": 0, "do_not_call": 0}
    assert len(api.contacts(campaign)) == 3


def test_bad_rows_are_reported_by_the_number_that_a_spreadsheet_shows(stack: Stack, api: Api) -> None:
    campaign = api.campaign("bad rows", default_windows=[])
    _drop(stack, campaign, "BAD.CSV", "Phone,timezone\n415-555-0100,America/Denver\ncall me,\n+14155550101,Denver\n")
    [report] = _imports(api, campaign, finished=1)
    assert report["status"] == "completed_with_errors"
    errors = report["errors"]
    assert isinstance(errors, list)
    assert [(one["row"], one["column"]) for one in errors] == [(3, "Phone"), (4, "timezone")]
    assert [one["timezone"] for one in api.contacts(campaign)] == ["America/Denver"]


def test_a_file_without_a_phone_column_imports_nothing_and_says_why(stack: Stack, api: Api) -> None:
    campaign = api.campaign("no phone", default_windows=[])
    _drop(stack, campaign, "names.csv", "name,email\nAda,ada@example.org\n")
    [report] = _imports(api, campaign, finished=1)
    assert report["status"] == "failed"
    assert "no phone column" in str(report["reason"])
    assert api.contacts(campaign) == []


def test_a_file_is_previewed_uploaded_by_a_form_and_its_failing_rows_are_mended_and_uploaded(api: Api) -> None:
    campaign = api.campaign("uploaded", default_windows=[])
    content = "Handy;Vorname\r\n" + "".join(f"+1212555{n:04d};Ana\r\n" for n in range(2_500)) + "12;Müller\r\n"
    data = content.encode("windows-1252")
    imports = f"/campaign/campaigns/{campaign}/imports"
    how = {"mapping": {"Handy": "phone", "Vorname": "data.first_name"}}
    preview = api.post(f"{imports}/preview", {"content_base64": b64encode(data[:65_536]).decode(), **how})
    assert (preview["delimiter"], preview["reason"]) == (";", None)
    assert preview["rows"][0]["data"] == {"first_name": "Ana"}

    begun = api.post(imports, {"file_name": "Kunden.csv", **how}, 201)
    upload(begun["upload"], data)

    def done() -> dict[str, Any] | None:
        report: dict[str, Any] = api.get(f"{imports}/{begun['id']}")
        return report if report["status"] not in ("awaiting_upload", "running") else None

    report = eventually(done, within_seconds=60)
    assert report
    assert (report["status"], report["counts"]["inserted"], report["counts"]["invalid"]) == (
        "completed_with_errors",
        2_500,
        1,
    )
    assert report["progress"] == {
        "phase": "importing",
        "rows_done": 2_501,
        "rows_total": 2_501,
        "bytes_done": len(data),
        "bytes_total": len(data),
    }
    failing = urllib3.request("GET", report["failed_rows_url"]).data.decode("utf-8-sig")
    assert list(csv.DictReader(io.StringIO(failing, newline=""))) == [
        {
            "campanile_row": "2502",
            "campanile_error": "Handy: the number is too short",
            "phone": "12",
            "first_name": "Müller",
        }
    ]
    mended = api.post(imports, {"file_name": "mended.csv", "mode": "strict"}, 201)
    upload(mended["upload"], failing.replace(",12,", ",+12125559999,").encode())
    begun = mended
    again = eventually(done, within_seconds=60)
    assert again
    assert (again["status"], again["counts"]["inserted"]) == ("completed", 1)
    assert api.get(f"/campaign/campaigns/{campaign}/stats")["contacts"]["total"] == 2_501


def test_a_form_takes_no_larger_file_and_no_other_kind_than_it_says(api: Api) -> None:
    campaign = api.campaign("forms", default_windows=[])
    form = api.post(f"/campaign/campaigns/{campaign}/imports", {}, 201)["upload"]
    fields = {**form["fields"], "Content-Type": "text/html", "file": ("people.csv", b"phone\n", "text/html")}
    assert urllib3.request("POST", form["url"], fields=fields).status == 403
    other = {**form["fields"], "key": form["fields"]["key"].replace("uploads/", "reports/")}
    assert urllib3.request("POST", form["url"], fields={**other, "file": ("x", b"phone\n", "text/csv")}).status == 403
