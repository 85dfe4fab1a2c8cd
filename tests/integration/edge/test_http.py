"""The API's edge: who may do what to whose data, and the way from an empty org to a finished call."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from campanile.domain.lifecycle import Outcome
from campanile.edge.authentication import CACHE_MS
from campanile.store import keys
from campanile.store.table import Delete, Table
from tests.support.audit import every_contact
from tests.support.dialer import Dialer, number
from tests.support.gateway import ROUTES, Client, Response, paths, problem

Keys = Callable[..., Client]
CAMPAIGN_ROUTES = [
    ("GET", ""),
    ("POST", "/start"),
    ("POST", "/pause"),
    ("POST", "/close"),
    ("GET", "/contacts"),
    ("POST", "/contacts"),
    ("GET", "/imports"),
    ("GET", "/stats"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_key_every_route_answers_401(edge: Dialer, method: str, path: str) -> None:
    answer = Client(None)(method, path, {})
    problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YWxhZGRpbjpvcGVu",
        "ak_0123456789abcdef.secret",
        "Bearer ak_0123456789abcdef",
        "Bearer ak_0123456789abcdef.",
        "Bearer ak_0123456789abcdef.wrong",
        "Bearer pat_0123456789abcdef.secret",
        "Bearer .secret",
    ],
)
def test_a_malformed_or_unknown_key_is_refused(edge: Dialer, authorization: str) -> None:
    problem(Client(authorization)("GET", "/campaign/concurrency-settings"), 401)


@pytest.mark.parametrize(
    "token", ["ak_" + "x" * 5_000 + ".y", "ak_\u00e9\u4e2d.secret", "ak_a.b.c", "ak_#.S", "ak_a .b"]
)
def test_a_strange_key_is_refused_and_nothing_breaks(edge: Dialer, token: str) -> None:
    problem(Client(f"Bearer {token}")("GET", "/campaign/concurrency-settings"), 401)


def test_a_key_with_a_wrong_secret_is_refused(edge: Dialer, api: Client) -> None:
    right = api.headers["Authorization"]
    problem(Client(right[:-1] + ("a" if right[-1] != "a" else "b"))("GET", "/campaign/concurrency-settings"), 401)
    api.get("/campaign/concurrency-settings")


def test_the_scheme_is_matched_whatever_its_case(api: Client) -> None:
    token = api.headers["Authorization"].removeprefix("Bearer ")
    assert Client(f"bearer {token}")("GET", "/campaign/concurrency-settings").status == 200


def test_an_expired_key_is_refused_also_when_it_was_used_a_moment_ago(edge: Dialer, key: Keys) -> None:
    client = key(expires_in=30)
    client.get("/campaign/concurrency-settings")
    edge.clock.advance(30)
    detail = problem(client("GET", "/campaign/concurrency-settings"), 401)["detail"]
    assert "expired" in detail


def test_a_removed_key_is_refused_within_a_minute(edge: Dialer, key: Keys) -> None:
    client = key()
    client.get("/campaign/concurrency-settings")
    key_id = client.headers["Authorization"].removeprefix("Bearer ").partition(".")[0]
    edge.table.write(Delete(keys.credential(key_id)))
    edge.clock.advance(CACHE_MS / 1000 + 1)
    problem(client("GET", "/campaign/concurrency-settings"), 401)


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[1] != "/campaign/timezones"])
def test_a_key_without_the_scope_is_told_which_it_lacks(key: Keys, method: str, path: str) -> None:
    detail = problem(key(frozenset({"something:else"}))(method, path, {}), 403)["detail"]
    wanted = "concurrency:" if "concurrency" in path else "campaigns:"
    assert wanted in detail
    assert ("read" in detail) == (method == "GET")


@pytest.mark.parametrize(
    ("scope", "may_read", "may_manage", "may_set_limit"),
    [
        ("campaigns:read", True, False, False),
        ("campaigns:manage", True, True, True),
        ("concurrency:read", False, False, False),
        ("concurrency:manage", False, False, True),
    ],
)
def test_each_scope_opens_its_routes(
    api: Client, key: Keys, scope: str, may_read: bool, may_manage: bool, may_set_limit: bool
) -> None:
    campaign, client = api.campaign(), key(frozenset({scope}))
    assert (client("GET", f"/campaign/campaigns/{campaign}").status == 200) is may_read
    assert (client("POST", f"/campaign/campaigns/{campaign}/pause").status == 200) is may_manage
    assert client("GET", "/campaign/concurrency-settings").status == 200
    put = client("PUT", "/campaign/concurrency-settings", {"concurrency_limit": 5})
    assert (put.status == 200) is may_set_limit


@pytest.mark.parametrize(("method", "route"), CAMPAIGN_ROUTES)
def test_another_orgs_campaign_does_not_exist(
    edge: Dialer, table: Table, api: Client, key: Keys, method: str, route: str
) -> None:
    campaign = api.campaign(external_id="spring")
    stranger = key(org=Dialer(table).org)
    body = {"contacts": [{"phone_numbers": [number(1)]}]} if (method, route) == ("POST", "/contacts") else None
    for reference in (campaign, "spring"):
        theirs = problem(stranger(method, f"/campaign/campaigns/{reference}{route}", body), 404)
        nobodys = problem(stranger(method, f"/campaign/campaigns/{uuid4()}{route}", body), 404)
        assert theirs["detail"] == nobodys["detail"]
    assert api.get(f"/campaign/campaigns/{campaign}")["status"] == "active"
    assert every_contact(edge.table, campaign) == []


def test_another_orgs_contact_and_configuration_do_not_exist(table: Table, api: Client, key: Keys) -> None:
    campaign = api.campaign()
    configuration = api.get(f"/campaign/campaigns/{campaign}")["configuration_id"]
    added = api.post(f"/campaign/campaigns/{campaign}/contacts", {"contacts": [{"phone_numbers": [number(1)]}]})
    stranger = key(org=Dialer(table).org)
    own = stranger.campaign()
    for method in ("GET", "DELETE"):
        problem(stranger(method, f"/campaign/campaigns/{own}/contacts/{added['contact_ids'][0]}"), 404)
    api.get(f"/campaign/campaigns/{campaign}/contacts/{added['contact_ids'][0]}")
    problem(stranger("GET", f"/campaign/configurations/{configuration}"), 404)
    wanted = {"name": "c", "configuration_id": configuration}
    assert paths(stranger("POST", "/campaign/campaigns", wanted)) == ["configuration_id"]


def test_each_orgs_ad_hoc_contacts_are_its_own(table: Table, api: Client, key: Keys) -> None:
    row = {"contacts": [{"external_id": "ana", "phone_numbers": [number(1)]}]}
    stranger = key(org=Dialer(table).org)
    api.post("/campaign/campaigns/default/contacts", row)
    assert stranger.get("/campaign/campaigns/default/contacts")["total"] == 0
    problem(stranger("GET", "/campaign/campaigns/default/contacts/ana"), 404)


def test_the_org_header_does_not_move_an_api_key_to_another_org(table: Table, api: Client, key: Keys) -> None:
    other = Dialer(table)
    campaign = api.campaign()
    stranger = key(org=other.org)
    for header in ("X-Anyreach-Org", "x-anyreach-org"):
        assert api("GET", f"/campaign/campaigns/{campaign}", **{header: other.org}).status == 200
        problem(stranger("GET", f"/campaign/campaigns/{campaign}", **{header: api_org(api)}), 404)


def api_org(api: Client) -> str:
    return api.headers["Authorization"].removeprefix("Bearer ")


def test_default_is_no_campaign_outside_the_contacts_routes(api: Client) -> None:
    for method, route in CAMPAIGN_ROUTES:
        if route in ("", "/start", "/pause", "/close", "/stats"):
            problem(api(method, f"/campaign/campaigns/default{route}"), 404)


def test_the_lifecycle_answers_200_or_400_naming_the_status(api: Client) -> None:
    campaign = api.campaign()

    def take(action: str) -> Response:
        return api("POST", f"/campaign/campaigns/{campaign}/{action}")

    assert take("start").body["status"] == "active"
    assert take("pause").body["status"] == "paused"
    assert "paused" in problem(take("pause"), 400)["detail"]
    assert take("start").body["status"] == "active"
    assert take("close").body["status"] == "closed"
    for action in ("start", "pause", "close"):
        assert "closed" in problem(take(action), 400)["detail"]
    rows = {"contacts": [{"phone_numbers": [number(1)]}]}
    problem(api("POST", f"/campaign/campaigns/{campaign}/contacts", rows), 400)


def test_the_whole_path_of_seed_001_works_by_external_id(edge: Dialer, api: Client) -> None:
    campaign = api.campaign(external_id="spring 2026 ü%", priority=7)
    path = "/campaign/campaigns/spring%202026%20%C3%BC%25"
    answer = api.post(
        f"{path}/contacts",
        {"contacts": [{"external_id": "ana é", "phone_numbers": ["(212) 555-0001"], "data": {"name": "Ana"}}]},
    )
    assert (answer["inserted"], answer["updated"], answer["failed"]) == (1, 0, [])
    assert answer["contact_ids"][0]
    edge.call(Outcome.ANSWERED, duration_seconds=3.0)
    contact = api.get(f"{path}/contacts/ana%20%C3%A9")
    assert (contact["status"], contact["attempts"][0]["outcome"]) == ("completed", "answered")
    listed = api.get(f"{path}/contacts?status=completed&status=pending&outcome=answered&limit=1")
    assert (listed["total"], listed["contacts"], listed["limit"], listed["offset"]) == (1, [contact], 1, 0)
    stats = api.get(f"{path}/stats")
    assert (stats["campaign_id"], stats["contacts"]["completed"], stats["attempts"]["total"]) == (campaign, 1, 1)
    assert api.get(f"{path}/imports") == {"imports": []}
    assert api.get(path)["priority"] == 7


def test_times_are_rfc_3339_in_utc(edge: Dialer, api: Client) -> None:
    created = api.get(f"/campaign/campaigns/{api.campaign()}")["created_at"]
    assert created == "2026-07-01T17:00:00.000Z"


def test_long_external_ids_of_any_script_address_their_objects(api: Client) -> None:
    name = "名" * 255
    campaign = api.campaign(external_id=name)
    assert api.get(f"/campaign/campaigns/{quote(name)}")["id"] == campaign


def test_nothing_that_identifies_a_person_is_logged(
    edge: Dialer, api: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by a request that succeeds, nor one that is refused, nor one that breaks."""
    row = {"external_id": "ana.miller", "phone_numbers": [number(1)], "data": {"name": "Ana Miller"}}
    contacts = "/campaign/campaigns/default/contacts"
    api.post(contacts, {"contacts": [row]})
    api.get(f"{contacts}/ana.miller")
    problem(api("POST", contacts, {"contacts": [{**row, "phone_numbers": ["+1212555000199"]}]}), 422)
    problem(api("POST", contacts, '{"contacts": [{"name": "Ana Miller", "phone_numbers": ["+12125550001"'), 400)

    def break_down(*_: Any) -> None:
        raise RuntimeError(f"cannot store {row}")

    monkeypatch.setattr("campanile.contacts.upsert.upsert", break_down)
    problem(api("POST", contacts, {"contacts": [row]}), 500)
    told = "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert "unhandled" in told
    secret = api.headers["Authorization"].rpartition(".")[2]
    for private in (number(1), "1212555", "Ana", "miller", secret):
        assert private not in told
