"""The request units that docs/data-model.md and README.md state, metered from the bytes of the items that are written.

The rules are DynamoDB's published ones: a write counts the larger of the item before and after in KB, twice within a
transaction; an index entry counts once when it comes, goes or changes and twice when it moves; a strong read counts
per 4 KB, an eventual one half of that, and a read that finds nothing as much as the smallest one.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from campanile import manage_campaigns, manage_configurations, observability, outcomes, upsert
from campanile.clock import SystemClock
from campanile.dial_queue import DialQueue, Hint
from campanile.dialing import worker
from campanile.dialing.ports import Limits, Ports
from campanile.entities import CallReport
from campanile.lifecycle import Outcome
from campanile.models import CampaignInput, ConfigurationInput, ContactInput
from campanile.store import orgs
from campanile.store.table import Table
from campanile.telephony.callback import CallReference
from campanile.telephony.port import CallRequest, Capabilities, Placed
from moto import mock_aws

from tests.infrastructure.test_docs_architecture import ROOT, template

ORG = "acme"
KB = 1024
ALL_DAY = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "23:59"}


def size(value: Mapping[str, Any]) -> int:
    """Bytes of an attribute value in DynamoDB's wire form, or of an item of such values."""
    total = 0
    for name, one in value.items():
        match name:
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
                total += len(name) + size(one)
    return total


def units(size_in_bytes: int, unit: int) -> int:
    return max(1, math.ceil(size_in_bytes / unit))


@dataclass
class Meter:
    """A DynamoDB client that counts request units."""

    client: Any
    indexes: dict[str, tuple[str, ...]]
    written: float = 0
    read: float = 0
    steps: list[tuple[str, float]] = field(default_factory=list)

    def get_item(self, **request: Any) -> Any:
        answer = self.client.get_item(**request)
        self.read += self._reading(size(answer.get("Item", {})), request["ConsistentRead"])
        return answer

    def batch_get_item(self, **request: Any) -> Any:
        answer = self.client.batch_get_item(**request)
        [(name, wanted)] = request["RequestItems"].items()
        found = answer["Responses"].get(name, [])
        sizes = [size(one) for one in found] + [0] * (len(wanted["Keys"]) - len(found))
        self.read += sum(self._reading(one, wanted["ConsistentRead"]) for one in sizes)
        return answer

    def query(self, **request: Any) -> Any:
        answer = self.client.query(**request)
        self.read += self._reading(sum(size(one) for one in answer["Items"]), request["ConsistentRead"])
        return answer

    def put_item(self, **request: Any) -> Any:
        return self._write("Put", request, lambda: self.client.put_item(**request))

    def update_item(self, **request: Any) -> Any:
        return self._write("Update", request, lambda: self.client.update_item(**request))

    def delete_item(self, **request: Any) -> Any:
        return self._write("Delete", request, lambda: self.client.delete_item(**request))

    def transact_write_items(self, **request: Any) -> Any:
        actions = [(kind, action) for one in request["TransactItems"] for kind, action in one.items()]
        before = [self._stored(action) for _, action in actions]
        answer = self.client.transact_write_items(**request)
        cost = sum(
            self._writing(old, self._stored(action), times=2)
            for (_, action), old in zip(actions, before, strict=True)
        )
        self._count("transaction of " + str(len(actions)), cost)
        return answer

    def _write(self, kind: str, action: Any, call: Callable[[], Any]) -> Any:
        before = self._stored(action)
        answer = call()
        self._count(kind, self._writing(before, self._stored(action), times=1))
        return answer

    def _count(self, step: str, cost: float) -> None:
        self.written += cost
        self.steps.append((step, cost))

    def _stored(self, action: Any) -> Any:
        key = action.get("Key") or {name: action["Item"][name] for name in ("PK", "SK")}
        return self.client.get_item(TableName=action["TableName"], Key=key, ConsistentRead=True).get("Item", {})

    def _writing(self, before: Any, after: Any, times: int) -> int:
        table = times * units(max(size(before), size(after)), KB)
        return table + sum(self._indexing(before, after, names) for names in self.indexes.values())

    @staticmethod
    def _indexing(before: Any, after: Any, names: tuple[str, ...]) -> int:
        partition = names[0]
        old, new = (
            {name: one[name] for name in (*names, "PK", "SK") if name in one} if partition in one else {}
            for one in (before, after)
        )
        if old == new:
            return 0
        moved = bool(old and new) and any(old[name] != new[name] for name in names[:2])
        return (2 if moved else 1) * units(max(size(old), size(new)), KB)

    @staticmethod
    def _reading(size_in_bytes: int, consistent: bool) -> float:
        return units(size_in_bytes, 4 * KB) * (1 if consistent else 0.5)


@dataclass
class Carrier:
    """Takes every call, at once."""

    references: list[CallReference] = field(default_factory=list)
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(3600, True, False, 10))

    def place(self, request: CallRequest) -> Placed:
        return Placed("call-" + request.attempt_id, "conversation-" + request.attempt_id[:23])

    def look_up(self, attempt_id: str, provider_call_id: str | None) -> Any:
        raise AssertionError("nobody asks after a call whose lease has not expired")

    def parse_event(self, headers: Mapping[str, str], body: str) -> Any:
        raise AssertionError("reports are handed in directly")


@dataclass
class World:
    """An org with one campaign, in a table made from the template's own definition."""

    meter: Meter
    ports: Ports
    carrier: Carrier
    campaign: Any

    def spent(self) -> tuple[float, float]:
        """Units written and read since the last time asked."""
        spent = self.meter.written, self.meter.read
        self.meter.written = self.meter.read = 0
        self.meter.steps.clear()
        return spent

    def add(self, *rows: dict[str, Any]) -> None:
        now = self.ports.clock.now_ms()
        checked = upsert.validate([ContactInput.model_validate(row) for row in rows], "+1")
        upsert.upsert(self.ports.table, self.ports.queue, self.campaign, checked, now)

    def dial(self) -> int:
        now = self.ports.clock.now_ms()
        with ThreadPoolExecutor(1) as one_at_a_time:
            return worker.run(self.ports, ORG, [Hint(ORG, "test", now)], one_at_a_time, lambda: True)

    def report(self, outcome: Outcome) -> None:
        report = CallReport(outcome, self.ports.clock.now_ms(), 12.5)
        assert outcomes.record(self.ports, self.carrier.references.pop(), report)


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        client, queues = boto3.client("dynamodb", config=Config(max_pool_connections=4)), boto3.client("sqs")
        definition = dict(template()["Resources"]["Table"]["Properties"])
        wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        client.create_table(TableName="table", **{name: definition[name] for name in wanted})
        meter = Meter(client, {one["IndexName"]: _projected(one) for one in definition["GlobalSecondaryIndexes"]})
        fifo = {"FifoQueue": "true"}
        dial = queues.create_queue(QueueName="dial.fifo", Attributes=fifo)["QueueUrl"]
        wake = queues.create_queue(QueueName="wake")["QueueUrl"]
        table = Table(meter, "table", Random(1), lambda _: None)  # type: ignore[arg-type]  # it counts, then hands on
        carrier, ids = Carrier(), iter(range(1_000_000))

        def remember(reference: CallReference) -> str:
            carrier.references.append(reference)
            return "https://example.com/carrier-events/test?ref=x"

        ports = Ports(
            table, DialQueue(queues, dial, wake), carrier, SystemClock(), Limits(),
            lambda: f"00000000-0000-4000-8000-{next(ids):012d}", remember, observability.logger(),
        )  # fmt: skip
        now = ports.clock.now_ms()
        orgs.create(table, ORG, now)
        fields = {"name": "around the clock", "default_windows": [ALL_DAY], "retry_delay_seconds": 60}
        configuration = manage_configurations.create(table, ORG, ConfigurationInput.model_validate(fields), now)
        wanted_campaign = CampaignInput(name="spring", configuration_id=configuration.id)
        created = manage_campaigns.create(table, ORG, wanted_campaign, now)
        yield World(meter, ports, carrier, manage_campaigns.find(table, ORG, created.id))


def _projected(index: dict[str, Any]) -> tuple[str, ...]:
    keys = tuple(one["AttributeName"] for one in index["KeySchema"])
    return keys + tuple(index["Projection"].get("NonKeyAttributes", ()))


def test_print(world: World) -> None:
    world.spent()
    world.add({"external_id": "lead-1", "phone_numbers": ["+14155550100"], "timezone": "America/New_York", "data": {"first_name": "Ada", "plan": "pro"}})
    print("first insert", world.meter.steps, world.spent())
    world.add({"external_id": "lead-2", "phone_numbers": ["+14155550101"], "timezone": "America/New_York", "data": {"first_name": "Ada", "plan": "pro"}})
    print("2nd insert", world.meter.steps, world.spent())
    world.dial()
    print("dial two", world.meter.steps, world.spent())
    world.report(Outcome.ANSWERED)
    print("final answered", world.meter.steps, world.spent())
    world.report(Outcome.NO_ANSWER)
    print("final no_answer", world.meter.steps, world.spent())
    world.dial()
    print("empty pass", world.meter.steps, world.spent())
    world.add({"external_id": "lead-3", "phone_numbers": ["+14155550103"], "timezone": "America/New_York", "data": {"first_name": "Ada", "plan": "pro"}})
    world.spent()
    world.dial()
    print("dial one", world.meter.steps, world.spent())
    world.report(Outcome.ANSWERED)
    print("final answered", world.meter.steps, world.spent())
    from campanile.store import contacts
    world.spent()
    world.add(*[{"external_id": f"lead-{n}", "phone_numbers": [f"+1415555{n:04d}"], "timezone": "America/New_York", "data": {"first_name": "Ada", "plan": "pro"}} for n in range(1000, 2000)])
    print("1000", len(world.meter.steps), world.spent())
    from campanile import stats, contact_views
    stats.read(world.ports.table, world.campaign, world.ports.clock.now_ms())
    print("stats", world.spent())
    contact_views.page(world.ports.table, world.campaign, contact_views.Filter(), 50, 900, world.ports.clock.now_ms())
    print("page", world.spent())
