"""Old and new code share one table and its queues during a deployment, and after a rollback.

Today's code writes every kind of item. Each item is then rewritten as another version would have written it, and the
product must still dial, import, export, list and count with what it finds.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from inspect import getmembers, isfunction
from typing import Any

import pytest

from campanile.adapters.clock import SystemClock
from campanile.adapters.dial_queue import DialQueue, Hint, parse_hint
from campanile.adapters.work_queue import EnqueueOrder, ExportOrder, ImportOrder, WorkQueue, order_of
from campanile.contacts import enqueue_held, export_contacts
from campanile.dialing import record_outcome
from campanile.domain.call import CallEnd
from campanile.domain.campaign import Campaign
from campanile.domain.lifecycle import Outcome
from campanile.domain.limits import Limits
from campanile.imports import begin, resume
from campanile.imports.run import always
from campanile.simulated_carrier.behaviour import PlannedEvent
from campanile.simulated_carrier.event_queue import DueEvent, EventQueue, due_event
from campanile.store import (
    campaigns,
    contact_actions,
    credentials,
    global_limit,
    keys,
    members,
    provider_accounts,
)
from campanile.store.members import Role
from campanile.store.table import Put, Table, setting
from tests.support import snapshots
from tests.support.dialer import ALL_DAY, Dialer, number
from tests.support.dropping import counts
from tests.support.gateway import Client
from tests.support.log import RecordingLog
from tests.support.osvi import AGENT, OsviClient, person, with_agent
from tests.support.other_versions import OLDEST, UNKNOWN, kind_of, newer_fields, with_unknown, without
from tests.support.reports import report
from tests.support.snapshots import Snapshot
from tests.support.telephony import Post

OVERRIDE = {"timezones": ["America/Chicago"], "windows": ALL_DAY}
LARGE = {"notes": "x" * 600}
LINES = "phone,first_name\n+12125550101,Ada\n+12125550102,Ben\nno number,Cy\n"


@pytest.fixture
def table(empty_table: Table) -> Table:
    """Every item of the table is this test's."""
    return empty_table


class World:
    """One org with every kind of item in the table, as today's code writes them."""

    def __init__(self, edge: Dialer, api: Client) -> None:
        self.edge, self.api = edge, api
        self.osvi = OsviClient(edge)
        edge.limits = Limits(global_concurrency=20)
        now = edge.clock.now_ms()
        credentials.create_personal_token(edge.table, "ada", credentials.ALL_SCOPES, now, name="laptop")
        members.add(edge.table, edge.org, "ada", Role.ADMIN, now)
        provider_accounts.set_rate(edge.table, edge.org, 10)
        with_agent(api, version="3", provider="simulated")
        self.configuration = self._post(
            "/campaign/configurations",
            {
                "name": "c",
                "default_windows": ALL_DAY,
                "overrides": [OVERRIDE],
                "scheduled_windows": ALL_DAY,
                "scheduled_overrides": [OVERRIDE],
                "retry_delays": {"busy": 60},
                "daily_attempts_per_number": 5,
                "agent_id": "a",
                "agent_config": {"voice": "calm"},
            },
        )["id"]
        wanted = {
            "name": "spring",
            "configuration_id": self.configuration,
            "external_id": "spring",
            "unique_numbers": True,
            "agent_config": {"voice": "brisk"},
        }
        self.campaign: str = self._post("/campaign/campaigns", wanted)["id"]
        self.contacts = f"/campaign/campaigns/{self.campaign}/contacts"
        self.number = api.get(f"/campaign/campaigns/{self.campaign}")["number"]
        self.on_the_line = self._people()
        self.osvi.pushed(self.number, person(1), person(2))
        self.job = self._half_an_import()
        export_contacts.request_export(edge.export_ports, edge.read_campaign(self.campaign))
        self.export_order = edge.export_queue.sent[-1][0]
        self.at = edge.clock.now_ms()

    def _post(self, path: str, body: object) -> Any:
        answer = self.api("POST", path, body, **{"Idempotency-Key": path})
        assert answer.status == 201, answer.text
        return answer.body

    def _people(self) -> Post:
        """Contacts in every state; answers the call that one of them is on."""
        edge = self.edge
        campaign = edge.read_campaign(self.campaign)
        edge.add(campaign, {"external_id": "gone", "phone_numbers": [number(1)]})
        edge.call(Outcome.NO_ANSWER)
        edge.delete(campaign, "gone")
        edge.add(campaign, {"external_id": "ana", "phone_numbers": [number(2)], "data": LARGE})
        for _ in range(2):
            post = edge.call(Outcome.CALLBACK_REQUESTED, notes="later", disposition='{"a":1}')
            edge.clock.advance(3_600)
        edge.add(campaign, {"id": post.contact_id, "external_id": "anna", "phone_numbers": [number(2)]})
        edge.add(campaign, {"external_id": "bo", "phone_numbers": [number(3)], "timezone": "America/Chicago"})
        edge.add(edge.ad_hoc, {"phone_numbers": [number(3)]})
        edge.run()
        last = next(one for one in reversed(edge.posts) if one.to == number(2))
        report(edge, campaign, last, callback_at="2026-07-02T17:00:00Z", notes="asks for Friday")
        self.api.post("/campaign/do-not-call", {"phone_numbers": [number(9)], "reason": "asked"})
        edge.add(campaign, {"external_id": "waits", "phone_numbers": [number(4)], "first_name": "Wai"})
        return last

    def _half_an_import(self) -> str:
        """A file's import that has checked the file, and imported none of it."""
        edge = self.edge
        begun = begin.receive(edge.import_ports, edge.bucket.drop(self.campaign, LINES))
        return begun.job

    def go_on(self) -> None:
        """Everything that the product does with what is in the table."""
        edge, api = self.edge, self.api
        edge.telephony.live.clear()
        campaign = edge.read_campaign(self.campaign)
        stats = api.get(f"/campaign/campaigns/{self.campaign}/stats")
        assert stats["contacts"]["total"] == 5
        assert {one["external_id"] for one in api.get(self.contacts)["contacts"]} >= {"bo"}
        assert api.get(f"{self.contacts}/{self.on_the_line.contact_id}")["status"] == "in_progress"
        self._lists()
        before = len(edge.posts)
        edge.serve_hints(60)
        edge.run()
        assert number(4) in {post.to for post in edge.posts[before:]}, "who waited is called"
        end = CallEnd(Outcome.CALLBACK_REQUESTED, edge.clock.now_ms(), notes="once more")
        assert record_outcome.record(edge.ports, self.on_the_line.reference, end)
        self._work()
        assert api("PATCH", f"/campaign/campaigns/{self.campaign}", {"name": "summer"}).status == 200
        assert api("PATCH", f"/campaign/configurations/{self.configuration}", {"name": "d"}).status == 200
        assert api("PATCH", f"/campaign/agents/{AGENT}", {"name": "Renewals 2"}).status == 200
        enqueue_held.continue_enqueuing(edge.enqueue_ports, EnqueueOrder(edge.org, self.campaign, 1_000), always)
        edge.tick()
        edge.run()
        edge.delete(campaign, "bo") if api.get(f"{self.contacts}/bo")["status"] == "pending" else None
        assert global_limit.read(edge.table).rev >= 0

    def _lists(self) -> None:
        for path in (
            "/campaign/configurations",
            f"/campaign/configurations/{self.configuration}",
            "/campaign/campaigns",
            "/campaign/campaigns/spring",
            "/campaign/agents",
            f"/campaign/agents/{AGENT}",
            "/campaign/do-not-call",
            f"/campaign/do-not-call/{number(9)}",
            f"/campaign/campaigns/{self.campaign}/imports",
            "/campaign/concurrency-settings",
        ):
            self.api.get(path)
        self.osvi.status(self.number)
        self.osvi.pushed(self.number, person(1), person(2))
        table, org = self.edge.table, self.edge.org
        assert [one.user for one in members.of_org(table, org)] == ["ada"]
        assert len(credentials.of_org(table, org)) == 2
        assert len(credentials.of_user(table, "ada")) == 1

    def _work(self) -> None:
        """The import and the export are gone on with."""
        edge = self.edge
        done = resume.resume(edge.import_ports, self.job, always)
        assert done
        assert (done.status, counts(done)) == ("completed_with_errors", {"rows": 3, "inserted": 2, "invalid": 1})
        export_contacts.continue_export(edge.export_ports, self.export_order, always)
        report = export_contacts.request_export(edge.export_ports, edge.read_campaign(self.campaign))
        assert report.status == "completed"


class Rewriter:
    """Takes the world back to what it was, with its items rewritten."""

    def __init__(self, world: World, client: Any) -> None:
        self.world, self._client = world, client
        self._name = world.edge.table.name
        self.items = snapshots.take(client, self._name)

    def rewrite(self, rewritten: Snapshot) -> None:
        snapshots.restore(self._client, self._name, snapshots.take(self._client, self._name), rewritten)
        clock = self.world.edge.clock
        clock.advance((self.world.at - clock.now_ms()) / 1000)
        self.world.edge.queue.forget()


@pytest.fixture
def rewriter(edge: Dialer, api: Client, dynamodb: Any) -> Rewriter:
    return Rewriter(World(edge, api), dynamodb)


def key_functions() -> set[str]:
    return {name for name, one in getmembers(keys, isfunction) if one.__annotations__.get("return") is keys.Key}


def test_every_kind_of_item_is_listed_and_written(rewriter: Rewriter) -> None:
    """A new kind of item fails here until `OLDEST` lists it and the world above has one."""
    assert set(OLDEST) == key_functions() | {"alias", "remembered answer"}
    assert {kind_of(item) for item in rewriter.items.values()} == set(OLDEST)


def test_the_product_goes_on_with_its_own_items(rewriter: Rewriter) -> None:
    rewriter.world.go_on()


def test_a_field_that_this_version_does_not_know_is_ignored(rewriter: Rewriter) -> None:
    rewriter.rewrite({key: with_unknown(item) for key, item in rewriter.items.items()})
    rewriter.world.go_on()


def test_the_product_does_without_all_newer_fields(rewriter: Rewriter) -> None:
    rewriter.rewrite({key: without(item, frozenset(newer_fields(item))) for key, item in rewriter.items.items()})
    rewriter.world.go_on()


def test_the_product_does_without_each_newer_field(rewriter: Rewriter) -> None:
    """One field of each kind at a time."""
    newer: dict[str, set[str]] = defaultdict(set)
    for item in rewriter.items.values():
        newer[kind_of(item)].update(newer_fields(item))
    for turn in range(max(len(paths) for paths in newer.values())):
        left_out = {kind: sorted(paths)[turn] for kind, paths in newer.items() if turn < len(paths)}
        rewriter.rewrite(
            {
                key: without(item, frozenset({left_out[kind]})) if (kind := kind_of(item)) in left_out else item
                for key, item in rewriter.items.items()
            }
        )
        try:
            rewriter.world.go_on()
        except BaseException as error:
            error.add_note(f"left out: {left_out}")
            raise


# ---------------------------------------------------------------- windows that cannot be read


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("default_timezone", "America/Not_Yet"),
        ("default_windows", [{"days": ["someday"], "start": "00:00", "end": "23:59"}]),
        ("default_windows", [{"days": ["mon"], "from": 9}]),
        ("overrides", [{"timezones": ["America/Not_Yet"], "windows": []}]),
        ("overrides", [{"windows": ALL_DAY}]),
        ("scheduled_overrides", {"an": "object"}),
    ],
)
def test_windows_that_cannot_be_read_close_their_campaign_and_no_other(
    edge: Dialer, api: Client, field: str, value: object
) -> None:
    readable, campaign = edge.campaign(), edge.campaign()
    rewrite_document(edge, campaign, **{field: value})
    edge.add_people(campaign, number(1))
    edge.add_people(readable, number(2))
    edge.serve_hints(60)
    assert [post.to for post in edge.posts] == [number(2)]
    assert edge.contact(campaign, edge.page(campaign).contacts[0].id).status == "pending"
    started = api.post(f"/campaign/campaigns/{campaign.id}/start")
    assert [one["code"] for one in started["warnings"]] == ["unreadable_calling_windows"]
    path = f"/campaign/configurations/{campaign.configuration_id}"
    assert api.get(path)["name"] == "a configuration"
    assert "cannot read" in api("PATCH", path, {"name": "other"}).body["detail"]
    whole = {"default_timezone": "UTC", "default_windows": ALL_DAY, "overrides": []}
    mended = api("PATCH", path, {**whole, "scheduled_windows": None, "scheduled_overrides": None})
    assert (mended.status, mended.body["warnings"]) == (200, [])
    edge.run()
    assert [post.to for post in edge.posts] == [number(2), number(1)]


def test_a_timezone_that_cannot_be_read_keeps_its_contacts_waiting_and_no_others(edge: Dialer) -> None:
    campaign = edge.campaign()
    [contact_id, _] = edge.add_people(campaign, number(1), number(2))
    stored = edge.stored(campaign, contact_id)
    campaigns.register_lanes(edge.table, campaign, {"America/Not_Yet"})
    abroad = replace(stored, timezone="America/Not_Yet")
    edge.table.transact(contact_actions.updating(stored, abroad, ad_hoc=False))
    edge.serve_hints(60)
    assert [post.to for post in edge.posts] == [number(2)]
    assert edge.contact(campaign, contact_id).next_attempt_at is None
    assert edge.stats(campaign).contacts.pending == 1


def rewrite_document(edge: Dialer, campaign: Campaign, **fields: object) -> None:
    key = keys.configuration(edge.org, campaign.configuration_id or "")
    item = edge.table.get(key)
    assert item
    edge.table.write(Put({**item, "document": json.dumps({**json.loads(item["document"]), **fields})}))


def test_a_change_keeps_the_fields_that_this_version_does_not_know(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign()
    rewrite_document(edge, campaign, **{UNKNOWN: 1})
    edge.table.write(setting(keys.campaign(edge.org, campaign.id), {UNKNOWN: 2}))
    for path in (f"configurations/{campaign.configuration_id}", f"campaigns/{campaign.id}"):
        assert api("PATCH", f"/campaign/{path}", {"name": "other"}).status == 200
    configuration = edge.table.get(keys.configuration(edge.org, campaign.configuration_id or "")) or {}
    assert json.loads(configuration["document"])[UNKNOWN] == 1
    assert (edge.table.get(keys.campaign(edge.org, campaign.id)) or {})[UNKNOWN] == 2


# ---------------------------------------------------------------- messages


class Sent:
    """A client of SQS that keeps the bodies."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send_message(self, **request: Any) -> None:
        self.bodies.append(request["MessageBody"])

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.bodies += [one["MessageBody"] for one in request["Entries"]]
        return {}


HINT = Hint("acme", "a cause", "a campaign", 5)
EXPORT = ExportOrder("acme", "default", "an id")
RELEASE = EnqueueOrder("acme", "a campaign", 7)
NOW = PlannedEvent("call.ended", 0)
MESSAGES: dict[str, tuple[Callable[[Any], object], Callable[[str], object], object, set[str]]] = {
    "DialQueue.hint": (lambda sqs: dial_queue(sqs).hint(HINT), parse_hint, HINT, {"org", "cause"}),
    "DialQueue.wake_at": (lambda sqs: dial_queue(sqs).wake_at(HINT, [0]), parse_hint, HINT, {"org", "cause"}),
    "DialQueue.wake_for": (lambda sqs: dial_queue(sqs).wake_for(HINT, [0]), parse_hint, HINT, {"org", "cause"}),
    "WorkQueue.send_import": (
        lambda sqs: WorkQueue(sqs, "").send_import("an id"), order_of, ImportOrder("an id"), {"import"}
    ),
    "WorkQueue.send_export": (
        lambda sqs: WorkQueue(sqs, "").send_export(EXPORT), order_of, EXPORT, {"org", "campaign", "export"}
    ),
    "WorkQueue.send_enqueue": (
        lambda sqs: WorkQueue(sqs, "").send_enqueue(RELEASE), order_of, RELEASE, {"org", "campaign", "release_below"}
    ),
    "EventQueue.schedule": (
        lambda sqs: EventQueue(sqs, "").schedule("an attempt", [NOW]),
        due_event,
        DueEvent("an attempt", "call.ended"),
        {"attempt_id", "type"},
    ),
}  # fmt: skip
"""Every message: how it is sent and read, what it says, and the fields that the oldest version sent already."""


def dial_queue(sqs: Any) -> DialQueue:
    return DialQueue(sqs, "", "", SystemClock(), RecordingLog())


def test_every_message_is_listed() -> None:
    """A new way to send one fails here until `MESSAGES` lists it."""
    senders = {
        f"{kind.__name__}.{name}"
        for kind in (DialQueue, WorkQueue, EventQueue)
        for name, _ in getmembers(kind, isfunction)
        if not name.startswith("_") and name != "keep_invisible"
    }
    assert senders == set(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_read_with_a_field_more_and_without_the_newer_ones(name: str) -> None:
    send, read, meant, oldest = MESSAGES[name]
    sqs = Sent()
    send(sqs)
    [message] = [json.loads(body) for body in sqs.bodies]
    with_more = read(json.dumps({**message, UNKNOWN: {"a": 1}}))
    assert with_more == read(json.dumps(message))
    assert getattr(with_more, "org", None) == getattr(meant, "org", None)
    assert type(with_more) is type(meant)
    for newer in message.keys() - oldest:
        assert read(json.dumps({field: value for field, value in message.items() if field != newer}))
    assert read(json.dumps({field: message[field] for field in oldest}))
