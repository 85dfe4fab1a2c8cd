"""The table: the seven DynamoDB calls we make, in plain Python values.

Expressions are written as DynamoDB's own strings with every attribute as `#name`; the placeholders are filled in
here. A failed condition raises `ConditionFailedError` with the item as it is, so no second read is
needed. Transaction conflicts and throttling are retried here, as the AWS SDK does not retry conflicts
(AWS: "Amazon DynamoDB Transactions: How it works", error handling).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any, Literal

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from campanile.store.keys import Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
Returned = Literal["NONE", "ALL_OLD", "ALL_NEW"]

MAX_TRANSACTION_ACTIONS = 100
MAX_BATCH_GET = 100
CONFLICT_RETRIES = 8
CONTENTION_RETRIES = 10
"""How often an item is read, changed and written again after another writer was faster."""
_RETRIED = frozenset(
    {
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingError",
    }
)


@dataclass(frozen=True, slots=True)
class Put:
    item: Mapping[str, Any]
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Update:
    key: Key
    expression: str
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delete:
    key: Key
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    key: Key
    condition: str
    values: Mapping[str, Any] = field(default_factory=dict)


Action = Put | Update | Delete | Check


def setting(key: Key, changes: Mapping[str, Any]) -> Update:
    """An update that sets every attribute with a value and removes every one with None."""
    kept = {name: value for name, value in changes.items() if value is not None}
    gone = [f"#{name}" for name, value in changes.items() if value is None]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept) if kept else ""
    if gone:
        expression += " REMOVE " + ", ".join(gone)
    return Update(key, expression, values={f":{name}": value for name, value in kept.items()})


class ConditionFailedError(Exception):
    """A condition did not hold. `item` is the item as it is now, None when it does not exist."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition of the write did not hold")
        self.item = item


class TransactionCanceledError(Exception):
    """A transaction was canceled. `failed` maps the index of each refused action to the item as it is."""

    def __init__(self, failed: Mapping[int, Item | None]) -> None:
        super().__init__(f"the conditions of actions {sorted(failed)} did not hold")
        self.failed = failed


class ItemTooLargeError(Exception):
    """A write would make an item larger than the 400 KB that DynamoDB allows."""


class ContendedError(Exception):
    """Too many writers at once; trying again is safe."""


class Table:
    """One DynamoDB table. `random` and `sleep` (seconds) serve only the back-off after a conflict.

    `client` is for libraries that bring requests of their own.
    """

    def __init__(self, client: "DynamoDBClient", name: str, random: Random, sleep: Callable[[float], None]) -> None:
        self.client = client
        self.name = name
        self._random = random
        self._sleep = sleep

    def get(self, key: Key, consistent: bool = True) -> Item | None:
        answer = self.client.get_item(TableName=self.name, Key=_wire(key), ConsistentRead=consistent)
        return _plain(answer["Item"]) if "Item" in answer else None

    def batch_get(self, wanted: Sequence[Key], consistent: bool = True) -> dict[tuple[str, str], Item]:
        """The items that exist, by (PK, SK). Keys may repeat; more than 100 take several requests."""
        distinct = list({(key["PK"], key["SK"]): key for key in wanted}.values())
        found: dict[tuple[str, str], Item] = {}
        for start in range(0, len(distinct), MAX_BATCH_GET):
            pending: Any = [_wire(key) for key in distinct[start : start + MAX_BATCH_GET]]
            for round_ in range(CONFLICT_RETRIES):
                answer = self.client.batch_get_item(
                    RequestItems={self.name: {"Keys": pending, "ConsistentRead": consistent}}
                )
                for raw in answer["Responses"].get(self.name, []):
                    item = _plain(raw)
                    found[item["PK"], item["SK"]] = item
                left: Any = answer.get("UnprocessedKeys", {})
                pending = left.get(self.name, {}).get("Keys", [])
                if not pending:
                    break
                self.back_off(round_)
            else:
                raise TimeoutError("DynamoDB left keys unprocessed")
        return found

    def query(
        self,
        condition: str,
        values: Mapping[str, Any],
        *,
        index: str | None = None,
        limit: int | None = None,
        forward: bool = True,
        consistent: bool = False,
    ) -> Iterator[Item]:
        """Items in key order, page by page as they are consumed; at most `limit` items in all."""
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": _wire(values),
            "ScanIndexForward": forward,
            "ConsistentRead": consistent,
            **_names(condition),
        }
        if index:
            request["IndexName"] = index
        left = limit
        while True:
            if left is not None:
                request["Limit"] = left
            page = self.client.query(**request)
            yield from (_plain(raw) for raw in page["Items"])
            if left is not None:
                left -= len(page["Items"])
            if "LastEvaluatedKey" not in page or left == 0:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def write(self, action: Put | Update | Delete, returned: Returned = "NONE") -> Item:
        """One write. Returns the attributes that `returned` asks for, {} when there are none."""
        request = {**self._request(action), "ReturnValues": returned}
        calls: dict[type[Action], Callable[..., Any]] = {
            Put: self.client.put_item,
            Update: self.client.update_item,
            Delete: self.client.delete_item,
        }
        call = calls[type(action)]
        try:
            answer = self._retrying(lambda: call(**request))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                old = error.response.get("Item")
                raise ConditionFailedError(_plain(old) if old else None) from None  # type: ignore[arg-type]
            if "Item size" in error.response["Error"]["Message"]:
                raise ItemTooLargeError from None
            raise
        return _plain(answer.get("Attributes", {}))

    def transact(self, actions: Sequence[Action]) -> None:
        """All of `actions` or none; raises TransactionCanceledError when a condition does not hold."""
        kinds = {Put: "Put", Update: "Update", Delete: "Delete", Check: "ConditionCheck"}
        request: Any = [{kinds[type(action)]: self._request(action)} for action in actions]
        try:
            self._retrying(lambda: self.client.transact_write_items(TransactItems=request))
        except ClientError as error:
            reasons: Any = error.response.get("CancellationReasons", [])
            failed = {
                index: _plain(reason["Item"]) if reason.get("Item") else None
                for index, reason in enumerate(reasons)
                if reason.get("Code") == "ConditionalCheckFailed"
            }
            if failed:
                raise TransactionCanceledError(failed) from None
            if any("Item size" in reason.get("Message", "") for reason in reasons):
                raise ItemTooLargeError from None
            raise

    def _request(self, action: Action) -> dict[str, Any]:
        request: dict[str, Any] = {"TableName": self.name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        expression = ""
        if isinstance(action, Put):
            request["Item"] = _wire({name: value for name, value in action.item.items() if value is not None})
        else:
            request["Key"] = _wire(action.key)
        if isinstance(action, Update):
            request["UpdateExpression"] = expression = action.expression
        if action.condition:
            request["ConditionExpression"] = action.condition
        if action.values:
            request["ExpressionAttributeValues"] = _wire(action.values)
        return {**request, **_names(f"{expression} {action.condition}")}

    def _retrying(self, call: Callable[[], Any]) -> Any:
        for round_ in range(CONFLICT_RETRIES):
            try:
                return call()
            except ClientError as error:
                if round_ == CONFLICT_RETRIES - 1 or not _worth_retrying(error):
                    raise
            self.back_off(round_)
        raise AssertionError("unreachable: the last round returns or raises")

    def back_off(self, round_: int) -> None:
        """Wait a little after losing to other writers, longer with every round, counted from 0."""
        self._sleep(self._random.uniform(0, min(0.4, 0.01 * 2**round_)))


def _worth_retrying(error: ClientError) -> bool:
    if error.response["Error"]["Code"] in _RETRIED:
        return True
    codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
    return "ConditionalCheckFailed" not in codes and bool(codes & _RETRIED)


_SERIALIZER = TypeSerializer()
_NAME = re.compile(r"#(\w+)")


class _Deserializer(TypeDeserializer):
    def _deserialize_n(self, value: str) -> int | Decimal:
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else number


_DESERIALIZER = _Deserializer()


def _wire(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _SERIALIZER.serialize(value) for name, value in values.items()}


def _plain(item: Mapping[str, Any]) -> Item:
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}


def _names(expression: str) -> dict[str, dict[str, str]]:
    names = {f"#{name}": name for name in _NAME.findall(expression)}
    return {"ExpressionAttributeNames": names} if names else {}
