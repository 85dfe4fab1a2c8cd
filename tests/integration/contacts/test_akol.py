"""What Akol's page on contacts describes (seed 002) and no other file shows: as the API does it."""

from typing import Any

import pytest

from campanile.domain.lifecycle import Outcome
from campanile.domain.shown_status import VIEWS
from tests.support.audit import audit
from tests.support.dialer import Dialer, number
from tests.support.dropping import counts, take
from tests.support.gateway import Client, paths, problem


@pytest.fixture
def campaign(api: Client) -> str:
    return api.campaign()


def post(api: Client, campaign: str, *rows: Any, mode: str = "lenient") -> Any:
    return api.post(f"/campaign/campaigns/{campaign}/contacts?mode={mode}", {"contacts": list(rows)})


def person(n: int, **fields: Any) -> dict[str, Any]:
    return {"phone_numbers": [number(n)], **fields}


# ---------------------------------------------------------------- rows that are wrong

WRONG: list[Any] = [
    {"phone_numbers": ["12"]},
    {"phone_numbers": [number(3), "call me"]},
    {"external_id": "x", "phone_numbers": []},
    {"phone_numbers": [number(4)], "timezone": "Mars/Olympus"},
    {"phone_numbers": [number(4)], "colour": "red"},
    {"phone_numbers": [number(4)], "data": {"timezone": "Europe/Paris"}},
    {"data": {"a": 1}},
    {"external_id": "ben", "phone_numbers": None},
    "Ada",
    None,
]


def test_in_lenient_mode_wrong_rows_are_left_out_and_named_and_the_others_stored(
    edge: Dialer, api: Client, campaign: str
) -> None:
    answer = post(api, campaign, person(1), *WRONG, person(2, external_id="eve"))
    assert (answer["inserted"], answer["updated"]) == (2, 0)
    assert [(one["index"], one["message"].partition(": ")[0]) for one in answer["failed"]] == [
        (1, "contacts[1].phone_numbers[0]"),
        (2, "contacts[2].phone_numbers[1]"),
        (3, "contacts[3].phone_numbers"),
        (4, "contacts[4].timezone"),
        (5, "contacts[5].colour"),
        (6, "contacts[6].data.timezone"),
        (7, "contacts[7].phone_numbers"),
        (8, "contacts[8].phone_numbers"),
        (9, "contacts[9]"),
        (10, "contacts[10]"),
    ]
    ids = answer["contact_ids"]
    assert len(ids) == 12
    assert ids[1:11] == [None] * 10
    assert [one.id for one in audit(edge, edge.read_campaign(campaign))] == [ids[0], ids[11]]


def test_rows_that_fail_only_when_they_are_stored_stand_among_the_others(api: Client, campaign: str) -> None:
    answer = post(api, campaign, {"phone_numbers": ["12"]}, {"external_id": "nobody", "data": {}}, person(1), "x")
    assert [one["index"] for one in answer["failed"]] == [0, 1, 3]
    assert answer["failed"][1]["code"] == "phone_numbers_required"
    assert [one is None for one in answer["contact_ids"]] == [True, True, False, True]


def test_ad_hoc_contacts_are_sorted_out_too(edge: Dialer, api: Client) -> None:
    answer = post(api, "default", {"phone_numbers": ["(212) 555-0101"]}, person(1))
    assert ([one["index"] for one in answer["failed"]], answer["inserted"]) == ([0], 1)
    assert len(audit(edge, edge.ad_hoc)) == 1


@pytest.mark.parametrize("query", ["", "?mode=strict"])
def test_in_strict_mode_one_wrong_row_refuses_the_request_and_every_place_is_named(
    edge: Dialer, api: Client, campaign: str, query: str
) -> None:
    path = f"/campaign/campaigns/{campaign}/contacts{query}"
    wrong = api("POST", path, {"contacts": [person(1), {"phone_numbers": [5], "colour": "red"}, None], "more": 1})
    assert paths(wrong) == ["contacts[1].colour", "contacts[1].phone_numbers[0]", "contacts[2]", "more"]
    assert problem(wrong, 422)["detail"] == "The request has invalid fields."
    assert paths(api("POST", path, {"contacts": [person(1), {"phone_numbers": ["12"]}]})) == [
        "contacts[1].phone_numbers[0]"
    ]
    assert audit(edge, edge.read_campaign(campaign)) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [({}, "contacts"), ({"contacts": 5}, "contacts"), ({"contacts": [], "more": 1}, "more"), (5, "body")],
)
def test_a_body_without_rows_is_refused_in_either_mode(api: Client, campaign: str, body: object, where: str) -> None:
    for mode in ("lenient", "strict"):
        assert paths(api("POST", f"/campaign/campaigns/{campaign}/contacts?mode={mode}", body)) == [where]
    assert paths(api("POST", f"/campaign/campaigns/{campaign}/contacts?mode=lax", {"contacts": []})) == ["mode"]


def test_a_lenient_request_has_at_most_a_thousand_rows_and_repeats_by_its_key(api: Client, campaign: str) -> None:
    path = f"/campaign/campaigns/{campaign}/contacts?mode=lenient"
    problem(api("POST", path, {"contacts": [None] * 1_001}), 400)
    body = {"contacts": [None, person(1), person(2)]}
    first, again = (api("POST", path, body, **{"Idempotency-Key": "one"}).body for _ in range(2))
    assert first == again
    assert api.get(f"/campaign/campaigns/{campaign}/contacts")["total"] == 2


def test_a_contact_whose_data_the_fields_would_make_too_large_fails_alone(
    edge: Dialer, api: Client, campaign: str
) -> None:
    large = {"a": "x" * 16_370}
    answer = post(api, campaign, person(1, external_id="ana", data=large), mode="strict")
    answer = post(api, campaign, {"external_id": "ana", "company": "ACME"}, person(2, company="ACME"), mode="strict")
    assert [(one["index"], one["code"]) for one in answer["failed"]] == [(0, "data_too_large")]
    assert answer["inserted"] == 1
    assert edge.contact(edge.read_campaign(campaign), "ana").data == large


# ---------------------------------------------------------------- first_name, last_name, email, company


def test_the_recognised_fields_are_shown_searched_for_in_data_and_reach_the_call(
    edge: Dialer, api: Client, campaign: str
) -> None:
    name = {"first_name": "Sarah", "last_name": "Johnson", "email": "s@example.com", "company": "Johnson Dental"}
    post(api, campaign, person(1, external_id="sarah", **name, data={"plan": "pro"}))
    shown = api.get(f"/campaign/campaigns/{campaign}/contacts/sarah")
    assert {one: shown[one] for one in name} == name
    assert shown["data"] == {"plan": "pro", **name}
    post(api, campaign, {"external_id": "sarah", "company": None, "last_name": "Hall"})
    shown = api.get(f"/campaign/campaigns/{campaign}/contacts/sarah")
    assert (shown["company"], shown["last_name"], shown["first_name"]) == (None, "Hall", "Sarah")
    edge.run()
    [called] = edge.posts
    assert called.request.custom_metadata == {
        "plan": "pro",
        "first_name": "Sarah",
        "last_name": "Hall",
        "email": "s@example.com",
    }


def test_what_data_has_under_these_names_is_shown_where_it_is_text(api: Client, campaign: str) -> None:
    post(api, campaign, person(1, external_id="ana", data={"first_name": "Ana", "company": {"name": "ACME"}}))
    shown = api.get(f"/campaign/campaigns/{campaign}/contacts/ana")
    assert (shown["first_name"], shown["company"], shown["email"]) == ("Ana", None, None)


def test_the_example_file_of_the_seed_becomes_contacts_with_these_fields(
    edge: Dialer, api: Client, campaign: str
) -> None:
    content = (
        "phone,first_name,last_name,email,company\n"
        "+12125551234,Sarah,Johnson,sarah@example.com,Johnson Dental\n"
        "(212) 555-9876,Michael,Chen,michael@example.com,Chen Law Group\n"
        "+12125551234,Emma,Williams,emma@example.com,Williams Realty\n"
        "12,Nobody,,,\n"
    )
    done = take(edge, edge.bucket.drop(campaign, content))
    assert counts(done) == {"rows": 4, "inserted": 2, "duplicates": 1, "invalid": 1}
    shown = api.get(f"/campaign/campaigns/{campaign}/contacts")["contacts"]
    assert [(one["phone_numbers"], one["first_name"], one["company"]) for one in shown] == [
        (["+12125551234"], "Sarah", "Johnson Dental"),
        (["+12125559876"], "Michael", "Chen Law Group"),
    ]


# ---------------------------------------------------------------- what the contacts tab shows and filters by


def test_contacts_are_filtered_by_akols_statuses_and_show_attempts_and_notes(edge: Dialer, api: Client) -> None:
    edge.limit(1)
    campaign = edge.campaign(retry_attempts=1, retry_outcomes=["no_answer", "busy"], retry_delay_seconds=3_600)
    lives: dict[str, tuple[str, ...]] = {
        "completed": ("answered",),
        "no_answer": ("no_answer", "no_answer"),
        "failed": ("failed",),
        "do_not_call": ("do_not_call",),
        "rescheduled": ("callback_requested",),
        "pending": (),
    }
    for n, (name, calls) in enumerate(lives.items()):
        edge.add(campaign, person(n, external_id=name))
        for k, outcome in enumerate(calls):
            edge.clock.advance(3_600 * (k > 0))
            edge.call(Outcome(outcome), notes=f"{name} {k}" if k == 0 else None)
        edge.change(campaign, "pause")
        edge.change(campaign, "start")
    path = f"/campaign/campaigns/{campaign.id}/contacts"
    for name in VIEWS:
        page = api.get(f"{path}?view={name}")
        wanted = [one for one in lives if one == name]
        assert ([one["external_id"] for one in page["contacts"]], page["total"]) == (wanted, len(wanted)), name
        assert {one["view"] for one in page["contacts"]} == set(wanted)
    shown = api.get(f"{path}/no_answer")
    assert (shown["attempts_count"], shown["outcome_notes"]) == (2, "no_answer 0")
    assert shown["last_attempt_at"] == shown["attempts"][1]["started_at"]
    fresh = api.get(f"{path}/pending")
    assert (fresh["attempts_count"], fresh["outcome_notes"], fresh["last_attempt_at"]) == (0, None, None)
    two = api.get(f"{path}?view=failed&view=no_answer&status=exhausted&outcome=no_answer")
    assert [one["external_id"] for one in two["contacts"]] == ["no_answer"]
    assert api.get(f"{path}?view=pending&status=completed")["total"] == 0
    assert paths(api("GET", f"{path}?view=retry")) == ["view[0]"]


def test_a_contact_on_the_phone_is_in_progress_and_in_no_other_view(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign()
    edge.add(campaign, person(1), person(2))
    edge.limit(1)
    edge.run()
    pages = {name: edge.page(campaign, views=[name]) for name in VIEWS}
    assert {name: page.total for name, page in pages.items() if page.total} == {"pending": 1, "in_progress": 1}
    [busy] = pages["in_progress"].contacts
    assert (busy.view, busy.attempts_count, busy.outcome_notes) == ("in_progress", 1, None)
    everyone = edge.page(campaign, views=list(VIEWS))
    assert everyone.total == 2
