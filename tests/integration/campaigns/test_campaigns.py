"""Campaigns through the API: lists page by page, and changes that the dialer follows."""

from collections.abc import Callable
from typing import Any

import pytest

from campanile.campaigns import list_campaigns
from campanile.store import configurations, keys, orgs
from campanile.store.table import Put
from tests.support.dialer import ALL_DAY, Dialer, number
from tests.support.gateway import Client, Response, paths, problem

Keys = Callable[..., Client]
NO_WINDOWS: dict[str, Any] = {"name": "closed", "default_windows": []}


def names(api: Client, query: str = "") -> list[str]:
    """Names on all pages of a list, in order."""
    found: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/campaign/campaigns?limit=3{query}{cursor}")
        found += [one["name"] for one in page["campaigns"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def patch(api: Client, campaign: str, **changes: Any) -> Response:
    return api("PATCH", f"/campaign/campaigns/{campaign}", changes)


def changed(api: Client, campaign: str, **changes: Any) -> dict[str, Any]:
    answer = patch(api, campaign, **changes)
    assert answer.status == 200, answer.text
    assert api.get(f"/campaign/campaigns/{answer.body['id']}") | {"warnings": answer.body["warnings"]} == answer.body
    found: dict[str, Any] = answer.body
    return found


# ---------------------------------------------------------------- lists


@pytest.fixture
def ten(edge: Dialer, api: Client) -> list[str]:
    """Ten campaigns, two of them paused and one closed; answers their ids in order of creation."""
    ids = []
    for n in range(10):
        ids.append(api.campaign(name=f"{'Spring' if n % 2 else 'Autumn'} {n}"))
        edge.clock.advance(1)
    for n, action in ((2, "pause"), (3, "pause"), (4, "close")):
        api.post(f"/campaign/campaigns/{ids[n]}/{action}")
    return ids


@pytest.mark.usefixtures("ten")
def test_the_pages_of_a_list_together_are_all_campaigns_in_order_of_creation(api: Client) -> None:
    assert names(api) == [f"{'Spring' if n % 2 else 'Autumn'} {n}" for n in range(10)]


@pytest.mark.usefixtures("ten")
def test_a_list_is_filtered_by_a_part_of_the_name_and_by_any_of_several_statuses(api: Client) -> None:
    assert names(api, "&name=spRING") == [f"Spring {n}" for n in (1, 3, 5, 7, 9)]
    assert names(api, "&status=paused") == ["Autumn 2", "Spring 3"]
    assert names(api, "&status=paused&status=closed") == ["Autumn 2", "Spring 3", "Autumn 4"]
    assert names(api, "&status=paused&name=autumn") == ["Autumn 2"]
    assert names(api, "&name=nobody") == []
    assert names(api, "&name=%25") == []


def test_a_page_that_found_little_ends_after_a_while_and_its_cursor_leads_on(
    api: Client, ten: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_campaigns, "LOOKED_AT", 4)
    page = api.get("/campaign/campaigns?status=closed&limit=1")
    assert (page["campaigns"], page["next_cursor"] is None) == ([], False)
    assert names(api, "&status=closed") == ["Autumn 4"]
    assert len(names(api)) == len(ten)


def test_a_campaign_created_between_two_pages_is_on_the_last_one(api: Client, ten: list[str]) -> None:
    first = api.get("/campaign/campaigns?limit=9")
    api.campaign(name="newest")
    second = api.get(f"/campaign/campaigns?limit=9&cursor={first['next_cursor']}")
    assert [one["name"] for one in second["campaigns"]] == ["Spring 9", "newest"]


def test_a_page_holds_fifty_unless_asked_otherwise_and_200_at_most(edge: Dialer, api: Client) -> None:
    configuration = edge.campaign().configuration_id
    for n in range(51):
        api.post("/campaign/campaigns", {"name": str(n), "configuration_id": configuration}, 201)
    assert len(api.get("/campaign/campaigns")["campaigns"]) == 50
    assert len(api.get("/campaign/campaigns?limit=200")["campaigns"]) == 52


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=5.0", "limit"),
        ("limit=1_0", "limit"),
        ("limit=%2B5", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("status=running", "status[0]"),
        ("cursor=nonsense", "cursor"),
        ("cursor=", "cursor"),
        ("statuss=active", "statuss"),
        ("offset=1", "offset"),
    ],
)
def test_a_wrong_parameter_of_a_list_is_refused_by_name(api: Client, query: str, path: str) -> None:
    assert paths(api("GET", f"/campaign/campaigns?{query}")) == [path]


@pytest.mark.parametrize("query", ["limit=1&limit=2", "name=a&name=b", "cursor=a&cursor=b"])
def test_a_parameter_given_twice_is_told_so(api: Client, query: str) -> None:
    [error] = problem(api("GET", f"/campaign/campaigns?{query}"), 422)["errors"]
    assert error["message"] == "may be given only once"


@pytest.mark.parametrize("field", ["name", "priority", "configuration_id"])
def test_a_field_that_cannot_be_cleared_says_so(api: Client, field: str) -> None:
    [error] = problem(patch(api, api.campaign(), **{field: None}), 422)["errors"]
    assert (error["path"], error["message"].startswith("must not be null")) == (field, True)


def test_a_list_shows_only_the_orgs_own(edge: Dialer, table: Any, api: Client, key: Keys) -> None:
    mine = api.campaign(name="mine")
    stranger = key(org=Dialer(table).org)
    assert names(stranger) == []
    cursor = api.get("/campaign/campaigns?limit=1")["next_cursor"]
    assert cursor is None
    theirs = stranger.campaign(name="theirs")
    assert [one["id"] for one in stranger.get("/campaign/campaigns")["campaigns"]] == [theirs]
    assert [one["id"] for one in api.get("/campaign/campaigns")["campaigns"]] == [mine]


# ---------------------------------------------------------------- changes


def test_a_change_touches_only_the_fields_it_gives(api: Client) -> None:
    campaign = api.campaign(name="Spring", external_id="spring", priority=7, agent_id="ada", initial_context="Hi.")
    before = api.get(f"/campaign/campaigns/{campaign}")
    after = changed(api, campaign, priority=9)
    assert after == before | {"priority": 9, "updated_at": after["updated_at"]}
    after = changed(api, campaign, agent_id=None, agent_number="+12125550100", name="Summer")
    assert (after["agent_id"], after["agent_number"], after["initial_context"]) == (None, "+12125550100", "Hi.")
    assert (after["name"], after["external_id"], after["priority"]) == ("Summer", "spring", 9)
    assert changed(api, campaign)["name"] == "Summer"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"priority": None}, "priority"),
        ({"priority": 1_000_000}, "priority"),
        ({"priority": "7"}, "priority"),
        ({"configuration_id": None}, "configuration_id"),
        ({"configuration_id": "4f1c6a52-8d0e-4b7a-9c35-1e2f3a4b5c6d"}, "configuration_id"),
        ({"external_id": "default"}, "external_id"),
        ({"external_id": "a/b"}, "external_id"),
        ({"status": "paused"}, "status"),
        ({"unique_numbers": True}, "unique_numbers"),
        ({"agent_config": {"x": "y" * 8_192}}, "agent_config"),
    ],
)
def test_a_wrong_change_is_refused_by_name_and_changes_nothing(api: Client, changes: dict[str, Any], path: str) -> None:
    campaign = api.campaign()
    before = api.get(f"/campaign/campaigns/{campaign}")
    assert paths(patch(api, campaign, **{"priority": 3, **changes})) == [path]
    assert api.get(f"/campaign/campaigns/{campaign}") == before


def test_a_renamed_campaign_is_found_by_both_names_and_neither_can_be_taken(api: Client) -> None:
    campaign = api.campaign(external_id="spring")
    changed(api, "spring", external_id="summer")
    assert {api.get(f"/campaign/campaigns/{name}")["id"] for name in ("spring", "summer", campaign)} == {campaign}
    other = api.campaign(external_id="other")
    for name in ("spring", "summer"):
        problem(patch(api, other, external_id=name), 409)
        configuration = api.get(f"/campaign/campaigns/{campaign}")["configuration_id"]
        wanted = {"name": "x", "configuration_id": configuration, "external_id": name}
        problem(api("POST", "/campaign/campaigns", wanted), 409)
    assert changed(api, campaign, external_id="spring")["external_id"] == "spring"
    assert changed(api, campaign, external_id=None)["external_id"] is None
    assert api.get("/campaign/campaigns/summer")["id"] == campaign


def test_a_closed_campaign_refuses_every_change(api: Client) -> None:
    campaign = api.campaign()
    api.post(f"/campaign/campaigns/{campaign}/close")
    for changes in ({"priority": 3}, {}, {"contacts": [{"phone_numbers": [number(1)]}]}):
        assert "closed" in problem(patch(api, campaign, **changes), 400)["detail"]


def test_an_unknown_campaign_cannot_be_changed(api: Client) -> None:
    for reference in ("nobody", "default"):
        problem(patch(api, reference, priority=3), 404)


def test_another_configuration_counts_as_referring_and_frees_the_former(edge: Dialer, api: Client) -> None:
    campaign = api.campaign()
    former = api.get(f"/campaign/campaigns/{campaign}")["configuration_id"]
    latter = api.post("/campaign/configurations", {"name": "b", "default_windows": ALL_DAY}, 201)["id"]
    problem(api("DELETE", f"/campaign/configurations/{former}"), 409)
    assert changed(api, campaign, configuration_id=latter.upper())["configuration_id"] == latter
    problem(api("DELETE", f"/campaign/configurations/{latter}"), 409)
    assert api("DELETE", f"/campaign/configurations/{former}").status == 204
    changed(api, campaign, configuration_id=latter)
    changed(api, campaign, configuration_id=latter, priority=4)
    assert configurations.get(edge.table, edge.org, latter)
    problem(api("DELETE", f"/campaign/configurations/{latter}"), 409)


def test_a_configuration_that_allows_no_calls_is_pointed_out(api: Client) -> None:
    campaign = api.campaign()
    silent = api.post("/campaign/configurations", NO_WINDOWS, 201)["id"]
    assert [one["code"] for one in changed(api, campaign, configuration_id=silent)["warnings"]] == [
        "no_calling_windows"
    ]


def test_the_dialer_follows_a_raised_priority(edge: Dialer, api: Client) -> None:
    edge.limit(1)
    first, second = edge.campaign(priority=5), edge.campaign(priority=1)
    edge.add_people(first, number(1))
    edge.add_people(second, number(2))
    changed(api, second.id, priority=6)
    edge.run()
    assert [post.to for post in edge.posts] == [number(2)]


def test_the_dialer_follows_a_new_configuration_at_once(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign(default_windows=[])
    edge.add_people(campaign, number(1))
    edge.run()
    assert edge.posts == []
    open_all_day = edge.campaign().configuration_id
    changed(api, campaign.id, configuration_id=open_all_day)
    hint = edge.queue.take()[-1]
    assert hint.cause == "campaign_changed"
    edge.run([hint])
    assert [post.to for post in edge.posts] == [number(1)]


def test_a_configuration_given_between_lock_and_post_decides(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign()
    silent = api.post("/campaign/configurations", NO_WINDOWS, 201)["id"]
    [contact] = edge.add_people(campaign, number(1))
    asked: list[Any] = []

    def change_before_the_first_gate(request: Any) -> None:
        if request.is_gate and not asked:
            asked.append(request)
            changed(api, campaign.id, configuration_id=silent)

    with edge.interposed(before=change_before_the_first_gate):
        edge.run()
    assert (len(asked), edge.posts) == (1, [])
    refusal = edge.contact(campaign, contact).last_refusal
    assert refusal
    assert refusal.code == "outside_calling_window"


def test_more_active_campaigns_than_the_dial_sheet_holds_are_refused_in_words(edge: Dialer, api: Client) -> None:
    paused = api.campaign(name="paused")
    api.post(f"/campaign/campaigns/{paused}/pause")
    configuration = api.get(f"/campaign/campaigns/{paused}")["configuration_id"]
    almost_all = 400 * 1_024 - 130
    edge.table.write(Put({**keys.dial_sheet(edge.org), "campaigns": {}, "padding": "x" * almost_all}))
    wanted = {"name": "one too many", "configuration_id": configuration}
    rows = {"contacts": [{"phone_numbers": [number(1)]}]}
    for answer in (
        api("POST", "/campaign/campaigns", wanted),
        api("POST", f"/campaign/campaigns/{paused}/start"),
        api("POST", "/campaign/campaigns/default/contacts", rows),
    ):
        assert "too many active campaigns" in problem(answer, 409)["detail"]
    assert [one["name"] for one in api.get("/campaign/campaigns")["campaigns"]] == ["paused"]


def test_a_paused_campaign_can_be_changed_and_stays_off_the_dial_sheet(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign()
    edge.add_people(campaign, number(1))
    edge.change(campaign, "pause")
    assert changed(api, campaign.id, priority=9)["status"] == "paused"
    _, sheet = orgs.dial_view(edge.table, edge.org)
    assert sheet == []
    edge.run()
    assert edge.posts == []
