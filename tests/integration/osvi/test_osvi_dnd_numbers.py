"""OSVI's do-not-disturb numbers: one list of the org behind them, which binds every agent, campaign and ad-hoc call."""

from datetime import datetime
from typing import Any

import pytest

from tests.support.dialer import Dialer
from tests.support.gateway import Client
from tests.support.osvi import AGENT, OsviClient, e164, person, with_agent

PATH = "/v1/dnd_numbers"
OPTED_OUT = {"agent_uuid": AGENT, "phone": "9876543210", "reason": "customer opted out"}


@pytest.fixture
def osvi(edge: Dialer, api: Client) -> OsviClient:
    with_agent(api)
    return OsviClient(edge)


def listed(osvi: OsviClient, query: str = "") -> dict[str, Any]:
    answer = osvi("GET", f"{PATH}?agent_uuid={AGENT}{query}")
    assert (answer.status, answer.body["success"]) == (200, True), answer.text
    body: dict[str, Any] = answer.body
    return body


def test_a_number_is_listed_shown_and_taken_off(edge: Dialer, osvi: OsviClient, api: Client) -> None:
    answer = osvi("POST", PATH, OPTED_OUT)
    assert (answer.status, answer.body["success"]) == (201, True)
    entry = answer.body["data"]
    assert entry == {
        "id": 919876543210,
        "agent_uuid": AGENT,
        "phone": "+919876543210",
        "reason": "customer opted out",
        "created_at": entry["created_at"],
    }
    assert round(1000 * datetime.fromisoformat(entry["created_at"]).timestamp()) // 1000 == edge.clock.now_ms() // 1000
    assert entry["created_at"].endswith("+05:30")
    meta = {"current_page": 1, "total_pages": 1, "total_count": 1, "per_page": 25}
    assert listed(osvi) == {"success": True, "data": [entry], "meta": meta}
    [ours] = api.get("/campaign/do-not-call")["entries"]
    assert (ours["phone_number"], ours["agent"], ours["source"]) == ("+919876543210", AGENT, "api")
    edge.clock.advance(1)
    removed = osvi("DELETE", f"{PATH}?agent_uuid={AGENT}&phone=98765-43210")
    assert (removed.status, removed.body) == (200, {"success": True, "message": "Phone removed from DND list"})
    assert listed(osvi)["data"] == []
    [told, _] = api.get("/campaign/do-not-call/+919876543210")["history"]
    assert (told["event"], told["reason"]) == ("removed", "removed by /v1/dnd_numbers")
    assert osvi("DELETE", f"{PATH}?agent_uuid={AGENT}&phone=9876543210").status == 404


@pytest.mark.parametrize("phone", ["%2B919876543210", "+919876543210", "9876543210"])
def test_a_number_may_be_written_in_the_ways_that_contacts_may(osvi: OsviClient, phone: str) -> None:
    osvi("POST", PATH, OPTED_OUT)
    assert osvi("DELETE", f"{PATH}?phone={phone}").status == 200


def test_a_number_is_taken_off_by_its_id_too(osvi: OsviClient) -> None:
    number = osvi("POST", PATH, OPTED_OUT).body["data"]["id"]
    assert [osvi("DELETE", f"{PATH}/{number}").status for _ in range(2)] == [200, 404]
    for unknown in ("1", "x", "%C2%B9"):
        answer = osvi("DELETE", f"{PATH}/{unknown}")
        assert (answer.status, answer.body["error"]) == (404, "dnd_number_not_found")


@pytest.mark.parametrize(
    ("method", "query", "body", "status", "error"),
    [
        ("POST", "", "{", 400, "The body is not valid JSON."),
        ("POST", "", {**OPTED_OUT, "agent_uuid": None}, 400, "agent_uuid is required."),
        ("POST", "", {"agent_uuid": AGENT}, 400, "phone is required."),
        ("POST", "", {**OPTED_OUT, "phone": "12"}, 400, "phone: invalid phone."),
        ("POST", "", {**OPTED_OUT, "phone": 9876543210}, 400, "phone must be text."),
        ("POST", "", {**OPTED_OUT, "reason": 7}, 400, "reason must be text"),
        ("POST", "", {**OPTED_OUT, "reason": "\ud800"}, 400, "reason must not contain halves of characters"),
        ("POST", "", {**OPTED_OUT, "reason": "x" * 501}, 400, "at most 500 characters"),
        ("POST", "", {**OPTED_OUT, "agent_uuid": "nobody"}, 404, "agent_not_found"),
        ("GET", "", None, 400, "agent_uuid is required"),
        ("GET", "?agent_uuid=nobody", None, 404, "agent_not_found"),
        ("GET", f"?agent_uuid={AGENT}&page=0", None, 400, "page must be at least 1"),
        ("GET", f"?agent_uuid={AGENT}&per_page=x", None, 400, "per_page must be a whole number"),
        ("GET", f"?agent_uuid={AGENT}&search=x", None, 400, "search must be"),
        ("GET", f"?agent_uuid={AGENT}&size=5", None, 400, "size is not known here"),
        ("DELETE", "", None, 400, "param is missing or the value is empty: phone"),
        ("DELETE", "?phone=12", None, 400, "phone: invalid phone."),
        ("DELETE", "?phone=9876543210&agent_uuid=nobody", None, 404, "agent_not_found"),
    ],
)
def test_what_is_wrong_is_named_in_osvis_form(
    osvi: OsviClient, method: str, query: str, body: object, status: int, error: str
) -> None:
    answer = osvi(method, PATH + query, body)
    assert answer.status == status, answer.text
    assert answer.body == {"success": False, "error": answer.body["error"], "details": None}
    assert error in answer.body["error"]


def test_pages_together_are_all_numbers_that_match(osvi: OsviClient, api: Client) -> None:
    for n in range(7):
        osvi("POST", PATH, {**OPTED_OUT, "phone": person(n)["phone"]})
    api.post("/campaign/do-not-call", {"phone_numbers": ["+14155550123"]})
    pages = [listed(osvi, f"&search=98765&per_page=3&page={page}") for page in (1, 2, 3, 4)]
    assert [one["phone"] for page in pages for one in page["data"]] == [e164(n) for n in range(7)]
    assert pages[1]["meta"] == {"current_page": 2, "total_pages": 3, "total_count": 7, "per_page": 3}
    assert pages[3]["data"] == []
    everything = listed(osvi, "&per_page=500")
    assert (everything["meta"]["total_count"], everything["meta"]["per_page"]) == (8, 100)
    assert [one["phone"] for one in listed(osvi, "&search=%2B1415")["data"]] == ["+14155550123"]
    assert {one["agent_uuid"] for one in everything["data"]} == {AGENT}


def test_a_number_that_is_listed_stops_calls_of_every_agent_in_flight_too(
    edge: Dialer, osvi: OsviClient, api: Client
) -> None:
    with_agent(api, id="another")
    campaign = edge.read_campaign(api.campaign())
    osvi.pushed(1, person(1), person(2), enqueue=True)
    edge.add_people(edge.ad_hoc, e164(3))
    osvi("POST", PATH, {"agent_uuid": "another", "phone": e164(1)})
    osvi("POST", PATH, {"agent_uuid": "another", "phone": e164(3)})
    edge.run()
    assert [post.to for post in edge.posts] == [e164(2)]
    osvi("POST", PATH, {"agent_uuid": "another", "phone": e164(2)})
    edge.end(edge.posts[0], "no_answer")
    edge.clock.advance(4_000)
    edge.run()
    assert len(edge.posts) == 1
    upload = osvi.status(campaign.number)["uploads"][0]
    assert upload["queues"] == [{"agent_uuid": AGENT, "total_queued": 1, "completed": True}]


def test_another_org_has_a_list_of_its_own(edge: Dialer, osvi: OsviClient) -> None:
    stranger = Dialer(edge.table, clock=edge.clock)
    osvi("POST", PATH, OPTED_OUT)
    assert OsviClient(stranger)("DELETE", f"{PATH}/919876543210").status == 404
    assert len(listed(osvi)["data"]) == 1
