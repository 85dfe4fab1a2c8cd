"""Configurations through the API: listed, changed with effect on what is decided afterwards, deleted when unused."""

from typing import Any

import pytest

from campanile.lifecycle import Outcome
from campanile.timezones import canonical
from tests.support.dialer import ALL_DAY, Dialer, number
from tests.support.gateway import Answer, Client, paths, problem

EVERY_FIELD: dict[str, Any] = {
    "name": "Everything",
    "default_timezone": "Europe/Madrid",
    "default_windows": [{"days": ["mon"], "start": "09:00", "end": "17:00"}],
    "overrides": [{"timezones": ["Asia/Kolkata"], "windows": []}],
    "scheduled_windows": [{"days": ["sun"], "start": "22:30", "end": "03:30"}],
    "scheduled_overrides": [{"timezones": ["Asia/Kathmandu"], "windows": ALL_DAY}],
    "default_country_code": "+91",
    "retry_attempts": 0,
    "retry_delay_seconds": 60,
    "retry_outcomes": ["busy", "unknown", "voicemail"],
    "retry_delays": {"busy": 30, "callback_requested": 90},
    "agent_id": "ada",
    "agent_version": "3",
    "agent_number": "+34911234567",
    "agent_config": {"voice": {"speed": 1.25}},
    "initial_context": "You call about a renewal.",
}


def create(api: Client, **fields: Any) -> dict[str, Any]:
    created: dict[str, Any] = api.post("/campaign/configurations", {"name": "c", **fields}, 201)
    return created


def patch(api: Client, configuration: str, **changes: Any) -> Answer:
    return api("PATCH", f"/campaign/configurations/{configuration}", changes)


def test_every_field_comes_back_as_it_was_given(api: Client) -> None:
    created = create(api, **EVERY_FIELD)
    assert created | EVERY_FIELD == created
    assert {"warnings": [], **api.get(f"/campaign/configurations/{created['id']}")} == created


def test_a_change_touches_only_the_fields_it_gives(edge: Dialer, api: Client) -> None:
    created = create(api, **EVERY_FIELD)
    edge.clock.advance(60)
    answer = patch(api, created["id"], retry_attempts=4, scheduled_windows=None, agent_id=None, overrides=[])
    assert answer.status == 200
    wanted: dict[str, Any] = {"retry_attempts": 4, "scheduled_windows": None, "agent_id": None, "overrides": []}
    assert answer.body == created | wanted | {"updated_at": answer.body["updated_at"]}
    assert answer.body["updated_at"] > created["updated_at"]
    assert patch(api, created["id"]).body["retry_attempts"] == 4


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": None}, "name"),
        ({"default_windows": None}, "default_windows"),
        ({"default_timezone": "New York"}, "default_timezone"),
        ({"retry_attempts": 11}, "retry_attempts"),
        ({"retry_attempts": -1}, "retry_attempts"),
        ({"retry_delay_seconds": 0}, "retry_delay_seconds"),
        ({"retry_delay_seconds": 2_592_001}, "retry_delay_seconds"),
        ({"retry_outcomes": ["answered"]}, "retry_outcomes[0]"),
        ({"retry_delays": {"busy": 0}}, "retry_delays.busy"),
        ({"default_country_code": "+999"}, "default_country_code"),
        ({"default_windows": [{"days": ["mon"], "start": "9:00", "end": "17:00"}]}, "default_windows[0].start"),
        ({"default_windows": [{"days": [], "start": "09:00", "end": "17:00"}]}, "default_windows[0].days"),
        ({"default_windows": [{"days": ["mon"], "start": "09:00", "end": "09:00"}]}, "default_windows[0]"),
        ({"initial_context": "x" * 4_001}, "initial_context"),
        ({"id": "x"}, "id"),
        ({"retries": 1}, "retries"),
    ],
)
def test_a_wrong_field_is_refused_by_name_on_creation_and_on_change(
    api: Client, changes: dict[str, Any], path: str
) -> None:
    created = create(api)
    assert paths(patch(api, created["id"], agent_id="eve", **changes)) == [path]
    assert api.get(f"/campaign/configurations/{created['id']}")["agent_id"] is None
    assert paths(api("POST", "/campaign/configurations", {"name": "c", **changes})) == [path]


def test_a_change_that_makes_the_whole_too_large_is_refused(api: Client) -> None:
    zones = [name for name in api.get("/campaign/timezones")["timezones"] if canonical(name) == name][:400]
    created = create(api, overrides=[{"timezones": [zone], "windows": ALL_DAY} for zone in zones])
    scheduled = [{"timezones": [zone], "windows": ALL_DAY} for zone in zones]
    answer = patch(api, created["id"], scheduled_overrides=scheduled)
    assert "bytes in all" in problem(answer, 422)["errors"][0]["message"]


def test_a_list_holds_all_of_them_in_order_of_creation_page_by_page(edge: Dialer, api: Client) -> None:
    made = []
    for n in range(5):
        made.append(create(api, name=str(n))["id"])
        edge.clock.advance(1)
    whole = api.get("/campaign/configurations")
    assert ([one["id"] for one in whole["configurations"]], whole["next_cursor"]) == (made, None)
    assert whole["configurations"][0] == api.get(f"/campaign/configurations/{made[0]}")
    first = api.get("/campaign/configurations?limit=3")
    second = api.get(f"/campaign/configurations?limit=3&cursor={first['next_cursor']}")
    assert [one["id"] for one in first["configurations"] + second["configurations"]] == made
    assert second["next_cursor"] is None


def test_a_deleted_configuration_is_gone_and_one_in_use_stays(api: Client) -> None:
    unused, used = create(api)["id"], create(api)["id"]
    campaign = api.post("/campaign/campaigns", {"name": "x", "configuration_id": used}, 201)["id"]
    answer = api("DELETE", f"/campaign/configurations/{unused}")
    assert (answer.status, answer.text) == (204, "")
    for method in ("GET", "DELETE"):
        problem(api(method, f"/campaign/configurations/{unused}"), 404)
    problem(patch(api, unused, retry_attempts=1), 404)
    assert "refer" in problem(api("DELETE", f"/campaign/configurations/{used}"), 409)["detail"]
    api.post(f"/campaign/campaigns/{campaign}/close")
    problem(api("DELETE", f"/campaign/configurations/{used}"), 409)
    assert api.get(f"/campaign/configurations/{used}")["id"] == used


def test_a_window_opened_by_a_change_lets_the_dialer_call_at_once(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign(default_windows=[])
    edge.add_people(campaign, number(1))
    edge.run()
    assert edge.posts == []
    assert campaign.configuration_id
    patch(api, campaign.configuration_id, default_windows=ALL_DAY)
    hint = edge.queue.take()[-1]
    assert hint.cause == "configuration_changed"
    edge.run([hint])
    assert [post.to for post in edge.posts] == [number(1)]


def test_a_window_closed_by_a_change_between_lock_and_post_stops_the_call(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign()
    edge.add_people(campaign, number(1))
    assert campaign.configuration_id
    configuration = campaign.configuration_id

    def close(request: Any) -> None:
        if request.is_gate:
            patch(api, configuration, default_windows=[])

    with edge.interposed(before=close):
        edge.run()
    assert edge.posts == []


def test_a_retry_policy_changed_during_a_call_decides_about_its_end(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign(retry_attempts=2)
    [contact] = edge.add_people(campaign, number(1))
    edge.run()
    assert campaign.configuration_id
    patch(api, campaign.configuration_id, retry_attempts=0)
    edge.end(edge.posts[-1], Outcome.NO_ANSWER)
    assert edge.contact(campaign, contact).status == "exhausted"


def test_the_country_code_decides_about_numbers_added_afterwards(api: Client) -> None:
    campaign = api.campaign()
    configuration = api.get(f"/campaign/campaigns/{campaign}")["configuration_id"]
    rows = {"contacts": [{"external_id": "ana", "phone_numbers": ["98100 12345"]}]}
    patch(api, configuration, default_country_code="+91")
    api.post(f"/campaign/campaigns/{campaign}/contacts", rows)
    assert api.get(f"/campaign/campaigns/{campaign}/contacts/ana")["phone_numbers"] == ["+919810012345"]


def test_every_timezone_that_is_listed_is_taken(api: Client) -> None:
    zones = api.get("/campaign/timezones")["timezones"]
    assert {"America/New_York", "Asia/Kathmandu", "UTC"} <= set(zones)
    assert zones == sorted(set(zones))
    create(api, overrides=[{"timezones": zones, "windows": []}])
