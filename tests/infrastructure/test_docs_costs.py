"""The request units that docs/data-model.md and README.md state, metered while production code runs.

The rules are DynamoDB's published ones: a write counts the larger of the item before and after, per KB, twice within
a transaction; an index entry counts once when it comes, goes or changes and twice when it moves; a strong read counts
per 4 KB, an eventual one half of that, and a read that finds nothing as much as the smallest.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from campanile import outcomes
from campanile.dialing.agenda import Lane
from campanile.entities import Campaign, LaneKind, SheetEntry
from campanile.lifecycle import Outcome, Refusal
from campanile.store import credentials, orgs, slots
from campanile.store.table import Table
from tests.support.dialer import Dialer, number
from tests.support.documents import table
from tests.support.template import table_definition

KB = 1024
ZONE = "America/New_York"
PERSON = {"timezone": ZONE, "data": {"first_name": "Ada", "plan": "pro"}}
STATED = {row[0]: (float(row[4]), float(row[5])) for row in table("docs/data-model.md", "#", "Pattern")}
PRICES = "$ per million units"
Units = tuple[float, float]


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
    """A DynamoDB client that notes the units of each request it hands on."""

    def __init__(self, client: Any, indexes: list[Mapping[str, Any]]) -> None:
        self._client = client
        self._indexes = [
            [one["AttributeName"] for one in index["KeySchema"]] + index["Projection"].get("NonKeyAttributes", [])
            for index in indexes
        ]
        self.writes: list[float] = []
        self.reads: list[float] = []

    def get_item(self, **request: Any) -> Any:
        answer = self._client.get_item(**request)
        self.reads.append(reading(size(answer.get("Item", {})), request["ConsistentRead"]))
        return answer

    def batch_get_item(self, **request: Any) -> Any:
        answer = self._client.batch_get_item(**request)
        [(name, wanted)] = request["RequestItems"].items()
        sizes = [size(one) for one in answer["Responses"].get(name, [])]
        sizes += [0] * (len(wanted["Keys"]) - len(sizes))
        self.reads.append(sum(reading(one, wanted["ConsistentRead"]) for one in sizes))
        return answer

    def query(self, **request: Any) -> Any:
        answer = self._client.query(**request)
        self.reads.append(reading(sum(size(one) for one in answer["Items"]), request["ConsistentRead"]))
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
        after = [self._stored(action) for action in actions]
        items = (times * units(max(size(old), size(new)), KB) for old, new in zip(before, after, strict=True))
        indexes = (self._indexing(*pair, names) for pair in zip(before, after, strict=True) for names in self._indexes)
        self.writes.append(sum(items) + sum(indexes))
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
        self.meter = meter
        self.dialer = dialer
        self._people = iter(range(100, 10_000))
        self.campaign: Campaign = dialer.campaign(retry_outcomes=["no_answer"])
        self.add()
        self.dial()
        self.end(Outcome.ANSWERED)

    def spend(self, act: Callable[[], object]) -> Units:
        """Units written and read by `act`; `meter` has them request by request."""
        self.meter.writes.clear()
        self.meter.reads.clear()
        act()
        return sum(self.meter.writes), sum(self.meter.reads)

    def add(self, count: int = 1) -> None:
        people = [next(self._people) for _ in range(count)]
        rows = [{"external_id": f"lead-{n}", "phone_numbers": [number(n)], **PERSON} for n in people]
        self.dialer.add(self.campaign, *rows)

    def dial(self) -> None:
        assert self.dialer.run() == 1

    def end(self, outcome: Outcome) -> None:
        """The latest call that is live ends."""
        assert self.dialer.end(list(self.dialer.telephony.live.values())[-1], outcome)

    def give_back(self) -> None:
        [slot] = self.dialer.held()
        self.meter.reads.clear()
        assert outcomes.release(self.dialer.ports, slot, Refusal.NOT_PLACED)


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        client = boto3.client("dynamodb", config=Config(max_pool_connections=4))
        definition = table_definition("Table")
        client.create_table(TableName="table", **definition)
        meter = Meter(client, definition["GlobalSecondaryIndexes"])
        metered: Any = meter
        yield World(meter, Dialer(Table(metered, "table", Random(1), lambda _seconds: None)))


def test_a_call_costs_what_the_data_model_says(world: World) -> None:
    spent: dict[str, Units] = {}
    world.add()
    spent["13"] = world.spend(world.dial)
    lock, *others = sorted(world.meter.writes, reverse=True)
    spent["4"] = (lock, 0)
    spent["6"] = (0, max(world.meter.reads))
    spent["7"] = spent["8"] = (others[0], 0)
    spent["9"] = world.spend(lambda: world.end(Outcome.ANSWERED))
    spent["14"] = world.spend(world.dialer.run)
    world.add()
    world.dial()
    spent["12"] = world.spend(world.give_back)
    world.dial()
    spent["11"] = world.spend(lambda: world.end(Outcome.DO_NOT_CALL))
    assert spent == {number: STATED[number] for number in spent}


def test_a_retry_costs_what_the_data_model_says(world: World) -> None:
    world.add()
    world.dial()
    world.add()
    world.dial()  # on slot 1
    spent = {"10": world.spend(lambda: world.end(Outcome.NO_ANSWER))}
    world.end(Outcome.ANSWERED)
    world.dialer.clock.sleep(3_600)
    world.spend(world.dial)  # on slot 0, so that slot 1 is looked at
    spent["5"] = (max(world.meter.writes), 0)
    assert spent == {number: STATED[number] for number in spent}


def test_reading_and_managing_cost_what_the_data_model_says(world: World) -> None:
    dialer, store, org = world.dialer, world.dialer.table, world.dialer.org
    spent = {"15": world.spend(lambda: world.add(198))}
    spent["16"] = world.spend(lambda: dialer.stats(world.campaign))
    spent["17"] = world.spend(lambda: dialer.page(world.campaign, limit=50, offset=100))
    settings = orgs.settings(store, org)
    spent["1"] = world.spend(lambda: orgs.dial_view(store, org))
    spent["2"] = world.spend(lambda: slots.held(store, settings))
    entry = SheetEntry(world.campaign.key, 1, world.campaign.configuration_id, frozenset({ZONE}))
    spent["3"] = world.spend(lambda: Lane(entry, ZONE, LaneKind.FIRST).head(store))
    spent["18"] = world.spend(lambda: dialer.change(world.campaign, "pause"))
    spent["19"] = world.spend(lambda: orgs.set_limit(store, settings, 5, 5, 10.0))
    spent["20"] = world.spend(lambda: credentials.get(store, "ak_none"))
    assert spent == {number: STATED[number] for number in spent}


def test_the_readme_counts_a_pass_that_dials_one_call_and_its_end() -> None:
    writes, reads = table("README.md", "", "Units per call")[:2]
    assert (float(writes[1]), float(reads[1])) == (
        STATED["13"][0] + STATED["9"][0],
        STATED["13"][1] + STATED["9"][1],
    )


@pytest.mark.parametrize(("first", "per"), [("Units per call", 1), ("Units", 1_000_000)])
def test_the_readmes_arithmetic_is_right(first: str, per: int) -> None:
    *lines, total = table("README.md", "", first, PRICES)
    for name, count, price, dollars in lines:
        assert not count or round(float(count) * float(price) / per, 2) == float(dollars), name
    assert float(total[3]) == pytest.approx(sum(float(line[3]) for line in lines))
