"""Requests to DynamoDB, found valid by themselves: before anything is read or tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.dynamodb_engine import expressions, updates
from tests.dynamodb_engine.attribute_values import Item, Value, checked, checked_item, refusal
from tests.dynamodb_engine.indexes import Key, Stored
from tests.dynamodb_engine.parsing import Names, Parsed, Values

MAX_ITEM_BYTES = 400 * 1024
MAX_HASH_BYTES = 2048
MAX_SORT_BYTES = 1024
MAX_ACTIONS = 100
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024

_EXPRESSION = {
    "TableName",
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValues",
    "ReturnValuesOnConditionCheckFailure",
}
GET = {"TableName", "Key", "ConsistentRead"}
QUERY = {
    "TableName",
    "IndexName",
    "KeyConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ScanIndexForward",
    "ConsistentRead",
    "Limit",
    "ExclusiveStartKey",
}
_PUT = {*_EXPRESSION, "Item"}
_UPDATE = {*_EXPRESSION, "Key", "UpdateExpression"}
_DELETE = {*_EXPRESSION, "Key"}
_ACTIONS = {"Put": _PUT, "Update": _UPDATE, "Delete": _DELETE, "ConditionCheck": _DELETE}
_NO_NAMES: dict[str, str] = {}
_NO_VALUES: dict[str, Value] = {}


@dataclass(frozen=True, slots=True)
class Schema:
    """The attributes that make the key of the table, and those that make the keys of its indexes."""

    key: tuple[str, str]
    indexed: frozenset[str]

    def key_of(self, given: Mapping[str, Value]) -> Key:
        """A primary key, found valid."""
        if len(given) != len(self.key) or not all(name in given for name in self.key):
            raise refusal("The provided key element does not match the schema")
        pk, sk = (key_value(name, given[name]) for name in self.key)
        if len(pk.encode()) > MAX_HASH_BYTES or len(sk.encode()) > MAX_SORT_BYTES:
            raise refusal("Hash primary key values must be under 2048 bytes, and range primary key values under 1024")
        return pk, sk

    def check_indexed(self, item: Item) -> None:
        """Refuse what an index cannot hold."""
        for name in self.indexed:
            if name in item:
                key_value(name, item[name])


@dataclass(frozen=True, slots=True)
class Write:
    """A write whose request was found valid, not yet tried. `size` is the bytes of what it brings."""

    kind: str
    key: Key
    condition: expressions.Condition | None
    update: updates.Update | None
    names: Names
    values: Values
    item: Stored | None
    size: int
    tells_old: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What a request says for its expressions' placeholders. `size` is the values' bytes."""

    names: Names
    values: Values
    size: int


def supported(request: Mapping[str, Any], parameters: set[str]) -> None:
    """Refuse as a programming error what is not simulated."""
    if not request.keys() <= parameters:
        raise TypeError(f"the engine does not know {sorted(request.keys() - parameters)}")


def transaction(actions: Sequence[Mapping[str, Any]], schema: Schema) -> list[Write]:
    """A transaction's writes, each found valid by itself and all of them together."""
    if len(actions) > MAX_ACTIONS:
        raise refusal("Member must have length less than or equal to 100")
    writes: list[Write] = []
    for action in actions:
        if len(action) != 1:
            raise refusal("TransactItems can only contain one of Check, Put, Update or Delete")
        [(kind, request)] = action.items()
        writes.append(write(kind, request, schema))
    if len({one.key for one in writes}) < len(writes):
        raise refusal("Transaction request cannot include multiple operations on one item")
    if sum(one.size for one in writes) > MAX_TRANSACTION_BYTES:
        raise refusal("Transaction payload size cannot exceed 4MB")
    return writes


def write(kind: str, request: Mapping[str, Any], schema: Schema) -> Write:
    """One write, of a request of its own or of a transaction."""
    supported(request, _ACTIONS[kind])
    condition = update = item = None
    parsed: list[Parsed] = []
    if "UpdateExpression" in request:
        update = updates.update(request["UpdateExpression"])
        parsed.append(update.parsed)
    if "ConditionExpression" in request:
        condition = expressions.condition(request["ConditionExpression"])
        parsed.append(condition.parsed)
    given = placeholders(request, parsed)
    size = given.size
    if kind == "Put":
        item = _item(request["Item"], schema)
        size += item.size
        key = schema.key_of({name: item.item[name] for name in schema.key})
    else:
        key = schema.key_of(request["Key"])
    tells_old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return Write(kind, key, condition, update, given.names, given.values, item, size, tells_old)


def _item(given: Item, schema: Schema) -> Stored:
    item = Stored(*checked_item(given))
    if item.size > MAX_ITEM_BYTES:
        raise refusal("Item size has exceeded the maximum allowed size")
    if not all(name in item.item for name in schema.key):
        raise refusal("One of the required keys was not given a value")
    schema.check_indexed(item.item)
    return item


def key_value(name: str, value: Value) -> str:
    """The text of a key attribute, of the table or of an index."""
    if "S" not in value:
        raise refusal(f"One or more parameter values were invalid: Type mismatch for key {name}, expected: S")
    text: str = value["S"]
    if not text:
        raise refusal(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an"
            f" empty string value. Key: {name}"
        )
    return text


def placeholders(request: Mapping[str, Any], parsed: Sequence[Parsed]) -> Given:
    """A request's names and checked values, each of them used and none missing."""
    names: Names = request.get("ExpressionAttributeNames", _NO_NAMES)
    given: Values = request.get("ExpressionAttributeValues", _NO_VALUES)
    values: dict[str, Value] = {}
    size = 0
    for placeholder, value in given.items():
        values[placeholder], of_value = checked(value)
        size += of_value
    used_names: set[str] = set()
    used_values: set[str] = set()
    for one in parsed:
        used_names |= one.names
        used_values |= one.values
    _all_used("ExpressionAttributeNames", names.keys(), used_names)
    _all_used("ExpressionAttributeValues", values.keys(), used_values)
    for one in parsed:
        for rule in one.rules:
            rule(names, values)
    return Given(names, values, size)


def _all_used(kind: str, given: Any, used: set[str]) -> None:
    if given == used:
        return
    if used - given:
        raise refusal(f"An expression attribute used in expression is not defined: {sorted(used - given)}")
    raise refusal(f"Value provided in {kind} unused in expressions: keys: {sorted(given - used)}")
