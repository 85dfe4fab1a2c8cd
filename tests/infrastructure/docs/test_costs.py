"""The request units that docs/data-model.md and docs/costs.md state, metered while production code runs."""

from collections.abc import Callable, Iterator

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from campanile.contacts import manage_contacts
from campanile.dialing import record_outcome
from campanile.dialing.agenda import Lane
from campanile.domain.campaign import Campaign
from campanile.domain.contact import LaneKind
from campanile.domain.lifecycle import Outcome, Refusal
from campanile.domain.org import SheetEntry
from campanile.store import credentials, orgs, slots
from tests.support.dialer import Dialer, number
from tests.support.do_not_call import put_on_list
from tests.support.documents import table
from tests.support.meter import Meter, Units
from tests.support.reports import report
from tests.support.template import table_definition

ZONE = "America/New_York"
PERSON = {"timezone": ZONE, "data": {"first_name": "Ada", "plan": "pro"}}
STATED = {row[0]: (float(row[4]), float(row[5])) for row in table("docs/data-model.md", "#", "Pattern")}
PRICES = "$ per million units"


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
        return self.meter.spend(act)

    def add(self, count: int = 1) -> None:
        people = [next(self._people) for _ in range(count)]
        rows = [{"external_id": f"lead-{n}", "phone_numbers": [number(n)], **PERSON} for n in people]
        self.dialer.add(self.campaign, *rows)

    def dial(self) -> None:
        self.dialer.clock.advance(1)  # the account is idle
        assert self.dialer.run() == 1

    def end(self, outcome: Outcome) -> None:
        """The latest call that is live ends."""
        assert self.dialer.end(list(self.dialer.telephony.live.values())[-1], outcome)

    def give_back(self) -> None:
        [slot] = self.dialer.held()
        self.meter.reads.clear()
        assert record_outcome.give_back(self.dialer.ports, slot, Refusal.NOT_PLACED)


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        client = boto3.client("dynamodb", config=Config(max_pool_connections=4))
        client.create_table(TableName="table", **table_definition("Table"))
        meter = Meter(client)
        yield World(meter, Dialer(meter.table("table")))


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


def test_a_late_report_costs_what_the_data_model_says(world: World) -> None:
    world.add()
    world.dial()
    world.end(Outcome.UNKNOWN)
    post = world.dialer.posts[-1]
    assert world.spend(lambda: world.dialer.end(post, Outcome.ANSWERED)) == STATED["22"]


def test_an_agents_report_and_a_listed_number_cost_what_the_data_model_says(world: World) -> None:
    world.add()
    world.dial()
    post = world.dialer.posts[-1]
    spent = {"23": world.spend(lambda: report(world.dialer, world.campaign, post, callback_at="2026-07-02T17:00:00Z"))}
    spent["24"] = world.spend(lambda: report(world.dialer, world.campaign, post, do_not_call=True, notes="asked twice"))
    spent["25"] = world.spend(lambda: put_on_list(world.dialer, number(1)))
    assert spent == {number: STATED[number] for number in spent}


def test_reading_and_managing_cost_what_the_data_model_says(world: World) -> None:
    dialer, store, org = world.dialer, world.dialer.table, world.dialer.org
    spent = {"15": world.spend(lambda: world.add(198))}
    spent["16"] = world.spend(lambda: dialer.stats(world.campaign))
    spent["17"] = world.spend(lambda: dialer.page(world.campaign, limit=50, offset=100))
    settings = orgs.settings(store, org)
    spent["1"] = world.spend(lambda: orgs.dial_view(store, org))
    spent["2"] = world.spend(lambda: slots.in_use(store, settings))
    entry = SheetEntry(world.campaign.key, 1, world.campaign.configuration_id, frozenset({ZONE}))
    spent["3"] = world.spend(lambda: Lane(entry, ZONE, LaneKind.FIRST).head(store))
    now = dialer.clock.now_ms()
    spent["21"] = world.spend(lambda: manage_contacts.delete(store, world.campaign, "lead-100", now))
    spent["18"] = world.spend(lambda: dialer.change(world.campaign, "pause"))
    spent["19"] = world.spend(lambda: orgs.set_limit(store, settings, 5, 10.0))
    spent["20"] = world.spend(lambda: credentials.get(store, "ak_none"))
    assert spent == {number: STATED[number] for number in spent}


def test_the_cost_of_a_call_is_a_pass_that_dials_one_and_its_end() -> None:
    writes, reads = table("docs/costs.md", "", "Units per call")[:2]
    assert (float(writes[1]), float(reads[1])) == (
        STATED["13"][0] + STATED["9"][0],
        STATED["13"][1] + STATED["9"][1],
    )


@pytest.mark.parametrize(("first", "per"), [("Units per call", 1), ("Units", 1_000_000)])
def test_the_arithmetic_of_the_costs_is_right(first: str, per: int) -> None:
    *lines, total = table("docs/costs.md", "", first, PRICES)
    for name, count, price, dollars in lines:
        assert not count or round(float(count) * float(price) / per, 2) == float(dollars), name
    assert float(total[3]) == pytest.approx(sum(float(line[3]) for line in lines))
