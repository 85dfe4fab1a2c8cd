"""OSVI's push of contacts (seed 004): its document, and that every contact is there once, called or held as asked."""

import json
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from campanile.domain.campaign import CLOSED
from campanile.domain.errors import StateError
from campanile.domain.lifecycle import ContactStatus
from campanile.imports import resume
from campanile.imports.run import ImportPorts, Run, always
from campanile.osvi import pushes
from campanile.osvi.requests import NO_TRUNK
from campanile.store import credentials, do_not_call, keys
from campanile.store import imports as stored_imports
from campanile.store.do_not_call import Entry
from tests.support.audit import audit, every_contact
from tests.support.crashes import Crash, Crasher
from tests.support.dialer import Dialer
from tests.support.dropping import take
from tests.support.gateway import Client, call
from tests.support.osvi import (
    AGENT,
    TRUNK,
    OsviClient,
    e164,
    example_answer,
    example_request,
    faults,
    person,
    with_agent,
)

DAY_SECONDS = 24 * 60 * 60
NOBODY = {"success": False, "error": "Invalid API token"}


@pytest.fixture
def osvi(edge: Dialer) -> OsviClient:
    return OsviClient(edge)


@pytest.fixture
def campaign(api: Client) -> str:
    with_agent(api, version="3")
    return api.campaign()


def by_number(edge: Dialer, campaign: str) -> dict[str, Any]:
    return {one.phone_numbers[0]: one for one in every_contact(edge.table, campaign)}


def listed(edge: Dialer, *listed_numbers: str) -> None:
    for one in listed_numbers:
        now = edge.clock.now_ms()
        do_not_call.add(edge.table, edge.org, [Entry(one, "api", now, "a test")])


# ---------------------------------------------------------------- the document


def test_the_example_of_the_document_is_answered_as_it_shows_and_its_contacts_are_called(
    edge: Dialer, osvi: OsviClient, campaign: str
) -> None:
    answer = osvi.push(1, example_request())
    assert (answer.status, answer.headers["content-type"]) == (201, "application/json")
    assert answer.body == {
        "success": True,
        "data": {
            "campaign_upload_id": 1,
            "contacts_received": 2,
            "contacts_accepted": 2,
            "duplicates_removed": 0,
            "enqueued": True,
            "queued_calls": 2,
        },
    }
    edge.run()
    assert [post.to for post in edge.posts] == ["+919876543210", "+919876500000"]
    requests = [post.request for post in edge.posts]
    assert {(one.agent_id, one.agent_version, one.caller_id) for one in requests} == {
        (AGENT, "3", TRUNK["caller_number"])
    }
    ravi = by_number(edge, campaign)["+919876543210"]
    assert ravi.data == {"person_name": "Ravi Kumar", "plan": "Pro"}
    audit(edge, edge.read_campaign(campaign))


def test_every_error_of_the_document_is_answered_word_by_word(osvi: OsviClient, api: Client, campaign: str) -> None:
    body = example_request()
    wrong = {**body, "contacts": [{**body["contacts"][0], "phone": "12345"}]}
    assert (osvi.push(1, wrong).status, osvi.push(1, wrong).body) == (400, example_answer(400))
    assert osvi.push(1, {**body, "agent_uuid": "x" * 5_000}).status == 404
    unknown = {**body, "agent_uuid": "agent_nobody"}
    assert (osvi.push(1, unknown).status, osvi.push(1, unknown).body) == (404, example_answer(404))
    api("PATCH", f"/campaign/agents/{AGENT}", {"outbound_trunk": None})
    assert (osvi.push(1, body).status, osvi.push(1, body).body) == (422, example_answer(422))
    assert example_answer(422)["error"] == NO_TRUNK


@pytest.mark.parametrize("token", [None, "", "0123456789abcdef", "too short", "x" * 16, "0123456789abcdef0"])
def test_a_token_that_is_none_or_nobodys_is_refused_before_anything_else(
    edge: Dialer, campaign: str, token: str | None
) -> None:
    headers = {} if token is None else {"API-Token": token}
    answer = call("POST", "/v1/campaigns/999/contacts", "{", headers)
    assert (answer.status, answer.body, faults(401, answer.body)) == (401, NOBODY, [])


def test_only_the_token_of_an_org_opens_its_campaigns_and_only_osvis_routes(
    edge: Dialer, osvi: OsviClient, api: Client, campaign: str
) -> None:
    stranger = Dialer(edge.table, clock=edge.clock)
    theirs = OsviClient(stranger)
    assert theirs.push(1, example_request()).body["error"] == pushes.CAMPAIGN_NOT_FOUND
    assert call("GET", "/campaign/agents", None, {"API-Token": osvi.token}).status == 401
    assert call("GET", "/campaign/agents", None, {"Authorization": f"Bearer {osvi.token}"}).status == 401
    bearer = call("POST", "/v1/campaigns/1/contacts", example_request(), api.headers)
    assert (bearer.status, bearer.body) == (401, NOBODY)
    credentials.revoke(edge.table, credentials.osvi_parts(osvi.token)[0])
    edge.clock.advance(61)
    assert osvi.push(1, example_request()).status == 401


@pytest.mark.parametrize("number", ["2", "0", "-1", "1.0", "one", "%C2%B9", "9" * 255, "1%2F2"])
def test_a_campaign_that_is_not_there_is_not_found(osvi: OsviClient, campaign: str, number: str) -> None:
    answer = osvi("POST", f"/v1/campaigns/{number}/contacts", example_request())
    assert (answer.status, answer.body["error"]) == (404, pushes.CAMPAIGN_NOT_FOUND)
    assert osvi("GET", f"/v1/campaigns/{number}/status").status == 404


def test_checks_come_in_the_order_body_campaign_agent_trunk(osvi: OsviClient, api: Client, campaign: str) -> None:
    api("PATCH", f"/campaign/agents/{AGENT}", {"outbound_trunk": {**TRUNK, "state": "inactive"}})
    wrong = {**example_request(), "contacts": []}
    assert [osvi.push(2, wrong).status, osvi.push(2, {**example_request(), "agent_uuid": "x"}).status] == [400, 404]
    assert osvi.push(2, {**example_request(), "agent_uuid": "x"}).body["error"] == pushes.CAMPAIGN_NOT_FOUND
    assert osvi.push(1, example_request()).status == 422
    assert osvi.push(1, {**example_request(), "enqueue": False}).status == 201
    api.post(f"/campaign/campaigns/{campaign}/close")
    closed = osvi.push(1, example_request())
    assert (closed.status, closed.body["error"]) == (400, CLOSED)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/campaigns/1/contacts", "{", 400),
        ("POST", "/v1/campaigns/1/contacts", None, 400),
        ("POST", "/v1/campaigns/1/contacts?enqueue=true", example_request(), 400),
        ("POST", "/v1/campaigns/1/contacts", "[" * 100_000, 400),
        ("POST", "/v1/campaigns/1/contacts", '"' + "x" * 4_500_000 + '"', 413),
        ("GET", "/v1/campaigns/1/contacts", None, 405),
        ("GET", "/v1/campaigns/1/nothing", None, 404),
    ],
)
def test_whatever_is_wrong_is_told_in_osvis_form(
    osvi: OsviClient, campaign: str, method: str, path: str, body: object, status: int
) -> None:
    answer = osvi(method, path, body)
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.body.keys() == {"success", "error", "details"}
    assert answer.body["success"] is False
    assert answer.body["error"]


def test_an_error_of_ours_is_told_in_osvis_form(
    osvi: OsviClient, campaign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "push", lambda *_: 1 / 0)
    answer = osvi("POST", "/v1/campaigns/1/contacts", example_request())
    assert (answer.status, answer.body["success"], answer.body["details"]) == (500, False, None)
    assert "zero" not in answer.text


# ---------------------------------------------------------------- held, called, skipped


def test_contacts_that_are_not_enqueued_are_held_until_a_later_push_brings_them_with_it(
    edge: Dialer, osvi: OsviClient, campaign: str
) -> None:
    data = osvi.pushed(1, person(1), person(2))
    assert (data["enqueued"], data["contacts_accepted"]) == (False, 2)
    assert not {"queued_calls", "dnd_skipped"} & data.keys()
    edge.run()
    assert edge.posts == []
    assert {one.status for one in every_contact(edge.table, campaign)} == {ContactStatus.HELD}
    assert osvi.pushed(1, person(2), person(3), enqueue=True)["queued_calls"] == 2
    edge.run()
    assert sorted(post.to for post in edge.posts) == [e164(2), e164(3)]
    assert by_number(edge, campaign)[e164(1)].status is ContactStatus.HELD
    audit(edge, edge.read_campaign(campaign))


def test_held_contacts_are_called_once_their_campaign_is_released(
    edge: Dialer, osvi: OsviClient, api: Client, campaign: str
) -> None:
    osvi.pushed(1, person(1), person(2))
    api.post(f"/campaign/campaigns/{campaign}/release")
    edge.run()
    assert len(edge.posts) == 2


def test_listed_numbers_are_stored_told_and_never_called(edge: Dialer, osvi: OsviClient, campaign: str) -> None:
    listed(edge, e164(2))
    held = osvi.pushed(1, person(2, plan="Pro"), person(9))
    assert "dnd_skipped" not in held  # nothing is skipped before it is to be called
    data = osvi.pushed(1, person(1), person(2, plan="Pro"), person(3), enqueue=True)
    assert (data["contacts_accepted"], data["queued_calls"]) == (3, 2)
    assert data["dnd_skipped"] == [{"person_name": "Person 2", "phone": e164(2), "plan": "Pro"}]
    fresh = osvi.pushed(1, person(4), enqueue=True)
    assert "dnd_skipped" not in fresh
    listed(edge, e164(5))
    assert osvi.pushed(1, person(5), enqueue=True)["queued_calls"] == 0
    assert by_number(edge, campaign)[e164(5)].status is ContactStatus.DO_NOT_CALL
    edge.run()
    assert sorted(post.to for post in edge.posts) == [e164(1), e164(3), e164(4)]
    assert by_number(edge, campaign)[e164(2)].status is ContactStatus.DO_NOT_CALL
    audit(edge, edge.read_campaign(campaign))


def test_a_number_is_in_a_campaign_once_whoever_brings_it_and_a_later_push_updates_it(
    edge: Dialer, osvi: OsviClient, campaign: str
) -> None:
    take(edge, edge.bucket.drop(campaign, f"phone,plan\n{e164(1)},Basic\n"))
    osvi.pushed(1, person(1, plan="Pro"), person(2))
    osvi.pushed(1, {**person(2), "person_name": "Anita"}, person(3))
    take(edge, edge.bucket.drop(campaign, f"phone,plan\n{e164(3)},Basic\n", "again.csv"))
    contacts = by_number(edge, campaign)
    assert len(every_contact(edge.table, campaign)) == len(contacts) == 3
    assert contacts[e164(1)].data == {"person_name": "Person 1", "plan": "Pro"}
    assert contacts[e164(2)].data == {"person_name": "Anita"}
    assert contacts[e164(3)].data == {"person_name": "Person 3"}
    assert contacts[e164(1)].agent.agent_id == AGENT


@pytest.mark.parametrize("is_unique", [False, True])
def test_a_push_does_not_undo_the_correction_of_a_number(
    edge: Dialer, osvi: OsviClient, api: Client, campaign: str, is_unique: bool
) -> None:
    """Who brings the former number again brings another person, who is a contact, and one only, from then on."""
    corrected = api.campaign(unique_numbers=is_unique)
    osvi.pushed(2, person(1))
    [ana] = every_contact(edge.table, corrected)
    path = f"/campaign/campaigns/{corrected}/contacts"
    api.post(path, {"contacts": [{"id": ana.id, "phone_numbers": [e164(2)]}]})
    for plan in ("Basic", "Pro"):
        data = osvi.pushed(2, person(1, plan=plan), enqueue=True)
        assert (data["contacts_accepted"], data["queued_calls"]) == (1, 1)
    has = by_number(edge, corrected)
    assert len(every_contact(edge.table, corrected)) == len(has) == 2
    assert (has[e164(2)].id, has[e164(2)].status, has[e164(2)].data) == (ana.id, "held", {"person_name": "Person 1"})
    assert (has[e164(1)].status, has[e164(1)].data["plan"]) == ("pending", "Pro")


def test_a_contact_that_is_finished_takes_its_new_data_and_is_not_queued_again(
    edge: Dialer, osvi: OsviClient, campaign: str
) -> None:
    osvi.pushed(1, person(1), enqueue=True)
    edge.call("answered")
    data = osvi.pushed(1, person(1, plan="Pro"), person(2), enqueue=True)
    assert (data["contacts_accepted"], data["queued_calls"]) == (2, 1)
    edge.run()
    assert len(edge.posts) == 2
    assert by_number(edge, campaign)[e164(1)].data["plan"] == "Pro"


def test_where_numbers_are_unique_whoever_is_finished_under_another_name_is_not_queued_either(
    edge: Dialer, osvi: OsviClient, api: Client, campaign: str
) -> None:
    """The person is in the campaign already, as somebody's own contact: it is a duplicate, and says no other thing."""
    unique = api.campaign(unique_numbers=True)
    api.post(f"/campaign/campaigns/{unique}/contacts", {"contacts": [{"phone_numbers": [e164(1)]}]})
    edge.call("answered")
    data = osvi.pushed(2, person(1), person(2), enqueue=True)
    assert (data["contacts_accepted"], data["queued_calls"]) == (2, 1)
    edge.run()
    assert [post.to for post in edge.posts] == [e164(1), e164(2)]
    assert len(every_contact(edge.table, unique)) == 2


def test_where_numbers_are_unique_whoever_is_held_under_another_number_is_enqueued_by_it(
    edge: Dialer, osvi: OsviClient, api: Client, campaign: str
) -> None:
    unique = api.campaign(unique_numbers=True)
    osvi.pushed(2, person(1))
    [one] = every_contact(edge.table, unique)
    path = f"/campaign/campaigns/{unique}/contacts"
    api.post(path, {"contacts": [{"id": one.id, "phone_numbers": [e164(2)]}]})
    assert osvi.pushed(2, person(2), enqueue=True)["queued_calls"] == 1
    edge.run()
    assert [post.to for post in edge.posts] == [e164(2)]
    audit(edge, edge.read_campaign(unique))


# ---------------------------------------------------------------- the same upload


def test_the_same_body_is_the_same_upload_for_a_day(edge: Dialer, osvi: OsviClient, api: Client, campaign: str) -> None:
    rows = [person(1), person(2), person(1)]
    listed(edge, e164(2))
    first = osvi.pushed(1, *rows, enqueue=True)
    edge.run()
    edge.clock.advance(DAY_SECONDS - 60)
    listed(edge, e164(1))  # what was decided stays: the repetition is answered from the rows that were kept
    reordered = {"enqueue": True, "contacts": rows, "agent_uuid": AGENT}
    assert osvi.push(1, reordered).body["data"] == first
    assert len(edge.posts) == 1
    assert len(api.get(f"/campaign/campaigns/{campaign}/imports")["imports"]) == 1
    other = api.campaign()
    assert osvi.pushed(2, *rows)["campaign_upload_id"] == 2  # another campaign, another upload
    assert len(every_contact(edge.table, other)) == 2
    edge.clock.advance(61)
    assert osvi.push(1, reordered).body["data"]["campaign_upload_id"] == 3
    assert len(every_contact(edge.table, campaign)) == 2


def test_the_upload_is_listed_among_the_imports(osvi: OsviClient, api: Client, campaign: str) -> None:
    osvi.pushed(1, person(1), person(2))
    [one] = api.get(f"/campaign/campaigns/{campaign}/imports")["imports"]
    assert (one["status"], one["counts"]["inserted"]) == ("completed", 2)
    assert one["file_name"].endswith(".csv")


@pytest.mark.parametrize("applied", [False, True])
def test_a_request_that_dies_anywhere_and_comes_again_is_one_upload_with_every_contact_once(
    edge: Dialer, api: Client, monkeypatch: pytest.MonkeyPatch, applied: bool
) -> None:
    """The worker takes up what is left; the body that is sent again finds what it began, wherever it died."""
    monkeypatch.setattr("campanile.imports.run.ROWS_PER_WRITE", 2)
    with_agent(api)
    text = json.dumps({"agent_uuid": AGENT, "contacts": [person(n) for n in range(5)], "enqueue": True})
    for at in count(1):
        campaign = edge.read_campaign(api.campaign())
        crasher = Crasher()
        ports = ImportPorts(
            crasher.around(edge.table),
            edge.queue,
            crasher.around(edge.import_queue),
            crasher.around(edge.bucket),
            edge.clock,
        )
        crasher.arm(at, applied)
        with suppress(Crash):
            pushes.push(ports, edge.org, str(campaign.number), text, edge.clock.now_ms())
        crasher.disarm()
        if at % 2:  # either may be first: the worker, or the client that asks again
            work_off(edge)
        answer = pushes.push(edge.import_ports, edge.org, str(campaign.number), text, edge.clock.now_ms())
        work_off(edge)
        again = pushes.push(edge.import_ports, edge.org, str(campaign.number), text, edge.clock.now_ms())
        assert again == answer
        assert sorted(by_number(edge, campaign.id)) == [e164(n) for n in range(5)]
        [only] = stored_imports.of_campaign(edge.table, campaign.key, 10)
        assert (only.status, only.counts.inserted, only.counts.updated) == ("completed", 5, 0)
        assert sum(last - first + 1 for first, last in only.created) == 5
        if not crasher.died_at:
            break


def work_off(edge: Dialer) -> None:
    while edge.import_queue.sent:
        resume.resume(edge.import_ports, edge.import_queue.sent.pop()[0], always)


def test_an_upload_that_failed_is_begun_anew_by_the_same_body(
    edge: Dialer, osvi: OsviClient, campaign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Run, "go", lambda run, *_: run.current)
        first = osvi.pushed(1, person(1))
    resume.give_up(edge.import_ports, edge.import_queue.sent[0][0])
    assert every_contact(edge.table, campaign) == []
    assert osvi.pushed(1, person(1))["campaign_upload_id"] == first["campaign_upload_id"] + 1
    assert len(every_contact(edge.table, campaign)) == 1


def test_a_campaign_closed_while_contacts_are_pushed_takes_none_of_them(
    edge: Dialer, osvi: OsviClient, api: Client, campaign: str
) -> None:
    def close_once(request: Any) -> None:
        if not closed and keys.import_roster(campaign) in str(request):
            closed.append(True)
            api.post(f"/campaign/campaigns/{campaign}/close")

    closed: list[bool] = []
    with edge.interposed(after=close_once):
        text = json.dumps({"agent_uuid": AGENT, "contacts": [person(1)]})
        with pytest.raises(StateError):
            pushes.push(edge.import_ports, edge.org, "1", text, edge.clock.now_ms())
    assert closed
    assert every_contact(edge.table, campaign) == []
