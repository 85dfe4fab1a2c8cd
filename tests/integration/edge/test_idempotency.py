"""Idempotency-Key on every POST: the same answer to the same request, carried out once (G10)."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from campanile.campaigns import configuration_warnings, create_campaign
from campanile.schema.campaigns import CampaignInput
from campanile.store import campaigns, keys
from campanile.store.table import Delete, Table
from tests.support.audit import every_contact
from tests.support.crashes import Crash, Crasher
from tests.support.dialer import ALL_DAY, Dialer, number
from tests.support.gateway import ROUTES, Client, Response, paths, problem

Keys = Callable[..., Client]
CONFIGURATION = {"name": "c", "default_windows": ALL_DAY}


def post(api: Client, path: str, body: object, key: str) -> Response:
    return api("POST", path, body, **{"Idempotency-Key": key})


def forget_answer(edge: Dialer) -> None:
    """What is left when the worker died between its work and the remembering, and its time is over."""
    answers = edge.table.query("#PK = :pk", {":pk": keys.request_memory(edge.org)}, consistent=True)
    for item in list(answers):
        if item["SK"].startswith(f"{keys.REMEMBERED_ANSWER}#"):
            edge.table.write(Delete({"PK": item["PK"], "SK": item["SK"]}))


@pytest.fixture
def campaign_body(api: Client) -> dict[str, Any]:
    configuration = api.post("/campaign/configurations", CONFIGURATION, 201)["id"]
    return {"name": "Spring", "configuration_id": configuration}


def test_a_repeated_creation_gets_the_first_answer_and_creates_nothing(
    edge: Dialer, api: Client, campaign_body: dict[str, Any]
) -> None:
    first = post(api, "/campaign/campaigns", campaign_body, "one")
    edge.clock.advance(60)
    again = post(api, "/campaign/campaigns", campaign_body, "one")
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert again.headers["content-type"] == first.headers["content-type"] == "application/json"
    assert len(api.get("/campaign/campaigns")["campaigns"]) == 1
    other = post(api, "/campaign/campaigns", campaign_body, "two")
    assert other.body["id"] != first.body["id"]


def test_contacts_without_any_identity_are_added_once(edge: Dialer, api: Client) -> None:
    campaign = api.campaign()
    path, rows = f"/campaign/campaigns/{campaign}/contacts", {"contacts": [{"phone_numbers": [number(1)]}] * 3}
    first, again = post(api, path, rows, "k"), post(api, path, rows, "k")
    assert (again.body, again.body["inserted"]) == (first.body, 3)
    assert len(every_contact(edge.table, campaign)) == 3
    assert api.post(path, rows)["inserted"] == 3


def test_every_lifecycle_action_can_be_repeated(api: Client) -> None:
    campaign = api.campaign()
    for action, status in (("pause", "paused"), ("start", "active"), ("close", "closed")):
        path = f"/campaign/campaigns/{campaign}/{action}"
        for _ in range(2):
            answer = post(api, path, None, action)
            assert (answer.status, answer.body["status"]) == (200, status)
    problem(post(api, f"/campaign/campaigns/{campaign}/pause", None, "pause-again"), 400)


@pytest.mark.parametrize("path", sorted({path for method, path in ROUTES if method == "POST"}))
def test_the_key_is_looked_at_on_every_post(api: Client, path: str) -> None:
    assert paths(post(api, path, {}, "a key with spaces")) == ["Idempotency-Key"]


@pytest.mark.parametrize("given", ["", " ", "a b", "x" * 256, "clé", "a\tb"])
def test_what_is_no_key_is_refused_by_name(api: Client, given: str) -> None:
    assert paths(post(api, "/campaign/configurations", CONFIGURATION, given)) == ["Idempotency-Key"]


def test_a_key_of_255_characters_is_one_and_the_header_is_found_in_any_case(api: Client) -> None:
    answers = [
        api("POST", "/campaign/configurations", CONFIGURATION, **{name: "x" * 255})
        for name in ("Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY")
    ]
    assert [one.status for one in answers] == [201] * 3
    assert len({one.body["id"] for one in answers}) == 1


def test_another_body_or_another_path_under_the_same_key_is_refused(api: Client, campaign_body: dict[str, Any]) -> None:
    post(api, "/campaign/campaigns", campaign_body, "k")
    for path, body in (
        ("/campaign/campaigns", campaign_body | {"priority": 2}),
        ("/campaign/configurations", campaign_body),
    ):
        answer = post(api, path, body, "k")
        assert paths(answer) == ["Idempotency-Key"]
        assert "another request" in answer.body["errors"][0]["message"]
    assert len(api.get("/campaign/campaigns")["campaigns"]) == 1


def test_a_repetition_while_the_first_is_under_way_is_a_conflict(
    edge: Dialer, api: Client, campaign_body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Response] = []
    warnings_of = configuration_warnings.warnings_of

    def repeat_meanwhile(*arguments: Any) -> Any:
        if not answers:
            answers.append(post(api, "/campaign/campaigns", campaign_body, "k"))
        return warnings_of(*arguments)

    monkeypatch.setattr("campanile.campaigns.create_campaign.warnings_of", repeat_meanwhile)
    first = post(api, "/campaign/campaigns", campaign_body, "k")
    assert first.status == 201
    assert "still being carried out" in problem(answers[0], 409)["detail"]
    assert post(api, "/campaign/campaigns", campaign_body, "k").body == first.body


def test_a_refused_request_can_be_sent_again_mended_under_its_key(api: Client, campaign_body: dict[str, Any]) -> None:
    unknown = campaign_body | {"configuration_id": str(uuid4())}
    for _ in range(2):
        assert paths(post(api, "/campaign/campaigns", unknown, "k")) == ["configuration_id"]
    assert paths(post(api, "/campaign/campaigns", campaign_body | {"priority": -1}, "k")) == ["priority"]
    assert post(api, "/campaign/campaigns", campaign_body, "k").status == 201


def test_a_request_that_broke_can_be_sent_again(
    api: Client, campaign_body: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("campanile.store.campaigns.insert", lambda *_: 1 / 0)
        problem(post(api, "/campaign/campaigns", campaign_body, "k"), 500)
    assert post(api, "/campaign/campaigns", campaign_body, "k").status == 201


def test_orgs_do_not_share_keys(table: Table, api: Client, key: Keys) -> None:
    stranger = key(org=Dialer(table).org)
    first = post(api, "/campaign/configurations", CONFIGURATION, "k")
    theirs = post(stranger, "/campaign/configurations", CONFIGURATION, "k")
    assert (theirs.status, theirs.body["id"] == first.body["id"]) == (201, False)


def test_a_key_without_the_scope_learns_nothing_of_a_remembered_answer(api: Client, key: Keys) -> None:
    post(api, "/campaign/configurations", CONFIGURATION, "k")
    problem(post(key(frozenset({"campaigns:read"})), "/campaign/configurations", CONFIGURATION, "k"), 403)


def test_what_was_created_before_the_worker_died_is_found_and_not_created_again(
    edge: Dialer, api: Client, campaign_body: dict[str, Any]
) -> None:
    rows = {"contacts": [{"phone_numbers": [number(1)]}, {"external_id": "ana", "phone_numbers": [number(2)]}]}
    configuration = post(api, "/campaign/configurations", CONFIGURATION, "configuration").body
    campaign = post(api, "/campaign/campaigns", campaign_body, "campaign").body
    path = f"/campaign/campaigns/{campaign['id']}/contacts"
    added = post(api, path, rows, "contacts").body
    forget_answer(edge)
    assert post(api, "/campaign/configurations", CONFIGURATION, "configuration").body == configuration
    assert post(api, "/campaign/campaigns", campaign_body, "campaign").body == campaign
    assert post(api, path, rows, "contacts").body["contact_ids"] == added["contact_ids"]
    assert len(api.get("/campaign/campaigns")["campaigns"]) == 1
    assert len(every_contact(edge.table, campaign["id"])) == 2


@pytest.mark.parametrize("applied", [False, True])
def test_a_worker_that_dies_at_any_request_of_a_creation_leaves_one_campaign_once_it_is_repeated(
    edge: Dialer, campaign_body: dict[str, Any], applied: bool
) -> None:
    wanted, crasher = CampaignInput.model_validate(campaign_body), Crasher()
    for at in count(1):
        key = f"{applied} {at}"
        crasher.arm(at, applied)
        with suppress(Crash):
            create_campaign.create(crasher.around(edge.table), edge.org, wanted, edge.clock.now_ms(), key)
        crasher.disarm()
        repeated = create_campaign.create(edge.table, edge.org, wanted, edge.clock.now_ms(), key)
        stored = [one.id for one in campaigns.after(edge.table, edge.org, None)]
        assert (len(stored), stored[-1]) == (at, repeated.id)
        edge.clock.advance(1)
        if not crasher.died_at:
            break


def test_an_answer_with_a_warning_for_each_of_a_thousand_contacts_is_remembered(api: Client) -> None:
    campaign = api.campaign()
    path = f"/campaign/campaigns/{campaign}/contacts"
    numbers = [f"+1555555{n:04d}" for n in range(10)]
    rows = {"contacts": [{"external_id": f"lead-{n}", "phone_numbers": numbers} for n in range(1_000)]}
    first = post(api, path, rows, "k")
    assert (first.status, len(first.body["warnings"])) == (200, 10_000)
    assert post(api, path, rows, "k").body == first.body


def test_other_rows_under_a_key_that_is_forgotten_are_other_people(edge: Dialer, api: Client) -> None:
    """The memory ends after 24 hours, or with the worker; contacts stay for good."""
    path = f"/campaign/campaigns/{api.campaign()}/contacts"
    ana, ben, cleo = ({"phone_numbers": [number(n)], "data": {"n": n}} for n in (1, 2, 3))
    post(api, path, {"contacts": [ana, ben, ben]}, "k")
    forget_answer(edge)
    mended = post(api, path, {"contacts": [ben, cleo]}, "k").body
    assert (mended["inserted"], mended["updated"]) == (1, 1)
    assert [one["data"]["n"] for one in api.get(path)["contacts"]] == [1, 2, 2, 3]


def test_what_a_request_created_is_looked_for_by_its_content_and_for_24_hours(
    edge: Dialer, api: Client, campaign_body: dict[str, Any]
) -> None:
    first = post(api, "/campaign/campaigns", campaign_body, "k").body["id"]
    forget_answer(edge)
    other = post(api, "/campaign/campaigns", campaign_body | {"name": "Summer"}, "k")
    assert (other.status, other.body["name"]) == (201, "Summer")
    forget_answer(edge)
    assert post(api, "/campaign/configurations", CONFIGURATION, "k").status == 201
    forget_answer(edge)
    edge.clock.advance(24 * 3_600)
    later = post(api, "/campaign/campaigns", campaign_body, "k")
    assert (later.status, later.body["id"] == first) == (201, False)
