"""A DynamoDB table in memory: the seven operations of boto3's client that `campanile.store.table.Table` makes.

It runs the real expression strings. One thread at a time may use it, so each operation is atomic. Time and delays come
from outside; it injects no faults. An item given in an answer is the stored one: nobody may change it in place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.dynamodb_engine import expressions
from tests.dynamodb_engine.attribute_values import Item, Value, checked_item, refusal, size_of
from tests.dynamodb_engine.history import History
from tests.dynamodb_engine.indexes import Index, Key, Partitions, Position, Range, Stored, range_of
from tests.dynamodb_engine.requests import (
    GET,
    MAX_ITEM_BYTES,
    QUERY,
    Schema,
    Write,
    key_value,
    placeholders,
    supported,
    transaction,
)
from tests.dynamodb_engine.requests import write as write_of

__all__ = ["Change", "Engine", "Item"]

MAX_BATCH = 100
MAX_BATCH_BYTES = 16 * 1024 * 1024
TOKEN_MS = 600_000
CONDITION_FAILED = "The conditional request failed"

_NO_ITEM: Item = {}


@dataclass(frozen=True, slots=True)
class Change:
    """A written item, in wire form, before and after; None where there is none."""

    key: Key
    before: Item | None
    after: Item | None


class _ConditionFailedError(Exception):
    """The write's condition did not hold."""


class Engine:
    """The table. `definition` is what boto3's `create_table` takes; without `now_ms` time stands still.

    `index_lag_ms` is drawn for each change of an index entry, `stale_read_ms` (at most 10 s) for each item or page read
    without ConsistentRead.
    """

    def __init__(
        self,
        definition: Mapping[str, Any],
        now_ms: Callable[[], int] = lambda: 0,
        index_lag_ms: Callable[[], int] = lambda: 0,
        stale_read_ms: Callable[[], int] = lambda: 0,
    ) -> None:
        self.on_commit: list[Callable[[Sequence[Change]], None]] = []
        """Called after each committed write or transaction that changed items, with all its changes at once."""
        assert {one["AttributeType"] for one in definition["AttributeDefinitions"]} == {"S"}
        self._hash, self._sort = (one["AttributeName"] for one in definition["KeySchema"])
        key = (self._hash, self._sort)
        self._table = Partitions(self._hash, self._sort)
        self._indexes = {one["IndexName"]: Index(one, key) for one in definition.get("GlobalSecondaryIndexes", [])}
        indexed = [name for index in self._indexes.values() for name in (index.hash_name, index.sort_name)]
        self._schema = Schema(key, frozenset(indexed))
        self._now_ms = now_ms
        self._index_lag_ms = index_lag_ms
        self._stale_read_ms = stale_read_ms
        self._history = History()
        self._tokens: dict[str, tuple[int, Any]] = {}

    def items(self) -> Iterable[Item]:
        """Everything stored now."""
        return self._table.all()

    def peek(self, pk: str, sk: str) -> Item | None:
        """An item as it is now. Not an operation."""
        stored = self._table.get((pk, sk))
        return stored.item if stored else None

    def get_item(self, **request: Any) -> Any:
        supported(request, GET)
        stored = self._read(self._schema.key_of(request["Key"]), request.get("ConsistentRead", False))
        return {"Item": stored.item} if stored else {}

    def batch_get_item(self, **request: Any) -> Any:
        supported(request, {"RequestItems"})
        [(table, wanted)] = request["RequestItems"].items()
        supported(wanted, {"Keys", "ConsistentRead"})
        keys = [self._schema.key_of(key) for key in wanted["Keys"]]
        if len(keys) > MAX_BATCH:
            raise refusal("Too many items requested for the BatchGetItem call")
        if len(set(keys)) < len(keys):
            raise refusal("Provided list of item keys contains duplicates")
        found: list[Item] = []
        size = 0
        for index, key in enumerate(keys):
            stored = self._read(key, wanted.get("ConsistentRead", False))
            size += stored.size if stored else 0
            if size > MAX_BATCH_BYTES:
                left = {table: {**wanted, "Keys": wanted["Keys"][index:]}}
                return {"Responses": {table: found}, "UnprocessedKeys": left}
            if stored:
                found.append(stored.item)
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def query(self, **request: Any) -> Any:
        supported(request, QUERY)
        consistent = request.get("ConsistentRead", False)
        if "IndexName" in request:
            source: Partitions = self._index(request["IndexName"], consistent)
            names: tuple[str, ...] = self._indexes[request["IndexName"]].key_names
        else:
            source, names = self._table, self._schema.key
        hash_value, within = self._wanted(request, source)
        start = self._start(request.get("ExclusiveStartKey"), source, names, hash_value, within)
        if source is self._table and not consistent:
            source = self._as_of(hash_value)
        page = source.page(hash_value, within, start, request.get("Limit"), request.get("ScanIndexForward", True))
        answer = {"Items": page.items, "Count": len(page.items), "ScannedCount": len(page.items)}
        if page.last:
            last = page.items[-1]
            answer["LastEvaluatedKey"] = {name: last[name] for name in names}
        return answer

    def put_item(self, **request: Any) -> Any:
        return self._single("Put", request, {"NONE", "ALL_OLD"})

    def update_item(self, **request: Any) -> Any:
        return self._single("Update", request, {"NONE", "ALL_OLD", "ALL_NEW"})

    def delete_item(self, **request: Any) -> Any:
        return self._single("Delete", request, {"NONE", "ALL_OLD"})

    def transact_write_items(self, **request: Any) -> Any:
        supported(request, {"TransactItems", "ClientRequestToken"})
        token = request.get("ClientRequestToken")
        if token and self._was_done(token, request["TransactItems"]):
            return {}
        writes = transaction(request["TransactItems"], self._schema)
        outcomes: list[Stored | None] = []
        reasons: list[dict[str, Any]] = []
        for write in writes:
            before = self._table.get(write.key)
            try:
                outcomes.append(self._outcome(write, before))
                reasons.append({"Code": "None"})
            except _ConditionFailedError:
                reason: dict[str, Any] = {"Code": "ConditionalCheckFailed", "Message": CONDITION_FAILED}
                reasons.append({**reason, "Item": before.item} if before and write.tells_old else reason)
            except ClientError as error:
                reasons.append({"Code": "ValidationError", "Message": error.response["Error"]["Message"]})
        if len(outcomes) < len(writes):
            codes = ", ".join(reason["Code"] for reason in reasons)
            message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
            raise refusal(message, "TransactionCanceledException", CancellationReasons=reasons)
        changing = [pair for pair in zip(writes, outcomes, strict=True) if pair[0].kind != "ConditionCheck"]
        self._commit([(write.key, outcome) for write, outcome in changing])
        if token:
            self._tokens[token] = self._now_ms(), deepcopy(request["TransactItems"])
        return {}

    # Reads

    def _read(self, key: Key, consistent: bool) -> Stored | None:
        if not consistent:
            stale_ms = self._stale_read_ms()
            if stale_ms:
                return self._history.at(key, self._now_ms() - stale_ms, self._table.get(key))
        return self._table.get(key)

    def _as_of(self, hash_value: str) -> Partitions:
        """A partition as it was some time ago."""
        stale_ms = self._stale_read_ms()
        if not stale_ms:
            return self._table
        moment = self._now_ms() - stale_ms
        former = Partitions(self._hash, self._sort)
        for key in {position.key for position in self._table.keys(hash_value)} | self._history.keys(hash_value):
            former.put(key, self._history.at(key, moment, self._table.get(key)))
        return former

    def _index(self, name: str, consistent: bool) -> Index:
        if name not in self._indexes:
            raise refusal(f"The table does not have the specified index: {name}")
        if consistent:
            raise refusal("Consistent reads are not supported on global secondary indexes")
        index = self._indexes[name]
        index.catch_up(self._now_ms())
        return index

    def _wanted(self, request: Mapping[str, Any], source: Partitions) -> tuple[str, Range]:
        """The partition that a key condition names, and the range of sort values it admits."""
        condition = expressions.key_condition(request["KeyConditionExpression"])
        given = placeholders(request, [condition.parsed])
        hash_value = ""
        within: Range | None = None
        for test in condition.tests:
            name = given.names[test.name]
            contents = [key_value(name, given.values[one]) for one in test.values]
            if name == source.hash_name and test.operator == "=" and not hash_value:
                [hash_value] = contents
            elif name == source.sort_name and within is None:
                within = range_of(test.operator, contents)
            else:
                raise refusal("Query key condition not supported")
        if not hash_value:
            raise refusal("Query condition missed key schema element")
        return hash_value, within or Range()

    def _start(
        self,
        given: Mapping[str, Value] | None,
        source: Partitions,
        names: Sequence[str],
        hash_value: str,
        within: Range,
    ) -> Position | None:
        """Where an ExclusiveStartKey stands."""
        if given is None:
            return None
        if given.keys() != set(names):
            raise refusal("The provided starting key is invalid")
        for name in names:
            key_value(name, given[name])
        if given[source.hash_name]["S"] != hash_value or not within.has(given[source.sort_name]["S"]):
            raise refusal("The provided starting key does not match the range key predicate")
        return source.position(given, self._schema.key_of({name: given[name] for name in self._schema.key}))

    # Writes

    def _single(self, kind: str, request: Mapping[str, Any], returned: set[str]) -> Any:
        wanted = request.get("ReturnValues", "NONE")
        if wanted not in returned:
            raise refusal("Return values set to invalid value")
        write = write_of(kind, request, self._schema)
        before = self._table.get(write.key)
        try:
            after = self._outcome(write, before)
        except _ConditionFailedError:
            fields = {"Item": before.item} if before and write.tells_old else {}
            raise refusal(CONDITION_FAILED, "ConditionalCheckFailedException", **fields) from None
        self._commit([(write.key, after)])
        told = {"ALL_OLD": before, "ALL_NEW": after}.get(wanted)
        return {"Attributes": told.item} if told else {}

    def _outcome(self, write: Write, before: Stored | None) -> Stored | None:
        """What a write makes of an item; raises when its condition or its update does not admit that."""
        item = before.item if before else _NO_ITEM
        if write.condition and not write.condition.holds(item, write.names, write.values):
            raise _ConditionFailedError
        if write.kind == "ConditionCheck":
            return before
        if write.kind == "Delete":
            return None
        if write.kind == "Put":
            assert write.item
            return write.item
        base = before or self._only_key(write.key)
        return self._updated(write, base) if write.update else base

    def _updated(self, write: Write, base: Stored) -> Stored:
        assert write.update
        touched = write.update.attributes(write.names)
        for name in self._schema.key:
            if name in touched:
                raise refusal(f"Cannot update attribute {name}. This attribute is part of the key")
        item = write.update.applied(base.item, write.names, write.values)
        size = base.size
        for name in touched:
            size += size_of(name, item.get(name)) - size_of(name, base.item.get(name))
        if size > MAX_ITEM_BYTES:
            raise refusal("Item size to update has exceeded the maximum allowed size")
        if not touched.isdisjoint(self._schema.indexed):
            self._schema.check_indexed(item)
        return Stored(item, size)

    def _only_key(self, key: Key) -> Stored:
        return Stored(*checked_item({name: {"S": one} for name, one in zip(self._schema.key, key, strict=True)}))

    def _was_done(self, token: str, actions: Any) -> bool:
        """Whether a transaction was done under this token in the last 10 minutes."""
        at, done = self._tokens.get(token, (None, None))
        if at is None or self._now_ms() - at > TOKEN_MS:
            return False
        if done != actions:
            raise refusal("The token was used for another request", "IdempotentParameterMismatchException")
        return True

    def _commit(self, outcomes: Sequence[tuple[Key, Stored | None]]) -> None:
        now_ms = self._now_ms()
        changes: list[Change] = []
        for key, after in outcomes:
            before = self._table.get(key)
            if before is None and after is None:
                continue
            self._table.put(key, after)
            self._history.replaced(key, now_ms, before)
            changes.append(Change(key, before.item if before else None, after.item if after else None))
            for index in self._indexes.values():
                old, new = index.entry(changes[-1].before), index.entry(changes[-1].after)
                if old != new:
                    index.write(key, new, now_ms, self._index_lag_ms())
        if changes:
            for told in self.on_commit:
                told(changes)
