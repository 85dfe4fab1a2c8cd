"""A CSV dropped into the bucket becomes contacts, and its report can be read."""

from tests.support.api import Api, eventually
from tools.local_stack import Stack

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
    assert report["counts"] == {"rows": 3, "inserted": 3, "updated": 0, "duplicates": 0, "invalid": 0}
    first = api.contacts(campaign)[0]
    assert first["phone_numbers"] == ["+15551234567"]
    assert first["data"]["company"] == "Johnson Dental"

    _drop(stack, campaign, "leads.csv", SEED_002)
    again, _ = _imports(api, campaign, finished=2)
    assert again["counts"] == {"rows": 3, "inserted": 0, "updated": 0, "duplicates": 3, "invalid": 0}
    assert len(api.contacts(campaign)) == 3


def test_bad_rows_are_told_by_the_number_a_spreadsheet_shows(stack: Stack, api: Api) -> None:
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
