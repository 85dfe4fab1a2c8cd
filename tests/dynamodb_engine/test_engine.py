"""The simulation's table: what it shows when, whom it tells of commits, and what it refuses."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from campanile.store.keys import Key
from campanile.store.table import (
    Check,
    ConditionFailedError,
    Delete,
    ItemTooLargeError,
    Put,
    Table,
    TransactionCanceledError,
    Update,
)
from tests.dynamodb_engine.engine import Change, Engine
from tests.support.template import table_definition


def key(sk: str) -> Key:
    return {"PK": "p", "SK": sk}


class World:
    """An engine whose clock and delays are the test's, and the store's port to it."""

    def __init__(self) -> None:
        self.now_ms = 1_000
        self.index_lag_ms = 0
        self.stale_read_ms = 0
        self.engine = Engine(
            table_definition("Table"),
            now_ms=lambda: self.now_ms,
            index_lag_ms=lambda: self.index_lag_ms,
            stale_read_ms=lambda: self.stale_read_ms,
        )
        client: Any = self.engine
        self.table = Table(client, "table", Random(1), lambda _seconds: None)

    def put(self, sk: str, **attributes: Any) -> None:
        self.table.write(Put({"PK": "p", "SK": sk, **attributes}))

    def in_lane(self, lane: str = "x") -> list[str]:
        return [one["SK"] for one in self.table.query("#lane = :lane", {":lane": lane}, index="lanes")]

    def stored(self, consistent: bool) -> dict[str, Any]:
        found = self.table.query("#PK = :pk", {":pk": "p"}, consistent=consistent)
        return {one["SK"]: one.get("n") for one in found}


@pytest.fixture
def world() -> World:
    return World()


def test_an_index_shows_a_write_when_its_lag_is_over_and_not_before(world: World) -> None:
    world.index_lag_ms = 50
    world.put("a", lane="x", lane_sort="1")
    world.now_ms += 49
    assert world.in_lane() == []
    world.now_ms += 1
    assert world.in_lane() == ["a"]


def test_an_item_leaves_an_index_as_late_as_it_enters(world: World) -> None:
    world.put("a", lane="x", lane_sort="1")
    world.index_lag_ms = 50
    world.table.write(Update(key("a"), "REMOVE #lane"))
    assert world.in_lane() == ["a"]
    world.now_ms += 50
    assert world.in_lane() == []


def test_a_later_write_of_an_item_never_shows_before_an_earlier_one(world: World) -> None:
    world.index_lag_ms = 100
    world.put("a", lane="x", lane_sort="1")
    world.index_lag_ms = 0
    world.put("b", lane="x", lane_sort="2")
    world.put("a", lane="y", lane_sort="1")
    assert (world.in_lane("x"), world.in_lane("y")) == (["b"], [])
    world.now_ms += 100
    assert (world.in_lane("x"), world.in_lane("y")) == (["b"], ["a"])


def test_an_index_entry_has_the_projected_attributes_only(world: World) -> None:
    world.put("a", lane="x", lane_sort="1", roster="r", roster_sort="1", bucket="b", n=1)
    [entry] = world.table.query("#lane = :lane", {":lane": "x"}, index="lanes")
    assert entry.keys() == {"PK", "SK", "lane", "lane_sort"}
    [entry] = world.table.query("#roster = :roster", {":roster": "r"}, index="roster")
    assert entry.keys() == {"PK", "SK", "roster", "roster_sort", "bucket"}


def test_an_eventual_read_shows_what_was_and_a_strong_one_what_is(world: World) -> None:
    world.put("a", n=1)
    world.put("gone", n=1)
    world.now_ms += 100
    world.put("a", n=2)
    world.put("new", n=2)
    world.table.write(Delete(key("gone")))
    world.now_ms += 30
    world.stale_read_ms = 31
    a = key("a")
    before: Any = world.table.get(a, consistent=False)
    now: Any = world.table.get(a)
    assert (before["n"], now["n"]) == (1, 2)
    assert world.table.batch_get([a], consistent=False)["p", "a"]["n"] == 1
    assert world.stored(consistent=False) == {"a": 1, "gone": 1}
    assert world.stored(consistent=True) == {"a": 2, "new": 2}
    world.stale_read_ms = 30
    assert world.stored(consistent=False) == {"a": 2, "new": 2}


def test_what_an_item_was_is_forgotten_after_ten_seconds(world: World) -> None:
    world.put("a", n=1)
    world.now_ms += 1
    world.put("a", n=2)
    world.now_ms += 10_000
    world.put("b", n=1)
    world.stale_read_ms = 10_001
    assert world.stored(consistent=False) == {"a": 1}
    world.now_ms += 1
    world.stale_read_ms += 1
    world.put("b", n=1)
    assert world.stored(consistent=False) == {"a": 2}


def test_a_commit_is_told_once_with_all_its_changes(world: World) -> None:
    told: list[Sequence[Change]] = []
    world.put("a", n=1)
    world.engine.on_commit.append(told.append)
    a, b, c = map(key, "abc")
    world.table.transact(
        [Update(a, "ADD #n :one", values={":one": 1}), Put({**b, "n": 5}), Check(c, "NOT #n = :n", {":n": 1})]
    )
    world.table.write(Delete(a))
    world.table.write(Delete(c))
    one, two, five = ({"n": {"N": text}} for text in "125")
    wire_a, wire_b = ({"PK": {"S": "p"}, "SK": {"S": name}} for name in "ab")
    assert told == [
        [Change(("p", "a"), wire_a | one, wire_a | two), Change(("p", "b"), None, wire_b | five)],
        [Change(("p", "a"), wire_a | two, None)],
    ]
    assert list(world.engine.items()) == [wire_b | five]
    assert world.engine.peek("p", "b") == wire_b | five
    assert world.engine.peek("p", "a") is None


def test_a_refused_write_changes_nothing_and_is_not_told(world: World) -> None:
    told: list[Sequence[Change]] = []
    world.put("a", n=1)
    world.engine.on_commit.append(told.append)
    with pytest.raises(ConditionFailedError) as refused:
        world.table.write(Put(key("a"), "attribute_not_exists(#PK)"))
    assert refused.value.item == {"PK": "p", "SK": "a", "n": 1}
    with pytest.raises(TransactionCanceledError) as canceled:
        world.table.transact([Put(key("b")), Update(key("a"), "ADD #n :one", "#n > :one", {":one": 1})])
    assert canceled.value.failed == {1: {"PK": "p", "SK": "a", "n": 1}}
    assert world.stored(consistent=True) == {"a": 1}
    assert told == []


def test_an_item_given_is_the_engines_own_however_the_request_changes_later(world: World) -> None:
    item: dict[str, Any] = {"PK": {"S": "p"}, "SK": {"S": "a"}, "l": {"L": [{"N": "1"}]}}
    world.engine.put_item(TableName="table", Item=item)
    item["l"]["L"].append({"N": "2"})
    item["more"] = {"N": "1"}
    assert world.engine.peek("p", "a") == {"PK": {"S": "p"}, "SK": {"S": "a"}, "l": {"L": [{"N": "1"}]}}


def test_a_token_does_a_transaction_once_within_ten_minutes(world: World) -> None:
    def add(n: str) -> None:
        update = {
            "TableName": "table",
            "Key": {"PK": {"S": "p"}, "SK": {"S": "a"}},
            "UpdateExpression": "ADD #n :n",
            "ExpressionAttributeNames": {"#n": "n"},
            "ExpressionAttributeValues": {":n": {"N": n}},
        }
        world.engine.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken="token")

    add("1")
    add("1")
    assert world.stored(consistent=True) == {"a": 1}
    with pytest.raises(ClientError) as refused:
        add("2")
    assert refused.value.response["Error"]["Code"] == "IdempotentParameterMismatchException"
    world.now_ms += 600_001
    add("2")
    assert world.stored(consistent=True) == {"a": 3}


def test_an_item_that_grows_beyond_400_kb_is_refused_by_name(world: World) -> None:
    with pytest.raises(ItemTooLargeError):
        world.put("a", text="x" * 410_000)
    world.put("a", half=["x" * 205_000])
    double = Update(key("a"), "SET #half = list_append(#half, #half)")
    with pytest.raises(ItemTooLargeError):
        world.table.write(double)
    with pytest.raises(ItemTooLargeError):
        world.table.transact([double, Put(key("b"))])
    assert list(world.stored(consistent=True)) == ["a"]


@pytest.mark.parametrize(
    "update",
    [
        Update(key("a"), "SET #lane = :n", values={":n": 1}),
        Update(key("a"), "SET #roster_sort = :empty", values={":empty": ""}),
        Update(key("a"), "SET #SK = :other", values={":other": "b"}),
        Update(key("a"), "SET n = :n", values={":n": 1}),
        Update(key(""), "SET #n = :n", values={":n": 1}),
    ],
    ids=["a number in an index", "an empty key of an index", "another key", "a bare name", "an empty key"],
)
def test_what_dynamodb_does_not_take_is_refused(world: World, update: Update) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        world.table.write(update)
    assert world.stored(consistent=True) == {}


def test_a_parameter_that_is_not_simulated_is_an_error(world: World) -> None:
    with pytest.raises(TypeError, match="FilterExpression"):
        world.engine.query(TableName="table", KeyConditionExpression="#PK = :p", FilterExpression="#n = :n")
