"""Imports over HTTP: a form and its upload, a preview, reports; and what the campaign and its terms do to a file."""

from base64 import b64encode
from typing import Any
from uuid import uuid4

import pytest

from campanile.domain.stored_file import StoredFile
from campanile.imports import begin
from campanile.imports.begin import NotOurFileError
from campanile.store import do_not_call
from campanile.store.imports import Import
from functions.imports.import_csv.app import handler
from tests.support.contacts import numbers as first_numbers
from tests.support.contacts import told
from tests.support.dialer import Dialer, number
from tests.support.dropping import counts, take
from tests.support.events import load_event
from tests.support.gateway import Client, Context, paths, problem

PEOPLE = f"phone,name\n{number(1)},Ana\n{number(2)},Ben\n"


@pytest.fixture
def campaign(api: Client) -> str:
    return api.campaign()


def ask(api: Client, campaign: str, **wanted: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.post(f"/campaign/campaigns/{campaign}/imports", wanted, 201)
    return answer


def upload(edge: Dialer, asked: dict[str, Any], content: str | bytes) -> Import:
    """Use the form, have the event come and the worker run."""
    return take(edge, edge.bucket.store(asked["upload"]["fields"]["key"], content))


def seen(api: Client, campaign: str, job: str) -> Any:
    return api.get(f"/campaign/campaigns/{campaign}/imports/{job}")


# ---------------------------------------------------------------- a form, and its upload


def test_a_form_is_given_out_its_file_uploaded_and_the_report_read(edge: Dialer, api: Client, campaign: str) -> None:
    asked = ask(api, campaign, file_name="spring list.csv")
    assert asked["status"] == "awaiting_upload"
    assert asked["upload"]["max_bytes"] == 1_000_000_000
    assert asked["upload"]["fields"]["Content-Type"] == "text/csv"
    assert seen(api, campaign, asked["id"])["status"] == "awaiting_upload"
    upload(edge, asked, PEOPLE + "12,Cy\n")
    report = seen(api, campaign, asked["id"])
    assert (report["status"], report["file_name"]) == ("completed_with_errors", "spring list.csv")
    assert (report["counts"]["rows"], report["counts"]["inserted"], report["counts"]["invalid"]) == (3, 2, 1)
    assert [(error["row"], error["column"], error["code"]) for error in report["errors"]] == [(4, "phone", "too_short")]
    assert "spring list-failed.csv" in report["failed_rows_url"]
    assert report["failed_rows_url_expires_at"] > report["created_at"]
    assert report["progress"]["rows_done"] == report["progress"]["rows_total"] == 3
    assert report["progress"]["bytes_done"] == report["progress"]["bytes_total"]
    [listed] = api.get(f"/campaign/campaigns/{campaign}/imports")["imports"]
    assert (listed["id"], listed["failed_rows_url"]) == (asked["id"], None)


def test_mode_and_mapping_of_the_request_hold_for_the_upload(edge: Dialer, api: Client, campaign: str) -> None:
    wanted = {"mode": "strict", "mapping": {"Handy": "phone", "Notiz": None}}
    good = upload(edge, ask(api, campaign, **wanted), f"Handy;Notiz\n{number(1)};x\n")
    assert (good.status, counts(good)) == ("completed", {"rows": 1, "inserted": 1})
    bad = upload(edge, ask(api, campaign, **wanted), f"Handy;Notiz\n{number(2)};x\n12;y\n")
    assert (bad.status, counts(bad)) == ("failed", {"rows": 2, "invalid": 1})
    assert [one["phones"] for one in told(edge.table, campaign)] == [[number(1)]]


def test_a_form_that_nobody_used_in_time_is_told_to_have_failed(edge: Dialer, api: Client, campaign: str) -> None:
    asked = ask(api, campaign)
    edge.clock.advance(begin.FORM_SECONDS)
    assert seen(api, campaign, asked["id"])["status"] == "awaiting_upload"
    edge.clock.advance(1)
    shown = seen(api, campaign, asked["id"])
    assert shown["status"] == "failed"
    assert "ask for a new one" in shown["reason"]


def test_an_upload_that_began_in_time_and_ended_late_is_imported(edge: Dialer, api: Client, campaign: str) -> None:
    asked = ask(api, campaign)
    edge.clock.advance(begin.FORM_SECONDS + 600)
    assert upload(edge, asked, PEOPLE).status == "completed"
    assert seen(api, campaign, asked["id"])["status"] == "completed"


def test_an_upload_that_comes_again_is_one_import_and_a_second_one_another(
    edge: Dialer, api: Client, campaign: str
) -> None:
    asked = ask(api, campaign, mapping={"Handy": "phone"})
    file = edge.bucket.store(asked["upload"]["fields"]["key"], f"Handy\n{number(1)}\n")
    first = take(edge, file)
    assert take(edge, file) == first
    assert first.job == asked["id"]
    edge.clock.advance(1)
    other = upload(edge, asked, f"Handy\n{number(1)}\n{number(2)}\n")
    assert other.job != first.job
    assert counts(other) == {"rows": 2, "inserted": 1, "duplicates": 1}
    assert [one["id"] for one in api.get(f"/campaign/campaigns/{campaign}/imports")["imports"]] == [
        other.job,
        first.job,
    ]
    assert seen(api, campaign, first.job)["counts"]["inserted"] == 1


@pytest.mark.parametrize("org", ["", "another-org"], ids=["unknown import", "another org's"])
def test_an_upload_without_its_request_is_not_ours(edge: Dialer, api: Client, campaign: str, org: str) -> None:
    job = str(uuid4()) if not org else ask(api, campaign)["id"]
    with pytest.raises(NotOurFileError):
        take(edge, StoredFile("uploads", f"uploads/{org or edge.org}/{campaign}/{job}/contacts.csv", "0", 10))


def test_a_campaign_closed_between_form_and_upload_takes_nothing(edge: Dialer, api: Client, campaign: str) -> None:
    asked = ask(api, campaign)
    api.post(f"/campaign/campaigns/{campaign}/close")
    done = upload(edge, asked, PEOPLE)
    assert (done.status, counts(done)) == ("failed", {})
    assert "closed" in seen(api, campaign, asked["id"])["reason"]
    problem(api("POST", f"/campaign/campaigns/{campaign}/imports", {}), 400)


def test_ad_hoc_contacts_are_uploaded_too(edge: Dialer, api: Client) -> None:
    asked = ask(api, "default")
    assert upload(edge, asked, PEOPLE).status == "completed"
    assert seen(api, "default", asked["id"])["counts"]["inserted"] == 2


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"mode": "Strict"}, "mode"),
        ({"mapping": {"Handy": "telephone"}}, "mapping"),
        ({"mapping": ["phone"]}, "mapping"),
        ({"mapping": {"a": 1}}, "mapping.a"),
        ({"file_name": "../people.csv"}, "file_name"),
        ({"file_name": "people.xlsx"}, "file_name"),
        ({"file_name": ".csv"}, "file_name"),
        ({"content_type": "text/csv\r\nX: y"}, "content_type"),
        ({"rows": []}, "rows"),
    ],
)
def test_a_request_for_a_form_that_is_wrong_is_refused(
    api: Client, campaign: str, wanted: dict[str, Any], path: str
) -> None:
    assert paths(api("POST", f"/campaign/campaigns/{campaign}/imports", wanted)) == [path]
    assert api.get(f"/campaign/campaigns/{campaign}/imports")["imports"] == []


def test_nobody_sees_or_fills_another_orgs_imports(edge: Dialer, api: Client, key: Any, campaign: str) -> None:
    asked = ask(api, campaign)
    other = key(org=Dialer(edge.table).org)
    problem(other("GET", f"/campaign/campaigns/{campaign}/imports/{asked['id']}"), 404)
    problem(other("POST", f"/campaign/campaigns/{campaign}/imports", {}), 404)
    problem(other("GET", f"/campaign/campaigns/default/imports/{asked['id']}"), 404)
    problem(api("GET", f"/campaign/campaigns/{campaign}/imports/{uuid4()}"), 404)
    problem(api("GET", f"/campaign/campaigns/{campaign}/imports/no-id"), 404)


# ---------------------------------------------------------------- dropped files


def test_a_file_for_a_mistyped_campaign_is_listed_under_the_name_typed(edge: Dialer, api: Client) -> None:
    done = take(edge, edge.bucket.drop("sprng-outreach", PEOPLE))
    [listed] = api.get("/campaign/campaigns/sprng-outreach/imports")["imports"]
    assert (listed["id"], listed["status"], listed["file_name"]) == (done.job, "failed", "people.csv")
    assert "campaign" in listed["reason"]
    assert seen(api, "sprng-outreach", done.job)["reason"] == listed["reason"]
    problem(api("GET", "/campaign/campaigns/never-heard-of/imports"), 404)


def test_the_event_of_the_bucket_begins_an_import_and_one_of_elsewhere_none(edge: Dialer, campaign: str) -> None:
    file = edge.bucket.drop(campaign, PEOPLE, "July leads (final).csv")
    event = load_event("import_csv")
    told_of = event["Records"][0]["s3"]
    told_of["bucket"]["name"] = file.bucket
    told_of["object"] |= {"versionId": file.version, "size": file.size}
    for key in (file.key.replace(" ", "+").replace("(", "%28").replace(")", "%29"), "elsewhere.csv", "reports/x/y/z"):
        told_of["object"]["key"] = key
        handler(event, Context())
    [(job, _)] = edge.import_queue.sent
    assert counts(take(edge, file)) == {"rows": 2, "inserted": 2}
    assert take(edge, file).job == job


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"mapping": "{"}, "x-amz-meta-mapping must be JSON"),
        ({"mapping": "[]"}, "x-amz-meta-mapping must be"),
        ({"mapping": '{"a": 1}'}, "x-amz-meta-mapping.a must be text"),
        ({"mapping": '{"a": "fone"}'}, "must be one of phone"),
        ({"mapping": '{"a": "data."}'}, "must be one of phone"),
        ({"mode": "fast"}, "x-amz-meta-mode must be 'lenient' or 'strict'"),
        ({"mapping": '{"Mobil": "phone"}'}, "the file has no column 'Mobil'"),
        ({"mapping": '{"phone": "ignore"}'}, "no phone column"),
        ({"mapping": '{"name": "id", "phone": "id"}'}, "would both become 'id'"),
    ],
)
def test_metadata_that_is_wrong_fails_the_file_in_words_for_who_dropped_it(
    edge: Dialer, campaign: str, metadata: dict[str, str], reason: str
) -> None:
    done = take(edge, edge.bucket.drop(campaign, PEOPLE, **metadata))
    assert (done.status, counts(done)) == ("failed", {})
    assert reason in (done.reason or "")
    assert told(edge.table, campaign) == []


def test_metadata_of_other_programs_does_no_harm(edge: Dialer, campaign: str) -> None:
    done = take(edge, edge.bucket.drop(campaign, PEOPLE, mtime="1750000000", mode="strict"))
    assert (done.status, done.mode) == ("completed", "strict")


# ---------------------------------------------------------------- what the campaign says


def test_times_are_read_by_the_contacts_zone_else_the_configurations(edge: Dialer) -> None:
    campaign = edge.campaign(default_timezone="Asia/Tokyo")
    edge.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)], "timezone": "Europe/Paris"})
    rows = [f"ana,{number(1)},", f"ben,{number(2)},", f"cy,{number(3)},America/New_York"]
    take(
        edge,
        edge.bucket.drop(
            campaign.id,
            "external_id,phone,timezone,scheduled_at\n" + "".join(f"{one},2026-07-02 10:00\n" for one in rows),
        ),
    )
    times = [one["scheduled_at"] for one in told(edge.table, campaign.key)]
    assert times == ["2026-07-02T08:00:00Z", "2026-07-02T01:00:00Z", "2026-07-02T14:00:00Z"]


def test_numbers_that_are_in_the_campaign_by_the_api_are_duplicates_also_as_second_ones(edge: Dialer) -> None:
    campaign = edge.campaign()
    edge.add(campaign, {"phone_numbers": [number(1), number(2)]})
    done = take(edge, edge.bucket.drop(campaign.id, f"phone\n{number(1)}\n{number(2)}\n{number(3)}\n"))
    assert counts(done) == {"rows": 3, "inserted": 1, "duplicates": 2}


@pytest.mark.parametrize("is_unique", [False, True])
def test_with_unique_numbers_also_a_row_with_an_external_id_makes_no_second_contact(
    edge: Dialer, is_unique: bool
) -> None:
    campaign = edge.campaign(unique_numbers=is_unique)
    edge.add_people(campaign, number(1))
    content = f"external_id,phone\nana,{number(1)}\nben,{number(2)}\ncy,{number(2)}\n"
    done = take(edge, edge.bucket.drop(campaign.id, content))
    expected = {"inserted": 1, "duplicates": 2} if is_unique else {"inserted": 3}
    assert counts(done) == {"rows": 3, **expected}
    everyone = [number(1), number(2)] if is_unique else [number(1), number(1), number(2), number(2)]
    assert first_numbers(told(edge.table, campaign.key)) == everyone


def test_numbers_of_other_campaigns_are_nobodys_duplicates(edge: Dialer) -> None:
    for campaign in (edge.campaign(unique_numbers=True), edge.campaign(unique_numbers=True)):
        assert counts(take(edge, edge.bucket.drop(campaign.id, PEOPLE))) == {"rows": 2, "inserted": 2}


def test_rows_of_which_no_number_may_be_called_are_stored_and_counted(edge: Dialer, campaign: str) -> None:
    for entry in do_not_call.adding(edge.org, number(1), source="api", attempt_id=None, now_ms=edge.clock.now_ms()):
        edge.table.write(entry)
    content = f"phone,mobile\n{number(1)},\n{number(2)},{number(1)}\n{number(3)},\n{number(1)},{number(4)}\n"
    done = take(edge, edge.bucket.drop(campaign, content))
    assert counts(done) == {"rows": 4, "inserted": 2, "duplicates": 2, "do_not_call": 1}


# ---------------------------------------------------------------- previews


def preview(api: Client, campaign: str, content: str | bytes, **wanted: Any) -> Any:
    how = {"content": content} if isinstance(content, str) else {"content_base64": b64encode(content).decode()}
    return api.post(f"/campaign/campaigns/{campaign}/imports/preview", {**how, **wanted})


def test_a_preview_tells_what_an_import_would_make_of_a_file_and_stores_nothing(
    edge: Dialer, api: Client, campaign: str
) -> None:
    data = f"Mobile;Name;Zeit;Plan\n{number(1)};Jürgen;2026-07-02 10:00;pro\n12;Ben;;\n".encode("cp1252")
    shown = preview(api, campaign, data, mapping={"Zeit": "scheduled_at", "Plan": "ignore"})
    assert (shown["encoding"], shown["delimiter"], shown["reason"]) == ("windows-1252", ";", None)
    assert [(one["header"], one["target"]) for one in shown["columns"]] == [
        ("Mobile", "phone"),
        ("Name", "data"),
        ("Zeit", "scheduled_at"),
        ("Plan", "ignore"),
    ]
    assert shown["rows"] == [
        {
            "row": 2,
            "id": None,
            "external_id": None,
            "phone_numbers": [number(1)],
            "timezone": None,
            "scheduled_at": "2026-07-02T14:00:00.000Z",
            "data": {"Name": "Jürgen"},
        }
    ]
    assert (shown["rows_read"], [one["row"] for one in shown["problems"]]) == (2, [3])
    assert told(edge.table, campaign) == []
    assert api.get(f"/campaign/campaigns/{campaign}/imports")["imports"] == []
    assert edge.import_queue.sent == []


@pytest.mark.parametrize(
    ("content", "wanted", "reason"),
    [
        ("", {}, "empty"),
        ("name\nAna\n", {}, "no phone column"),
        ("phone\n", {}, "no row below its header"),
        (b"PK\x03\x04....", {}, "workbook"),
        (f'phone\n"{number(1)}\n', {}, "never closed"),
        (PEOPLE, {"mapping": {"Handy": "phone"}}, "no column 'Handy'"),
        (PEOPLE + "12,Cy\n", {"mode": "strict"}, "1 of these rows are wrong"),
    ],
)
def test_a_preview_says_why_the_import_would_fail(
    edge: Dialer, api: Client, campaign: str, content: str | bytes, wanted: dict[str, Any], reason: str
) -> None:
    assert reason in preview(api, campaign, content, **wanted)["reason"]
    asked = ask(api, campaign, **wanted)
    assert upload(edge, asked, content).status == "failed", "as the import does"


def test_a_preview_of_the_beginning_of_a_file_leaves_out_what_was_cut(api: Client, campaign: str) -> None:
    note = "x" * 1_000
    data = ("phone,note\n" + "".join(f'{number(n)},"{note}\n{note}"\n' for n in range(60))).encode()[:65_536]
    shown = preview(api, campaign, data)
    assert shown["reason"] is None
    assert shown["problems"] == []
    assert 30 <= shown["rows_read"] <= 33
    assert len(shown["rows"]) == 10


def test_a_preview_for_a_closed_or_an_unknown_campaign(api: Client, campaign: str) -> None:
    api.post(f"/campaign/campaigns/{campaign}/close")
    assert "closed" in preview(api, campaign, PEOPLE)["reason"]
    problem(api("POST", "/campaign/campaigns/nobody-knows/imports/preview", {"content": PEOPLE}), 404)


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"content": PEOPLE, "content_base64": "eA=="}, "body"),
        ({}, "body"),
        ({"content_base64": "%%%"}, "content_base64"),
        ({"content": "x" * 65_537}, "content"),
        ({"content": "é" * 40_000}, "content"),
        ({"content": PEOPLE, "mode": "quick"}, "mode"),
        ({"content": PEOPLE, "mapping": {"phone": "data."}}, "mapping"),
    ],
)
def test_a_request_for_a_preview_that_is_wrong_is_refused(
    api: Client, campaign: str, wanted: dict[str, Any], path: str
) -> None:
    assert paths(api("POST", f"/campaign/campaigns/{campaign}/imports/preview", wanted)) == [path]


def test_a_preview_knows_the_contacts_that_are_there(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign()
    edge.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    shown = preview(api, campaign.id, "external_id,phone\nana,\nben,\n")
    assert [one["row"] for one in shown["rows"]] == [2]
    assert [(one["row"], one["code"]) for one in shown["problems"]] == [(3, "phone_numbers_required")]
