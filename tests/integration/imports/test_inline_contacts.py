"""Contacts that come with a campaign: as an import, every row once, whatever dies when."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from typing import Any

import pytest

from campanile.contacts import upsert
from campanile.imports import inline_contacts, resume, show_import
from campanile.imports.request_import import TAKEN_UP_AFTER_SECONDS
from campanile.imports.run import ImportPorts, Run, always
from campanile.schema.campaigns import CampaignInput
from campanile.store import campaigns, configurations
from campanile.store.imports import Import
from campanile.store.table import ContendedError
from tests.support.audit import audit, every_contact
from tests.support.crashes import Crash, Crasher
from tests.support.dialer import ALL_DAY, Dialer, number
from tests.support.gateway import Client, Response, paths, problem

ENOUGH = 7


def people(amount: int, first: int = 0) -> list[dict[str, Any]]:
    return [{"external_id": f"lead-{n}", "phone_numbers": [number(n)]} for n in range(first, first + amount)]


@pytest.fixture(autouse=True)
def _few_rows_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint every three rows."""
    monkeypatch.setattr("campanile.imports.run.ROWS_PER_WRITE", 3)


@pytest.fixture
def configuration(api: Client) -> str:
    return str(api.post("/campaign/configurations", {"name": "c", "default_windows": ALL_DAY}, 201)["id"])


@pytest.fixture
def create(api: Client, configuration: str) -> Callable[..., Response]:
    def created(contacts: list[dict[str, Any]], **fields: Any) -> Response:
        wanted = {"name": "Spring", "configuration_id": configuration, "contacts": contacts, **fields}
        return api("POST", "/campaign/campaigns", wanted)

    return created


Create = Callable[..., Response]


def ids_of(edge: Dialer, campaign: str) -> list[str | None]:
    return [one.external_id for one in every_contact(edge.table, campaign)]


def no_time(edge: Dialer, after_chunks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the request's time be over after some chunks of rows."""
    go = Run.go
    asked = count()

    def hurried(run: Run[Any], records: Any, may_go_on: Callable[[], bool] = always) -> Import:
        return go(run, records, lambda: may_go_on() and next(asked) < after_chunks)

    monkeypatch.setattr(Run, "go", hurried)


# ---------------------------------------------------------------- answers


def test_a_campaign_comes_with_its_contacts_and_they_are_called(edge: Dialer, api: Client, create: Create) -> None:
    answer = create(people(ENOUGH))
    assert answer.status == 201
    done = answer.body["contacts_import"]
    assert (done["status"], done["counts"]["inserted"], done["counts"]["rows"]) == ("completed", ENOUGH, ENOUGH)
    assert ids_of(edge, answer.body["id"]) == [f"lead-{n}" for n in range(ENOUGH)]
    assert edge.queue.take()[-1].cause == "contacts_added"
    edge.run()
    assert len(edge.posts) == ENOUGH
    audit(edge, edge.read_campaign(answer.body["id"]))


def test_a_change_brings_contacts_too(edge: Dialer, api: Client, create: Create) -> None:
    campaign = create(people(2)).body["id"]
    answer = api("PATCH", f"/campaign/campaigns/{campaign}", {"priority": 5, "contacts": people(4)})
    assert (answer.status, answer.body["priority"]) == (200, 5)
    counts = answer.body["contacts_import"]["counts"]
    assert (counts["inserted"], counts["updated"]) == (2, 2)
    assert len(every_contact(edge.table, campaign)) == 4


def test_the_numbers_of_a_change_are_read_by_the_configuration_it_gives(
    edge: Dialer, api: Client, create: Create
) -> None:
    campaign = create([]).body["id"]
    indian = {"name": "india", "default_windows": ALL_DAY, "default_country_code": "+91"}
    configuration = api.post("/campaign/configurations", indian, 201)["id"]
    row = {"external_id": "ana", "phone_numbers": ["98100 12345"]}
    changes = {"configuration_id": configuration, "contacts": [row]}
    assert api("PATCH", f"/campaign/campaigns/{campaign}", changes).status == 200
    assert api.get(f"/campaign/campaigns/{campaign}/contacts/ana")["phone_numbers"] == ["+919810012345"]


def test_the_import_is_listed_with_its_report(api: Client, create: Create) -> None:
    rows = [*people(2), {"external_id": "nobody"}, {"phone_numbers": [number(9)]}]
    answer = create(rows).body
    [listed] = api.get(f"/campaign/campaigns/{answer['id']}/imports")["imports"]
    assert listed == answer["contacts_import"]
    assert (listed["file_name"], listed["status"]) == (None, "completed_with_errors")
    assert [(one["row"], one["code"]) for one in listed["errors"]] == [(3, "phone_numbers_required")]
    assert (listed["counts"]["inserted"], listed["counts"]["invalid"]) == (3, 1)


def test_rows_without_any_identity_are_each_a_contact(edge: Dialer, create: Create) -> None:
    answer = create([{"phone_numbers": [number(1)]}] * ENOUGH).body
    assert answer["contacts_import"]["counts"]["inserted"] == ENOUGH
    assert len(every_contact(edge.table, answer["id"])) == ENOUGH


def test_an_empty_list_of_contacts_is_none(edge: Dialer, api: Client, create: Create) -> None:
    answer = create([])
    assert (answer.status, answer.body["contacts_import"], edge.import_queue.sent) == (201, None, [])
    changed = api("PATCH", f"/campaign/campaigns/{answer.body['id']}", {"contacts": []})
    assert (changed.status, changed.body["contacts_import"]) == (200, None)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("row", "path"),
    [
        ({"phone_numbers": ["12"]}, "contacts[1].phone_numbers[0]"),
        ({"phone_numbers": [number(1)], "retries": 3}, "contacts[1].retries"),
        ({"phone_numbers": [number(1)], "data": {"timezone": "UTC"}}, "contacts[1].data.timezone"),
        ({}, "contacts[1].phone_numbers"),
    ],
)
def test_one_wrong_contact_refuses_the_whole_request_by_name(
    edge: Dialer, api: Client, create: Create, row: dict[str, Any], path: str
) -> None:
    assert paths(create([*people(1), row])) == [path]
    assert api.get("/campaign/campaigns")["campaigns"] == []
    campaign = create(people(1)).body["id"]
    assert paths(api("PATCH", f"/campaign/campaigns/{campaign}", {"priority": 9, "contacts": [{}, row]}))[-1] == path
    assert api.get(f"/campaign/campaigns/{campaign}")["priority"] == 1


def test_more_than_5000_contacts_are_refused_before_any_is_looked_at(api: Client, create: Create) -> None:
    detail = problem(create([{"nonsense": 1}] * 5_001), 400)["detail"]
    assert "5001" in detail
    assert "5000" in detail


def test_an_unknown_configuration_or_a_taken_name_refuses_the_request_and_writes_nothing(
    edge: Dialer, api: Client, create: Create
) -> None:
    create([], external_id="spring")
    edge.bucket.texts.clear()
    problem(create(people(1), external_id="spring"), 409)
    unknown = create(people(1), configuration_id="4f1c6a52-8d0e-4b7a-9c35-1e2f3a4b5c6d")
    assert paths(unknown) == ["configuration_id"]
    assert edge.bucket.texts == {}
    assert len(api.get("/campaign/campaigns")["campaigns"]) == 1


def test_a_name_taken_while_the_contacts_are_written_refuses_the_request_and_nobody_is_called(
    edge: Dialer, api: Client, configuration: str, create: Create
) -> None:
    def take_the_name(request: Any) -> None:
        if request.operation == "transact" and len(api.get("/campaign/campaigns")["campaigns"]) == 0:
            api.post(
                "/campaign/campaigns", {"name": "x", "configuration_id": configuration, "external_id": "spring"}, 201
            )

    wanted = CampaignInput.model_validate(
        {"name": "Spring", "configuration_id": configuration, "external_id": "spring", "contacts": people(3)}
    )
    with edge.interposed(before=take_the_name), pytest.raises(campaigns.ExternalIdTakenError):
        inline_contacts.create(edge.import_ports, edge.org, wanted, edge.clock.now_ms())
    edge.run()
    assert edge.posts == []
    [(job, _)] = edge.import_queue.sent
    assert resume.resume(edge.import_ports, job, always) is None  # nothing is left to be done


def test_an_import_whose_campaign_was_never_created_is_given_up_by_the_worker(
    edge: Dialer, configuration: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Crash

    wanted = CampaignInput.model_validate({"name": "x", "configuration_id": configuration, "contacts": people(5)})
    with monkeypatch.context() as patched:
        no_time(edge, 1, patched)
        patched.setattr(campaigns, "insert", die)
        with pytest.raises(Crash):
            inline_contacts.create(edge.import_ports, edge.org, wanted, edge.clock.now_ms())
    done = resume.resume(edge.import_ports, edge.import_queue.sent[0][0], always)
    assert done
    assert (done.status, done.counts.rows) == ("failed", 3)
    assert "was not created" in (done.reason or "")
    edge.run()
    assert edge.posts == []


# ---------------------------------------------------------------- more than a request has time for


def test_what_a_request_has_no_time_for_is_done_by_the_worker(
    edge: Dialer, api: Client, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        no_time(edge, 1, patched)
        answer = create(people(ENOUGH)).body
    assert (answer["contacts_import"]["status"], answer["contacts_import"]["counts"]["rows"]) == ("running", 3)
    (job, delay), (again, at_once) = edge.import_queue.sent
    assert (job, delay, at_once) == (again, TAKEN_UP_AFTER_SECONDS, 0)
    done = resume.resume(edge.import_ports, job, always)
    assert done
    assert (done.status, done.counts.inserted, done.counts.updated) == ("completed", ENOUGH, 0)
    assert resume.resume(edge.import_ports, job, always) is None
    assert len(every_contact(edge.table, answer["id"])) == ENOUGH
    assert api.get(f"/campaign/campaigns/{answer['id']}/imports")["imports"][0]["status"] == "completed"


def test_a_worker_whose_time_is_over_passes_the_import_on(
    edge: Dialer, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        no_time(edge, 0, patched)
        campaign = create(people(ENOUGH)).body["id"]
    job = edge.import_queue.sent[0][0]
    edge.import_queue.sent.clear()
    asked = count()
    unfinished = resume.resume(edge.import_ports, job, lambda: next(asked) < 1)
    assert unfinished
    assert (unfinished.status, edge.import_queue.sent) == ("running", [(job, 0)])
    resume.resume(edge.import_ports, job, always)
    assert ids_of(edge, campaign) == [f"lead-{n}" for n in range(ENOUGH)]


def test_two_workers_at_once_write_each_contact_once_and_one_of_them_stops(
    edge: Dialer, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        no_time(edge, 0, patched)
        campaign = create(people(ENOUGH)).body["id"]
    job = edge.import_queue.sent[0][0]
    others: list[Import | None] = []

    def overtake(request: Any) -> None:
        if request.operation == "transact" and not others:
            others.append(None)
            others[0] = resume.resume(edge.import_ports, job, always)

    with edge.interposed(before=overtake):
        mine = resume.resume(edge.import_ports, job, always)
    assert (mine, others[0] and others[0].counts.inserted) == (None, ENOUGH)
    assert len(every_contact(edge.table, campaign)) == ENOUGH


def test_a_campaign_closed_meanwhile_takes_no_more_contacts_and_the_import_says_so(
    edge: Dialer, api: Client, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        no_time(edge, 1, patched)
        campaign = create(people(ENOUGH)).body["id"]
    api.post(f"/campaign/campaigns/{campaign}/close")
    done = resume.resume(edge.import_ports, edge.import_queue.sent[0][0], always)
    assert done
    assert (done.status, done.counts.rows) == ("failed", 3)
    assert "closed" in (done.reason or "")


def test_a_campaign_closed_during_a_run_takes_no_further_chunk(
    edge: Dialer, api: Client, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        no_time(edge, 0, patched)
        campaign = create(people(ENOUGH)).body["id"]
    asked = count()

    def close_after_the_first_chunk() -> bool:
        if next(asked) == 1:
            api.post(f"/campaign/campaigns/{campaign}/close")
        return True

    done = resume.resume(edge.import_ports, edge.import_queue.sent[0][0], close_after_the_first_chunk)
    assert done
    assert (done.status, done.counts.rows) == ("failed", 3)
    assert len(every_contact(edge.table, campaign)) == 3


@pytest.mark.parametrize("applied", [False, True])
def test_a_request_that_dies_anywhere_leaves_no_campaign_or_one_that_gets_all_its_contacts(
    edge: Dialer, configuration: str, applied: bool
) -> None:
    """The worker takes up what is left 30 s later; then either all contacts are there, or no campaign calls anybody."""
    for at in count(1):
        wanted = CampaignInput.model_validate(
            {"name": str(at), "configuration_id": configuration, "contacts": people(5)}
        )
        crasher = Crasher()
        ports = ImportPorts(
            crasher.around(edge.table),
            edge.queue,
            crasher.around(edge.import_queue),
            crasher.around(edge.bucket),
            edge.clock,
        )
        edge.import_queue.sent.clear()
        crasher.arm(at, applied)
        with suppress(Crash):
            inline_contacts.create(ports, edge.org, wanted, edge.clock.now_ms())
        crasher.disarm()
        for job, _ in list(edge.import_queue.sent):
            resume.resume(edge.import_ports, job, always)
        for campaign in campaigns.after(edge.table, edge.org, None):
            if campaign.name == str(at):
                assert ids_of(edge, campaign.id) == [f"lead-{n}" for n in range(5)]
                [listed] = show_import.listed(edge.table, campaign.key, edge.clock.now_ms()).imports
                assert (listed.status, listed.counts.inserted) == ("completed", 5)
        edge.clock.advance(1)
        if not crasher.died_at:
            break
    stored = configurations.get(edge.table, edge.org, configuration)
    assert stored


def test_contacts_that_cannot_be_written_now_are_left_to_the_worker_and_the_request_is_answered(
    edge: Dialer, api: Client, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal would have the caller send rows again that are kept and will be stored."""

    def contended(*_: object) -> None:
        raise ContendedError

    campaign = create([]).body["id"]
    with monkeypatch.context() as patched:
        patched.setattr(upsert, "store", contended)
        answer = api("PATCH", f"/campaign/campaigns/{campaign}", {"name": "Summer", "contacts": people(ENOUGH)})
    assert (answer.status, answer.body["contacts_import"]["status"]) == (200, "running")
    done = resume.resume(edge.import_ports, edge.import_queue.sent[0][0], always)
    assert done
    assert (done.status, done.counts.inserted) == ("completed", ENOUGH)


def test_an_import_that_fails_at_its_last_try_says_so(
    edge: Dialer, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        no_time(edge, 1, patched)
        campaign = create(people(ENOUGH)).body["id"]
    job = edge.import_queue.sent[0][0]
    monkeypatch.setattr(upsert, "store", lambda *_: 1 / 0)
    for is_last_try, status in ((False, "running"), (True, "failed")):
        with pytest.raises(ZeroDivisionError):
            resume.resume(edge.import_ports, job, always, is_last_try)
        [listed] = show_import.listed(edge.table, campaign, edge.clock.now_ms()).imports
        assert (listed.status, listed.counts.rows) == (status, 3)
    assert "several tries" in (listed.reason or "")


def test_rows_that_repeat_earlier_ones_are_counted_the_same_when_a_worker_goes_on(
    edge: Dialer, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*people(3), *people(3)]
    whole = create(rows).body["contacts_import"]["counts"]
    edge.import_queue.sent.clear()
    with monkeypatch.context() as patched:
        no_time(edge, 1, patched)
        create(rows)
    done = resume.resume(edge.import_ports, edge.import_queue.sent[0][0], always)
    assert done
    assert asdict(done.counts) == whole
    assert (whole["inserted"], whole["updated"]) == (3, 3)
