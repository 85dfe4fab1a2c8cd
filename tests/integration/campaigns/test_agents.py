"""Agents as objects: made, listed, changed; and deleted only when nothing that may still call refers to them."""

from base64 import urlsafe_b64encode
from functools import partial
from typing import Any

import pytest

from campanile.campaigns import manage_agents
from campanile.domain.errors import ConflictError, NotFoundError
from campanile.osvi import pushes
from campanile.schema.agents import NewAgent
from campanile.store import agents, imports
from tests.support.audit import every_contact
from tests.support.dialer import Dialer
from tests.support.gateway import Client, paths, problem
from tests.support.osvi import AGENT, TRUNK, OsviClient, person, with_agent
from tests.support.threads import together

PATH = f"/campaign/agents/{AGENT}"


def test_an_agent_comes_back_as_it_was_given(api: Client) -> None:
    given = {"id": AGENT, "name": "Renewals", "version": "3", "provider": "simulated", "outbound_trunk": TRUNK}
    made = api.post("/campaign/agents", given, 201)
    assert {name: made[name] for name in given} == given
    assert api.get(PATH) == made
    assert api.get("/campaign/agents") == {"agents": [made], "next_cursor": None}


def test_an_agent_needs_no_more_than_a_name(api: Client) -> None:
    made = api.post("/campaign/agents", {"name": " Renewals "}, 201)
    assert (made["name"], made["version"], made["provider"], made["outbound_trunk"]) == ("Renewals", None, None, None)
    assert api.get(f"/campaign/agents/{made['id']}") == made


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a", "id": "x/y"}, "id"),
        ({"name": "a", "id": ""}, "id"),
        ({"name": "a", "id": "x" * 256}, "id"),
        ({"name": "a", "id": "x\ny"}, "id"),
        ({"name": "a", "outbound_trunk": {"state": "active"}}, "outbound_trunk.caller_number"),
        ({"name": "a", "outbound_trunk": {"caller_number": "+918044550100"}}, "outbound_trunk.state"),
        ({"name": "a", "outbound_trunk": {**TRUNK, "caller_number": "98765"}}, "outbound_trunk.caller_number"),
        ({"name": "a", "outbound_trunk": {**TRUNK, "state": "off"}}, "outbound_trunk.state"),
        ({"name": "a", "trunk": TRUNK}, "trunk"),
    ],
)
def test_a_wrong_field_is_named(api: Client, fields: dict[str, Any], path: str) -> None:
    assert paths(api("POST", "/campaign/agents", fields)) == [path]


def test_an_id_is_taken_once_and_a_request_that_comes_again_finds_its_own(api: Client) -> None:
    given = {"id": AGENT, "name": "Renewals"}
    first = api("POST", "/campaign/agents", given, **{"Idempotency-Key": "one"})
    assert api("POST", "/campaign/agents", given, **{"Idempotency-Key": "one"}).body == first.body
    assert "this id" in problem(api("POST", "/campaign/agents", given), 409)["detail"]


def test_what_was_created_before_its_request_died_is_found_by_the_key(dialer: Dialer) -> None:
    wanted, now = NewAgent(name="a"), dialer.clock.now_ms()
    first = manage_agents.create(dialer.table, dialer.org, wanted, now, "key")
    assert manage_agents.create(dialer.table, dialer.org, wanted, now, "key") == first


def test_a_change_touches_only_the_fields_it_gives(edge: Dialer, api: Client) -> None:
    made = with_agent(api, version="3")
    edge.clock.advance(5)
    changed = api("PATCH", PATH, {"outbound_trunk": {**TRUNK, "state": "inactive"}}).body
    differing = {name for name in made if made[name] != changed[name]}
    assert differing == {"outbound_trunk", "updated_at"}
    assert api("PATCH", PATH, {"version": None}).body["version"] is None
    assert paths(api("PATCH", PATH, {"name": None})) == ["name"]
    assert paths(api("PATCH", PATH, {"id": "other"})) == ["id"]


def test_the_pages_of_a_list_together_are_all_agents_whatever_their_ids(api: Client) -> None:
    ids = sorted(["a", "a b", "a~", "a!", "é", "名", "😀", "#", "A#b", "z" * 255, "é" * 255], key=str.encode)
    for one in ids:
        api.post("/campaign/agents", {"id": one, "name": "x"}, 201)
    found: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/campaign/agents?limit=2{cursor}")
        found += [one["id"] for one in page["agents"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == ids
    for wrong in ("%21", "", urlsafe_b64encode(b"x" * 256).decode().rstrip("="), "x" * 1_401):
        assert paths(api("GET", f"/campaign/agents?cursor={wrong}")) == ["cursor"]


def test_who_is_not_there_is_not_found(api: Client) -> None:
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        problem(api(method, "/campaign/agents/nobody", body), 404)


# ---------------------------------------------------------------- deletion


def test_an_agent_that_nothing_refers_to_is_deleted(api: Client) -> None:
    with_agent(api)
    assert api("DELETE", PATH).status == 204
    problem(api("GET", PATH), 404)


def test_an_agent_of_a_configuration_or_a_campaign_stays_and_the_refusal_names_which(api: Client) -> None:
    with_agent(api)
    configuration = api.post("/campaign/configurations", {"name": "c", "agent_id": AGENT}, 201)["id"]
    assert configuration in problem(api("DELETE", PATH), 409)["detail"]
    campaign = api.campaign(agent_id=AGENT)
    assert campaign in problem(api("DELETE", PATH), 409)["detail"]
    api("PATCH", f"/campaign/configurations/{configuration}", {"agent_id": None})
    api.post(f"/campaign/campaigns/{campaign}/close")
    assert api("DELETE", PATH).status == 204


def test_an_agent_that_contacts_were_pushed_for_stays_until_their_campaign_is_closed(edge: Dialer, api: Client) -> None:
    with_agent(api)
    osvi = OsviClient(edge)
    first, second = api.campaign(), api.campaign()
    osvi.pushed(1, person(1))
    osvi.pushed(2, person(1))
    api.post(f"/campaign/campaigns/{first}/close")
    assert second in problem(api("DELETE", PATH), 409)["detail"]
    api.post(f"/campaign/campaigns/{second}/close")
    assert api("DELETE", PATH).status == 204


def test_deleting_an_agent_in_the_middle_of_a_push_for_it_is_refused_or_the_push_stores_nothing(
    edge: Dialer, api: Client
) -> None:
    """At each request of the push in turn somebody deletes the agent."""
    text = f'{{"agent_uuid": "{AGENT}", "contacts": [{{"person_name": "R", "phone": "9876543210"}}]}}'
    for at in range(30):
        api("DELETE", PATH)
        with_agent(api) if agents.get(edge.table, edge.org, AGENT) is None else None
        campaign = edge.read_campaign(api.campaign())
        made: list[str] = []

        def delete_at(request: Any, at: int = at, made: list[str] = made) -> None:
            made.append(request.operation)
            if len(made) == at + 1:
                made.append(str(api("DELETE", PATH).status))

        refused = False
        with edge.interposed(before=delete_at):
            try:
                pushes.push(edge.import_ports, edge.org, str(campaign.number), text, edge.clock.now_ms())
            except NotFoundError:
                refused = True
        is_gone = agents.get(edge.table, edge.org, AGENT) is None
        assert is_gone is refused
        assert bool(every_contact(edge.table, campaign.key)) is not refused
        assert bool(imports.of_campaign(edge.table, campaign.key, 1)) is not refused
        api.post(f"/campaign/campaigns/{campaign.id}/close")
        if len(made) <= at:
            break
    assert at > 5


@pytest.mark.parametrize("round_", range(5))
def test_of_a_deletion_and_pushes_at_once_one_wins(edge: Dialer, api: Client, round_: int) -> None:
    with_agent(api)
    campaign = edge.read_campaign(api.campaign())

    def push(n: int) -> bool:
        text = f'{{"agent_uuid": "{AGENT}", "contacts": [{{"person_name": "R", "phone": "987654321{n}"}}]}}'
        try:
            pushes.push(edge.import_ports, edge.org, "1", text, edge.clock.now_ms())
        except NotFoundError:
            return False
        return True

    def delete() -> bool:
        try:
            manage_agents.delete(edge.table, edge.org, AGENT)
        except ConflictError:
            return False
        return True

    works = [delete, *(partial(push, n) for n in range(4))]
    deleted, *pushed = _rotated(works, round_)
    assert deleted is not any(pushed)
    assert len(every_contact(edge.table, campaign.key)) == sum(pushed)


def _rotated(works: list[Any], by: int) -> list[bool]:
    done = together(works[by:] + works[:by])
    return done[len(works) - by :] + done[: len(works) - by]
