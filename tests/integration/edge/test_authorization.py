"""Every route with another org's ids, and with every scope: who may do what to whose data (G9)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from campanile.edge import authentication
from campanile.store import credentials
from campanile.store.table import Table
from tests.support import source
from tests.support.audit import every_contact
from tests.support.dialer import ALL_DAY, Dialer, number
from tests.support.gateway import Client, Response, paths, problem, served

Keys = Callable[..., Client]
OPEN = ("/carrier-events", "/simulated-carrier", "/openapi.json", "/reference", "/v1/")
"""Routes that take no API credential, or one of their own: of OSVI's see test_osvi_contacts.py."""
ROUTES = [
    (method, path, function)
    for method, path, function in served()
    if not path.startswith(OPEN) and path not in ("/", "/{proxy+}")
]
BODIES: dict[str, Any] = {
    "create_configuration": {"name": "c"},
    "update_configuration": {"retry_attempts": 5},
    "create_campaign": {"name": "c", "configuration_id": "{configuration}"},
    "update_campaign": {"priority": 5},
    "upsert_contacts": {"contacts": [{"phone_numbers": [number(77)]}]},
    "put_concurrency_settings": {"concurrency_limit": 7},
    "create_agent": {"name": "a"},
    "update_agent": {"version": "2"},
    "create_import": {},
    "report_attempt": {"notes": "said hello"},
    "preview_import": {"content": f"phone\n{number(78)}\n"},
    "add_do_not_call": {"phone_numbers": [number(79)]},
    "create_do_not_call_import": {},
}
"""A good body by function; `{configuration}` is the caller's own."""
each_route = pytest.mark.parametrize(("method", "path", "function"), ROUTES, ids=[route[2] for route in ROUTES])


@dataclass(frozen=True)
class Org:
    """An org with one object of each kind, addressed by id and by external id."""

    dialer: Dialer
    client: Client
    ids: dict[str, str]
    names: dict[str, str]

    def call(self, method: str, path: str, function: str, addresses: dict[str, str]) -> Response:
        """The route with these ids in its path, and a good body."""
        if path.startswith("/campaign/do-not-call/"):
            path = path.replace("{import_id}", "{list_import_id}")
        for name, value in addresses.items():
            path = path.replace(f"{{{name}}}", value)
        path += "?reason=asked" if function == "delete_do_not_call" else ""
        body = json.dumps(BODIES.get(function)).replace("{configuration}", self.ids["config_id"])
        return self.client(method, path, None if body == "null" else body)


def org_of(dialer: Dialer, client: Client, name: str) -> Org:
    configuration = client.post("/campaign/configurations", {"name": name, "default_windows": ALL_DAY}, 201)["id"]
    wanted = {"name": name, "configuration_id": configuration, "external_id": f"campaign of {name}"}
    campaign = client.post("/campaign/campaigns", wanted, 201)["id"]
    row = {"external_id": f"contact of {name}", "phone_numbers": [number(1)], "data": {"secret": name}}
    added = client.post(f"/campaign/campaigns/{campaign}/contacts", {"contacts": [row]})
    dialer.run()
    [call] = dialer.posts
    client.post("/campaign/campaigns/default/contacts", {"contacts": [row]})
    asked = client.post(f"/campaign/campaigns/{campaign}/imports", {}, 201)["id"]
    listed = number(90 + len(name))  # one that no other org of the tests has listed
    client.post("/campaign/do-not-call", {"phone_numbers": [listed], "reason": name})
    client.post("/campaign/agents", {"id": f"agent_of_{name}", "name": name}, 201)
    asked_for_list = client.post("/campaign/do-not-call/imports", {}, 201)["id"]
    ids = {
        "config_id": configuration,
        "campaign_id": campaign,
        "contact_id": added["contact_ids"][0],
        "attempt_id": call.attempt_id,
        "import_id": asked,
        "phone_number": listed,
        "agent_id": f"agent_of_{name}",
        "list_import_id": asked_for_list,
    }
    names = {
        "config_id": configuration,
        "campaign_id": f"campaign%20of%20{name}",
        "contact_id": f"contact%20of%20{name}",
        "attempt_id": call.attempt_id,
        "import_id": asked,
        "phone_number": listed.replace("+", "%2B"),
        "agent_id": f"agent_of_{name}",
        "list_import_id": asked_for_list,
    }
    return Org(dialer, client, ids, names)


@pytest.fixture
def mine(edge: Dialer, api: Client) -> Org:
    return org_of(edge, api, "mine")


@pytest.fixture
def theirs(edge: Dialer, table: Table, key: Keys) -> Org:
    dialer = Dialer(table, clock=edge.clock)
    return org_of(dialer, key(org=dialer.org), "theirs")


def everything(org: Org) -> list[Any]:
    """All that the org's own API says of its objects."""
    campaign = f"/campaign/campaigns/{org.ids['campaign_id']}"
    return [
        org.client.get("/campaign/concurrency-settings"),
        org.client.get("/campaign/configurations"),
        org.client.get("/campaign/campaigns"),
        org.client.get("/campaign/agents"),
        org.client.get(f"{campaign}/contacts"),
        org.client.get(f"{campaign}/stats"),
        org.client.get(f"{campaign}/imports"),
        org.client.get("/campaign/campaigns/default/contacts"),
        org.client.get("/campaign/do-not-call"),
        org.client.get("/campaign/do-not-call/imports"),
        org.client.get(f"/campaign/do-not-call/{org.ids['phone_number']}"),
    ]


@each_route
@pytest.mark.parametrize("by", ["ids", "names"])
def test_another_orgs_ids_open_nothing_and_change_nothing(
    mine: Org, theirs: Org, method: str, path: str, function: str, by: str
) -> None:
    before = everything(theirs)
    answer = mine.call(method, path, function, getattr(theirs, by))
    if function == "check_do_not_call":  # whoever may ask about any number is told of their own list only
        assert (answer.status, answer.body["listed"], answer.body["history"]) == (200, False, [])
    elif "{" in path:
        nobody = dict.fromkeys(theirs.ids, "4f1c6a52-8d0e-4b7a-9c35-1e2f3a4b5c6d") | {"phone_number": number(80)}
        nobodys = mine.call(method, path, function, nobody)
        assert problem(answer, 404)["detail"] == problem(nobodys, 404)["detail"]
    assert "theirs" not in answer.text
    unasked = {name: one for name, one in theirs.ids.items() if f"{{{name}}}" not in path or name != "phone_number"}
    assert not [one for one in unasked.values() if one in answer.text]
    assert everything(theirs) == before


@each_route
def test_another_orgs_contact_in_ones_own_campaign_does_not_exist(
    mine: Org, theirs: Org, method: str, path: str, function: str
) -> None:
    if "{contact_id}" in path:
        before = everything(theirs)
        problem(mine.call(method, path, function, {**mine.ids, "contact_id": theirs.ids["contact_id"]}), 404)
        assert everything(theirs) == before


@each_route
def test_another_orgs_attempt_of_ones_own_contact_does_not_exist(
    mine: Org, theirs: Org, method: str, path: str, function: str
) -> None:
    if "{attempt_id}" in path:
        before = everything(theirs)
        problem(mine.call(method, path, function, {**mine.ids, "attempt_id": theirs.ids["attempt_id"]}), 404)
        assert everything(theirs) == before


@each_route
def test_another_orgs_import_in_ones_own_campaign_does_not_exist(
    mine: Org, theirs: Org, method: str, path: str, function: str
) -> None:
    imports = ("import_id", "list_import_id")
    if "{import_id}" in path:
        problem(mine.call(method, path, function, {**mine.ids, **{one: theirs.ids[one] for one in imports}}), 404)


def test_another_orgs_configuration_cannot_be_referred_to(mine: Org, theirs: Org) -> None:
    foreign = theirs.ids["config_id"]
    wanted = {"name": "c", "configuration_id": foreign}
    assert paths(mine.client("POST", "/campaign/campaigns", wanted)) == ["configuration_id"]
    with_contacts = {**wanted, "contacts": [{"phone_numbers": [number(1)]}]}
    assert paths(mine.client("POST", "/campaign/campaigns", with_contacts)) == ["configuration_id"]
    own = f"/campaign/campaigns/{mine.ids['campaign_id']}"
    assert paths(mine.client("PATCH", own, {"configuration_id": foreign})) == ["configuration_id"]
    assert theirs.client("DELETE", f"/campaign/configurations/{foreign}").status == 409  # by their own campaign only


def test_a_row_with_another_orgs_contact_id_is_a_new_contact_of_ones_own(mine: Org, theirs: Org) -> None:
    before = everything(theirs)
    own = f"/campaign/campaigns/{mine.ids['campaign_id']}/contacts"
    row = {"id": theirs.ids["contact_id"], "phone_numbers": [number(5)]}
    assert mine.client.post(own, {"contacts": [row]})["inserted"] == 1
    assert everything(theirs) == before


def test_another_orgs_cursor_leads_through_ones_own_list_only(mine: Org, theirs: Org) -> None:
    mine.client.campaign(name="mine, too")
    theirs.client.campaign(name="theirs, too")
    cursor = theirs.client.get("/campaign/campaigns?limit=1")["next_cursor"]
    assert "theirs" not in json.dumps(mine.client.get(f"/campaign/campaigns?cursor={cursor}"))


def test_contacts_of_one_org_are_never_called_by_another(mine: Org, theirs: Org) -> None:
    mine.dialer.run()
    assert {post.reference.org for post in mine.dialer.posts} == {mine.dialer.org}
    assert all(one.attempt_count == 0 for one in every_contact(theirs.dialer.table, theirs.ids["campaign_id"]))


# ---------------------------------------------------------------- scopes (seed 001)

SCOPES = sorted(credentials.ALL_SCOPES)


def scopes_of(method: str, path: str) -> set[str] | None:
    """What seed 001 says of a route; None: any credential."""
    if path == "/campaign/timezones":
        return None
    if path == "/campaign/concurrency-settings":
        return set(SCOPES) - {"attempts:report"} if method == "GET" else {"campaigns:manage", "concurrency:manage"}
    if path.endswith("/report"):
        return {"attempts:report", "campaigns:manage"}
    return {"campaigns:read", "campaigns:manage"} if method == "GET" else {"campaigns:manage"}


@each_route
@pytest.mark.parametrize("scope", SCOPES)
def test_a_route_takes_exactly_the_scopes_of_seed_001(
    mine: Org, key: Keys, method: str, path: str, function: str, scope: str
) -> None:
    wanted = scopes_of(method, path)
    limited = Org(mine.dialer, key(frozenset({scope})), mine.ids, mine.names)
    answer = limited.call(method, path, function, mine.ids)
    if wanted is None or scope in wanted:
        assert answer.status in (200, 201, 202, 204, 409), answer.text
    else:
        detail = problem(answer, 403)["detail"]
        assert all(one in detail for one in wanted)


@each_route
def test_the_code_declares_the_scopes_of_seed_001(method: str, path: str, function: str) -> None:
    declared = source.app(function).handler.accepted_scopes
    assert declared == (frozenset(scopes_of(method, path) or ()) or authentication.ANY_CREDENTIAL)
