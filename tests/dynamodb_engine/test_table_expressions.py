"""Every expression the store writes is one DynamoDB takes: each name and value placed, none left over, none reserved.

The requests are those the real table sends; only the client behind it is a recorder.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from campanile.domain.call import Attempt, Slot
from campanile.domain.campaign import AgentFields, Campaign
from campanile.domain.contact import Contact, LaneKind, LastRefusal, ReportedInCall
from campanile.domain.fair_shares import Share
from campanile.domain.lifecycle import CampaignStatus, ContactStatus, Outcome, Refusal, SlotPhase
from campanile.domain.org import OrgSettings, SheetEntry
from campanile.store import (
    calls,
    campaigns,
    contact_actions,
    contact_writes,
    counters,
    do_not_call,
    global_limit,
    orgs,
    provider_accounts,
    slots,
    work_registry,
)
from campanile.store.contact_writes import Draft
from campanile.store.global_limit import Parts
from campanile.store.number_locks import NumberLock
from campanile.store.provider_accounts import Account
from campanile.store.table import ConditionFailedError, Put, Table, TransactionCanceledError, Update
from campanile.store.work_registry import Registration

NOW = 1_782_925_200_000
CAMPAIGN_ID = "0197b2a0-5c3e-7d41-9f02-6b1d2c3e4f50"
CONFIGURATION_ID = "4f1c6a52-8d0e-4b7a-9c35-1e2f3a4b5c6d"
ATTEMPT = Attempt("c7a1e9d4-63b8-4f0a-8e2d-5b6c7d8e9f01", 1, "+14155550123", Outcome.BUSY, NOW, NOW, 1.5, "conv")
CONTACT = Contact(
    campaign_key=CAMPAIGN_ID,
    id="9d3b7c10-2a4e-4f68-8b91-0c1d2e3f4a5b",
    number=7,
    status=ContactStatus.ACTIVE,
    phone_numbers=("+14155550123", "+14155550199"),
    created_at=NOW,
    due=NOW,
    kind=LaneKind.FIRST,
    timezone="America/New_York",
    attempt_id=ATTEMPT.id,
    data={"name": "Ada"},
    agent=AgentFields("agent", "1", "+14155550101", {"voice": "calm"}, "hello"),
)
PENDING = replace(CONTACT, status=ContactStatus.PENDING, attempt_id=None)
RETRIED = replace(
    PENDING,
    kind=LaneKind.RETRY,
    attempts=(ATTEMPT,) * 9,
    attempt_count=9,
    unreachable=("+14155550123",),
    listed=("+14155550123",),
    last_outcome=Outcome.BUSY,
    last_refusal=LastRefusal("campaign_paused", NOW, NOW + 1),
)
LARGE = replace(PENDING, data={"text": "x" * 600})
CAMPAIGN = Campaign("acme", CAMPAIGN_ID, CAMPAIGN_ID, CampaignStatus.ACTIVE, 1, CONFIGURATION_ID, external_id="spring")
SETTINGS = OrgSettings("acme", 10, 10, 3, 10, 2.5, "acme", 0)
SLOT = Slot("acme", 4, ATTEMPT.id, CAMPAIGN_ID, CONTACT.id, "+14155550123", 1, SlotPhase.INTENDED, NOW, NOW)
LOCK = NumberLock("earlier", 9, NOW, (NOW,))


PARTS = Parts(3, NOW, {"acme": Share(7, 10, NOW)})


class Recorder:
    """A DynamoDB client that takes every request and remembers it."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> dict[str, Any]:
            items = request.get("TransactItems")
            self.requests += [next(iter(item.values())) for item in items] if items else [request]
            return {"Items": [], "Responses": {}, "Attributes": {"next": {"N": "40"}}}

        return call


def recorded(write: Any) -> list[dict[str, Any]]:
    recorder = Recorder()
    write(Table(cast(Any, recorder), "table", Random(0), sleep=lambda _: None))
    return recorder.requests


def finish(table: Table, changed: Contact) -> None:
    listed = do_not_call.adding("acme", "+14155550123", source="conversation", attempt_id=ATTEMPT.id, now_ms=NOW)
    calls.finish(table, SLOT, CONTACT, changed, ad_hoc=False, remarks={"notes": "asked for Ada"}, listed=listed)


UNIQUE = replace(CAMPAIGN, unique_numbers=True)
ENDINGS = [
    RETRIED,
    replace(CONTACT, status=ContactStatus.COMPLETED, last_outcome=Outcome.ANSWERED),
    replace(CONTACT, status=ContactStatus.EXHAUSTED, last_outcome=Outcome.NO_ANSWER),
    replace(CONTACT, status=ContactStatus.ERROR, last_outcome=Outcome.INVALID_NUMBER),
    replace(CONTACT, status=ContactStatus.DO_NOT_CALL, last_outcome=Outcome.DO_NOT_CALL),
]
WRITES: dict[str, Any] = {
    "LOCK of a number never called": lambda table: calls.lock(table, SETTINGS, PENDING, SLOT, None),
    "LOCK of a number called before": lambda table: calls.lock(table, SETTINGS, PENDING, SLOT, LOCK),
    "LOCK of a number whose last lock was given back": lambda table: calls.lock(
        table, SETTINGS, PENDING, SLOT, replace(LOCK, at=None)
    ),
    "LOCK on the slot of the number's last call": lambda table: calls.lock(
        table, SETTINGS, PENDING, SLOT, replace(LOCK, slot=SLOT.n)
    ),
    "a lock given back": lambda table: calls.give_back(table, SLOT, CONTACT, RETRIED, False, Refusal.CAMPAIGN_PAUSED),
    "a lock given back for good": lambda table: calls.give_back(
        table, SLOT, CONTACT, ENDINGS[-1], False, Refusal.DO_NOT_CALL
    ),
    "INTENT": lambda table: slots.intend(table, SLOT, NOW - 1, NOW),
    "PLACED": lambda table: slots.place(table, SLOT, "call", "conversation", NOW),
    "PLACED without a conversation": lambda table: slots.place(table, SLOT, "call", None, NOW),
    "a contact passed over": lambda table: calls.pass_over(table, PENDING, RETRIED, False, Refusal.DAILY_CAP),
    "a longer lease": lambda table: slots.extend_lease(table, SLOT, NOW),
    "contacts inserted": lambda table: contact_writes.write(
        table, CAMPAIGN, [Draft(None, PENDING), Draft(None, replace(LARGE, aliases=(ATTEMPT.id,)))]
    ),
    "a contact updated": lambda table: contact_writes.write(table, CAMPAIGN, [Draft(PENDING, RETRIED)]),
    "a contact grown": lambda table: contact_writes.write(table, CAMPAIGN, [Draft(PENDING, LARGE)]),
    "a contact shrunk": lambda table: contact_writes.write(
        table, CAMPAIGN, [Draft(replace(LARGE, cold=True), replace(PENDING, cold=True))]
    ),
    "a contact renamed": lambda table: contact_writes.write(
        table, CAMPAIGN, [Draft(PENDING, replace(PENDING, external_id="ben", aliases=(ATTEMPT.id,)))]
    ),
    "a contact deleted": lambda table: contact_writes.delete(table, CAMPAIGN, PENDING, NOW),
    "a contact deleted with its calls and names": lambda table: contact_writes.delete(
        table, CAMPAIGN, replace(RETRIED, cold=True, aliases=(ATTEMPT.id, CAMPAIGN_ID)), NOW
    ),
    "a contact whose numbers change, which are unique": lambda table: contact_writes.write(
        table, UNIQUE, [Draft(PENDING, replace(PENDING, phone_numbers=("+14155550199",)))]
    ),
    "a contact deleted whose numbers are unique": lambda table: contact_writes.delete(table, UNIQUE, PENDING, NOW),
    "a campaign created": lambda table: campaigns.insert(table, CAMPAIGN),
    "lanes registered": lambda table: campaigns.register_lanes(table, CAMPAIGN, {"America/New_York"}),
    "the ad-hoc lane registered": lambda table: campaigns.register_lanes(table, campaigns.ad_hoc("acme"), {"~"}),
    **{
        f"a campaign: {action}": lambda table, action=action: campaigns.transition(table, CAMPAIGN, action, NOW)
        for action in ("start", "pause", "close")
    },
    "an org created": lambda table: orgs.create(table, "acme", NOW),
    "a limit set": lambda table: orgs.set_limit(table, SETTINGS, 5, 2.5),
    "an entry of the dial sheet": lambda table: table.write(
        orgs.listing("acme", SheetEntry("default@acme", 1, None, frozenset()))
    ),
    "sends reserved": lambda table: Account(table, "acme", 2.5).reserve(3, NOW, NOW + 9_000),
    "an account's rate set": lambda table: provider_accounts.set_rate(table, "acme", 2.5),
    "an org's account set": lambda table: orgs.set_account(table, "acme", "shared"),
    "a part of the global limit asked for": lambda table: global_limit.note(table, PARTS, PARTS.shares, NOW),
    "the first part of the global limit": lambda table: global_limit.note(table, Parts(), PARTS.shares, NOW),
    "a part of the global limit grown": lambda table: global_limit.grow(table, PARTS, PARTS.shares, SETTINGS, 9),
    "a part of the global limit shrunk": lambda table: global_limit.shrink(table, PARTS, [(SETTINGS, 3)]),
    "sends put off": lambda table: provider_accounts.back_off(table, "acme", NOW),
    "work announced": lambda table: work_registry.mark_work(table, "acme", NOW, NOW),
    "a pass finished": lambda table: work_registry.finish_pass(table, "acme", NOW),
    "a registration raised": lambda table: work_registry.settle(table, Registration("acme", 3, NOW, NOW), NOW),
    "a registration removed": lambda table: work_registry.settle(table, Registration("acme", 3, NOW, NOW), None),
    "counters read": lambda table: counters.blocks(table, CAMPAIGN_ID),
    "slots read": lambda table: slots.in_use(table, SETTINGS),
    **{f"FINAL: {end.status}": lambda table, end=end: finish(table, end) for end in ENDINGS},
    "an attempt corrected": lambda table: calls.correct(table, RETRIED, RETRIED, False, None, []),
    "an attempt corrected during the next call": lambda table: calls.correct(
        table,
        CONTACT,
        replace(CONTACT, attempts=(ATTEMPT,), last_outcome=Outcome.BUSY),
        False,
        contact_actions.remarking(CONTACT, ATTEMPT.id, {"notes": "note", "disposition": None}),
        [],
    ),
    "a report of a call in progress": lambda table: calls.keep_report(
        table,
        CONTACT,
        replace(CONTACT, reported=ReportedInCall(callback_at=NOW)),
        contact_actions.remarking(CONTACT, ATTEMPT.id, {"notes": None}),
        [],
    ),
    "a report of a call in progress taken back": lambda table: calls.keep_report(table, CONTACT, CONTACT, None, []),
    "an attempt corrected that ends its contact": lambda table: calls.correct(
        table, RETRIED, replace(RETRIED, status=ContactStatus.COMPLETED), False, None, []
    ),
}
EXPRESSIONS = ("UpdateExpression", "ConditionExpression", "KeyConditionExpression")
FUNCTIONS = {"attribute_not_exists", "attribute_exists", "if_not_exists", "list_append", "size", "begins_with"}
KEYWORDS = {"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN"}


@pytest.fixture(params=WRITES, scope="module")
def requests(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return recorded(WRITES[request.param])


def with_expressions(requests: list[dict[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for request in requests:
        yield " ".join(request.get(name, "") for name in EXPRESSIONS), request


def test_something_is_sent(requests: list[dict[str, Any]]) -> None:
    assert requests


def test_every_value_is_used_and_every_used_value_is_given(requests: list[dict[str, Any]]) -> None:
    for expression, request in with_expressions(requests):
        assert set(re.findall(r":\w+", expression)) == set(request.get("ExpressionAttributeValues", {}))


def test_every_name_is_used_and_every_used_name_is_given(requests: list[dict[str, Any]]) -> None:
    for expression, request in with_expressions(requests):
        names = request.get("ExpressionAttributeNames", {})
        assert set(re.findall(r"#\w+", expression)) == set(names)
        assert all(placeholder == f"#{name}" for placeholder, name in names.items())


def test_no_attribute_stands_bare_where_it_could_be_a_reserved_word(requests: list[dict[str, Any]]) -> None:
    for expression, _ in with_expressions(requests):
        bare = set(re.findall(r"(?<![#:\w])[A-Za-z_]\w*", expression))
        assert bare <= FUNCTIONS | KEYWORDS


def test_no_part_of_an_update_is_empty(requests: list[dict[str, Any]]) -> None:
    for _, request in with_expressions(requests):
        if "UpdateExpression" in request:
            assert re.fullmatch(r"\s*((SET|REMOVE|ADD) [#:(].*)", request["UpdateExpression"])


def test_no_attribute_is_written_by_two_parts_of_an_update(requests: list[dict[str, Any]]) -> None:
    for _, request in with_expressions(requests):
        update = request.get("UpdateExpression", "")
        targets = re.findall(r"(?:SET|REMOVE|ADD|,) (#[\w.#]+)", update)
        assert len(set(targets)) == len(targets), update


def test_no_item_holds_a_null(requests: list[dict[str, Any]]) -> None:
    for request in requests:
        assert {"NULL": True} not in request.get("Item", {}).values()


def test_a_refused_write_would_tell_what_stands_in_its_way(requests: list[dict[str, Any]]) -> None:
    for request in requests:
        if "ConditionExpression" in request:
            assert request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"


class Refusing:
    """A DynamoDB client that refuses everything with one error, some times, and then takes it."""

    def __init__(self, error: ClientError, times: int = 10**6) -> None:
        self.error = error
        self.left = times
        self.calls = 0

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> dict[str, Any]:
            self.calls += 1
            self.left -= 1
            if self.left >= 0:
                raise self.error
            return {}

        return call


def client_error(code: str, **more: Any) -> ClientError:
    return ClientError(cast(Any, {"Error": {"Code": code, "Message": ""}, **more}), "Write")


UPDATE = Update({"PK": "p", "SK": "s"}, "SET #a = :a", "#a = :b", {":a": 1, ":b": 2})


def table_over(client: Refusing, waits: list[float] | None = None) -> Table:
    return Table(cast(Any, client), "table", Random(0), sleep=(waits if waits is not None else []).append)


def test_a_failed_condition_carries_the_item_that_stood_in_the_way() -> None:
    client = Refusing(client_error("ConditionalCheckFailedException", Item={"a": {"N": "7"}, "b": {"N": "0.5"}}))
    with pytest.raises(ConditionFailedError) as refused:
        table_over(client).write(UPDATE)
    assert refused.value.item is not None
    assert refused.value.item["a"] == 7
    assert float(refused.value.item["b"]) == 0.5
    assert client.calls == 1


def test_a_failed_condition_on_nothing_carries_nothing() -> None:
    with pytest.raises(ConditionFailedError) as refused:
        table_over(Refusing(client_error("ConditionalCheckFailedException"))).write(UPDATE)
    assert refused.value.item is None


def test_a_canceled_transaction_names_the_actions_that_were_refused() -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": {"a": {"S": "x"}}}]
    client = Refusing(client_error("TransactionCanceledException", CancellationReasons=reasons))
    with pytest.raises(TransactionCanceledError) as canceled:
        table_over(client).transact([UPDATE, Put({"PK": "p", "SK": "s"}, "attribute_not_exists(#PK)")])
    assert canceled.value.failed == {1: {"a": "x"}}
    assert client.calls == 1


@pytest.mark.parametrize(
    "error",
    [
        client_error("TransactionConflictException"),
        client_error("TransactionInProgressException"),
        client_error("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}]),
        client_error("TransactionCanceledException", CancellationReasons=[{"Code": "ThrottlingError"}]),
    ],
)
def test_a_conflict_is_tried_again_after_a_pause(error: ClientError) -> None:
    client, waits = Refusing(error, times=3), cast(list[float], [])
    table_over(client, waits).transact([UPDATE])
    assert (client.calls, len(waits)) == (4, 3)
    assert all(0 <= wait <= 0.4 for wait in waits)


def test_a_conflict_that_does_not_end_is_told() -> None:
    client = Refusing(client_error("TransactionConflictException"))
    with pytest.raises(ClientError):
        table_over(client).write(UPDATE)
    assert client.calls == 8


def test_a_conflict_beside_a_failed_condition_is_not_tried_again() -> None:
    reasons = [{"Code": "ConditionalCheckFailed"}, {"Code": "TransactionConflict"}]
    client = Refusing(client_error("TransactionCanceledException", CancellationReasons=reasons))
    with pytest.raises(TransactionCanceledError):
        table_over(client).transact([UPDATE, UPDATE])
    assert client.calls == 1


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_any_other_error_is_passed_on_at_once(code: str) -> None:
    client = Refusing(client_error(code))
    with pytest.raises(ClientError):
        table_over(client).write(UPDATE)
    assert client.calls == 1
