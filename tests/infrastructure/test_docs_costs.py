"""The request units that docs/data-model.md and README.md state, metered while production code runs.

The rules are DynamoDB's published ones: a write counts the larger of the item before and after, per KB, twice within
a transaction; an index entry counts once when it comes, goes or changes and twice when it moves; a strong read counts
per 4 KB, an eventual one half of that, and a read that finds nothing as much as the smallest.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from campanile import authentication, manage_campaigns
from campanile.authentication import READ
from campanile.entities import Campaign, Slot
from campanile.lifecycle import Outcome, Refusal
from campanile.outcomes import release
from campanile.store import credentials, orgs, slots
from campanile.store.table import Table
from moto import mock_aws

from tests.support.dialer import Dialer, number
from tests.support.documents import table
from tests.support.template import table_definition

KB = 1024
LISTED = 99
"""New contacts that fit one transaction beside their counter block."""
PERSON = {"timezone": "America/New_York", "data": {"first_name": "Ada", "plan": "pro"}}
PATTERNS = {row[1]: (float(row[4]), float(row[5])) for row in table("docs/data-model.md", "#", "Pattern")}


def size(value: Mapping[str, Any]) -> int:
    """Bytes of an attribute value in DynamoDB's wire form, or of an item made of such values."""
    total = 0
    for kind, one in value.items():
        match kind:
            case "S":
                return len(one.encode())
            case "N":
                return len(one.strip("-").replace(".", "")) // 2 + 2
            case "BOOL" | "NULL":
                return 1
            case "L":
                return 3 + sum(1 + size(each) for each in one)
            case "M":
                return 3 + sum(1 + len(key) + size(each) for key, each in one.items())
            case _:
                total += len(kind) + size(one)
    return total


def units(size_in_bytes: int, unit: int) -> int:
    return max(1, math.ceil(size_in_bytes / unit))


def reading(size_in_bytes: int, consistent: bool) -> float:
    return units(size_in_bytes, 4 * KB) * (1 if consistent else 0.5)


class Meter:
    """A DynamoDB client that counts the units of what it hands on."""

    def __init__(self, client: Any, indexes: list[Mapping[str, Any]]) -> None:
        self._client = client
        self._indexes = [
            [one["AttributeName"] for one in index["KeySchema"]] + index["Projection"].get("NonKeyAttributes", [])
            for index in indexes
        ]
        self.written = self.read = 0.0

    def get_item(self, **request: Any) -> Any:
        answer = self._client.get_item(**request)
        self.read += reading(size(answer.get("Item", {})), request["ConsistentRead"])
        return answer

    def batch_get_item(self, **request: Any) -> Any:
        answer = self._client.batch_get_item(**request)
        [(name, wanted)] = request["RequestItems"].items()
        sizes = [size(one) for one in answer["Responses"].get(name, [])]
        sizes += [0] * (len(wanted["Keys"]) - len(sizes))
        self.read += sum(reading(one, wanted["ConsistentRead"]) for one in sizes)
        return answer

    def query(self, **request: Any) -> Any:
        answer = self._client.query(**request)
        self.read += reading(sum(size(one) for one in answer["Items"]), request["ConsistentRead"])
        return answer

    def put_item(self, **request: Any) -> Any:
        return self._write([request], 1, lambda: self._client.put_item(**request))

    def update_item(self, **request: Any) -> Any:
        return self._write([request], 1, lambda: self._client.update_item(**request))

    def delete_item(self, **request: Any) -> Any:
        return self._write([request], 1, lambda: self._client.delete_item(**request))

    def transact_write_items(self, **request: Any) -> Any:
        actions = [action for one in request["TransactItems"] for action in one.values()]
        return self._write(actions, 2, lambda: self._client.transact_write_items(**request))

    def _write(self, actions: list[Any], times: int, call: Callable[[], Any]) -> Any:
        before = [self._stored(action) for action in actions]
        answer = call()
        for old, action in zip(before, actions, strict=True):
            new = self._stored(action)
            self.written += times * units(max(size(old), size(new)), KB)
            self.written += sum(self._indexing(old, new, names) for names in self._indexes)
        return answer

    def _stored(self, action: Any) -> Any:
        key = action.get("Key") or {name: action["Item"][name] for name in ("PK", "SK")}
        return self._client.get_item(TableName=action["TableName"], Key=key, ConsistentRead=True).get("Item", {})

    @staticmethod
    def _indexing(before: Any, after: Any, names: list[str]) -> int:
        old, new = (
            {name: one[name] for name in (*names, "PK", "SK") if name in one} if names[0] in one else {}
            for one in (before, after)
        )
        if old == new:
            return 0
        moves = bool(old and new) and any(old[name] != new[name] for name in names[:2])
        return (2 if moves else 1) * units(max(size(old), size(new)), KB)


class World:
    """An org with one campaign, dialed by production code over a metered table."""

    def __init__(self, meter: Meter, dialer: Dialer) -> None:
        self._meter = meter
        self._people = iter(range(100, 10_000))
        self.dialer = dialer
        self.campaign: Campaign = dialer.campaign(retry_outcomes=["no_answer"])
        self.add()
        self.call(Outcome.ANSWERED)

    def units(self, act: Callable[[], object]) -> tuple[float, float]:
        """Units written and read by `act`."""
        self._meter.written = self._meter.read = 0
        act()
        return self._meter.written, self._meter.read

    def add(self, count: int = 1) -> None:
        people = [next(self._people) for _ in range(count)]
        rows = [{"external_id": f"lead-{n}", "phone_numbers": [number(n)], **PERSON} for n in people]
        self.dialer.add(self.campaign, *rows)

    def dial(self) -> None:
        assert self.dialer.run() == 1

    def end(self, outcome: Outcome) -> None:
        assert self.dialer.end(self.dialer.posts[-1], outcome)

    def call(self, outcome: Outcome) -> None:
        self.dial()
        self.end(outcome)

    def slot(self) -> Slot:
        [slot] = self.dialer.held()
        return slot


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        client = boto3.client("dynamodb", config=Config(max_pool_connections=4))
        definition = table_definition("Table")
        client.create_table(TableName="table", **definition)
        meter = Meter(client, definition["GlobalSecondaryIndexes"])
        metered: Any = meter
        yield World(meter, Dialer(Table(metered, "table", Random(1), lambda _seconds: None)))


def _transactions(world: World, act: Callable[[], object]) -> list[float]:
    """Write units of each request that `act` makes."""
    meter: Any = world._meter
    spent: list[float] = []
    inner = meter._write

    def noted(actions: list[Any], times: int, call: Callable[[], Any]) -> Any:
        before = meter.written
        answer = inner(actions, times, call)
        spent.append(meter.written - before)
        return answer

    meter._write = noted
    act()
    meter._write = inner
    return spent


def test_p(world: World) -> None:
    w = world
    d = w.dialer
    w.add()
    print("pass", w.units(w.dial))
    print("final", w.units(lambda: w.end(Outcome.ANSWERED)))
    w.add()
    print("pass steps", _transactions(w, w.dial))
    print("retry", _transactions(w, lambda: w.end(Outcome.NO_ANSWER)))
    d.clock.sleep(4000)
    print("again", _transactions(w, w.dial))
    print("dnc", w.units(lambda: w.end(Outcome.DO_NOT_CALL)))
    print("empty", w.units(d.run))
    w.add(); w.dial()
    print("release", _transactions(w, lambda: release(d.ports, w.slot(), Refusal.NOT_PLACED)))
    w.call(Outcome.ANSWERED)
    print("insert", w.units(lambda: w.add(198)))
    print("stats", w.units(lambda: d.stats(w.campaign)))
    print("page", w.units(lambda: d.page(w.campaign, 50, 100)))
    print("pause", w.units(lambda: d.change(w.campaign, "pause")))
    print("limit", w.units(lambda: d.limit(5)))
    print("view", w.units(lambda: orgs.dial_view(d.table, d.org)))
    print("slots", w.units(d.held))
