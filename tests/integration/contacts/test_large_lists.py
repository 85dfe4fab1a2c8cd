"""Lists and stats of 100,000 contacts: as exact and hardly dearer than those of the first fifty (design, section 9).

Contacts are stored in batches, and the calls of some as they end, without the transactions that production makes of
them: items, final updates and counters are production's own, and the deletions are whole.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.config import Config

from campanile.campaigns import stats
from campanile.contacts import list_contacts, manage_contacts
from campanile.contacts.list_contacts import Filter, Selection
from campanile.domain.call import Attempt
from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact, LaneKind, bucket
from campanile.domain.lifecycle import ContactStatus, Outcome, contact_action
from campanile.store import campaigns, contact_actions, counters, keys
from campanile.store.table import Item, Put
from tests.support import table as tables
from tests.support.dialer import Dialer, number
from tests.support.meter import Meter
from tools.stack.dynamodb_local import dynamodb_local

ADDED = 100_550
DELETED = 500
LEFT = ADDED - DELETED
BATCH = 25
"""Items that one BatchWriteItem takes."""
THREADS = 3
PAGE = 50
LARGEST_PAGE = 200
STATS_UNITS = 10
SERIALIZE = TypeSerializer().serialize

EVERYONE = Filter()
PENDING = Filter(statuses=frozenset({"pending"}))
FINISHED = Filter(statuses=frozenset({"completed", "exhausted"}))
NO_ANSWER = Filter(outcomes=frozenset({"no_answer"}))
each_filter = pytest.mark.parametrize(
    "wanted", [EVERYONE, PENDING, FINISHED, NO_ANSWER], ids=["everyone", "pending", "finished", "no_answer"]
)

pytestmark = pytest.mark.xdist_group("large lists")  # one process fills the campaign, and only once

Fate = tuple[ContactStatus, Outcome | None]
WAITING: Fate = (ContactStatus.PENDING, None)
CALLED: dict[int, Fate] = {
    7: (ContactStatus.COMPLETED, Outcome.ANSWERED),
    37: (ContactStatus.EXHAUSTED, Outcome.NO_ANSWER),
    77: (ContactStatus.PENDING, Outcome.NO_ANSWER),
}
"""What became of those whose creation number modulo 100 it is, in every fourth block."""


def fate(n: int) -> Fate:
    return CALLED.get(n % 100, WAITING) if keys.block_of(n) % 4 == 1 else WAITING


def is_deleted(n: int) -> bool:
    """Forty in every fourth block, from the first on."""
    return keys.block_of(n) % 4 == 0 and n % 50 == 25


def contact_id(n: int) -> str:
    return str(UUID(int=n * 0x9E3779B97F4A7C15 % 2**128))


@dataclass(frozen=True, slots=True)
class World:
    """The campaign and, in order of creation, who is left in it."""

    client: Any
    dialer: Dialer
    campaign: Campaign
    left: list[tuple[str, Fate]]

    def expected(self, wanted: Filter) -> list[str]:
        return [one for one, (status, outcome) in self.left if wanted.admits(str(status), outcome)]


class Loader:
    """Stores the contacts of a campaign."""

    def __init__(self, client: Any, dialer: Dialer, campaign: Campaign) -> None:
        self._client = client
        self._dialer = dialer
        self._campaign = campaign

    def load(self) -> None:
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(self._store, range(0, ADDED, BATCH)))
        for block in range(keys.block_of(ADDED - 1) + 1):
            fates = [fate(n) for n in range(block * keys.BLOCK_SIZE, min(ADDED, (block + 1) * keys.BLOCK_SIZE))]
            counted = Counter(bucket(*one) for one in fates)
            counted[counters.ATTEMPTS] = sum(outcome is not None for _, outcome in fates)
            self._dialer.table.write(counters.changing(self._campaign.key, block, counted))

    def _store(self, first: int) -> None:
        items = [self._item(n) for n in range(first, min(first + BATCH, ADDED))]
        wire = [{name: SERIALIZE(value) for name, value in item.items()} for item in items]
        puts = [{"PutRequest": {"Item": item}} for item in wire]
        answer = self._client.batch_write_item(RequestItems={self._dialer.table.name: puts})
        assert not answer["UnprocessedItems"]
        for n in range(first, min(first + BATCH, ADDED)):
            if fate(n) != WAITING:
                self._end_call(n)

    def _item(self, n: int) -> Item:
        new = self._new(n)
        if fate(n) != WAITING:
            new = replace(new, status=ContactStatus.ACTIVE)
        [put] = contact_actions.inserting(new, ad_hoc=False)
        assert isinstance(put, Put)
        return {**put.item, **({"attempt": contact_id(n)} if new.status is ContactStatus.ACTIVE else {})}

    def _end_call(self, n: int) -> None:
        status, outcome = fate(n)
        assert outcome
        active = replace(self._new(n), status=ContactStatus.ACTIVE, attempt_id=contact_id(n))
        now = self._dialer.clock.now_ms()
        ended = replace(
            active,
            status=status,
            kind=LaneKind.RETRY,
            due=now + 3_600_000,
            attempt_count=1,
            budget_used=1,
            attempts=(Attempt(contact_id(n), 1, number(0), outcome, now, now),),
            last_outcome=outcome,
        )
        self._dialer.table.write(contact_actions.finishing(active, ended, contact_action(status), ad_hoc=False))

    def _new(self, n: int) -> Contact:
        now = self._dialer.clock.now_ms()
        return Contact(
            campaign_key=self._campaign.key,
            id=contact_id(n),
            number=n,
            status=ContactStatus.PENDING,
            phone_numbers=(number(0),),
            created_at=now,
            due=now,
            kind=LaneKind.FIRST,
            data={"n": n},
        )


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A campaign of 100,550 contacts of whom 500 were deleted, on a DynamoDB Local made for long runs."""
    with dynamodb_local(jvm_options=()) as endpoint:
        config = Config(max_pool_connections=8, parameter_validation=False)
        yield filled(boto3.client("dynamodb", endpoint_url=endpoint, config=config))


def filled(client: Any) -> World:
    name = tables.create(client)
    dialer = Dialer(tables.open_table(client, name))
    campaign = dialer.campaign()
    assert counters.allocate(dialer.table, campaign.key, ADDED) == 0
    campaigns.register_lanes(dialer.table, campaign, {keys.DEFAULT_ZONE})
    Loader(client, dialer, campaign).load()
    gone = [n for n in range(ADDED) if is_deleted(n)][:DELETED]
    for n in gone:
        manage_contacts.delete(dialer.table, campaign, contact_id(n), dialer.clock.now_ms())
    left = [(contact_id(n), fate(n)) for n in sorted(set(range(ADDED)) - set(gone))]
    return World(client, dialer, campaign, left)


@each_filter
def test_all_pages_together_are_everyone_once_in_order_of_creation(world: World, wanted: Filter) -> None:
    expected = world.expected(wanted)

    def select(offset: int) -> Selection:
        return list_contacts.select(world.dialer.table, world.campaign, wanted, LARGEST_PAGE, offset)

    with ThreadPoolExecutor(THREADS) as threads:
        pages = list(threads.map(select, range(0, len(expected) + LARGEST_PAGE, LARGEST_PAGE)))
    assert [one for page in pages for one in page.ids] == expected
    assert {page.total for page in pages} == {len(expected)}


@each_filter
def test_a_page_costs_at_most_twice_as_much_at_any_offset(world: World, wanted: Filter) -> None:
    expected, now = world.expected(wanted), world.dialer.clock.now_ms()
    meter = Meter(world.client)
    table = meter.table(world.dialer.table.name)
    spent: dict[int, float] = {}

    def look(offset: int) -> None:
        page = list_contacts.page(table, world.campaign, wanted, PAGE, offset, now)
        assert [contact.id for contact in page.contacts] == expected[offset : offset + PAGE]
        assert page.total == len(expected)

    last_of_a_block_with_gaps = expected.index(contact_id(49 * keys.BLOCK_SIZE)) - PAGE if wanted is EVERYONE else 0
    last = min(100_000, len(expected) - PAGE)
    for offset in (0, len(expected) // 2, last_of_a_block_with_gaps, last):
        _, spent[offset] = meter.spend(partial(look, offset))
    print(f"read units of a page of {PAGE} by offset: {spent}")
    assert max(spent.values()) <= 2 * spent[0]


def test_stats_are_exact_and_cheap(world: World) -> None:
    meter = Meter(world.client)
    table = meter.table(world.dialer.table.name)
    answers: list[Any] = []
    _, spent = meter.spend(lambda: answers.append(stats.read(table, world.campaign, world.dialer.clock.now_ms())))
    recount = Counter(status for _, (status, _) in world.left)
    shown = answers[0].contacts
    assert shown.total == LEFT
    assert shown.pending == recount[ContactStatus.PENDING]
    assert shown.completed == recount[ContactStatus.COMPLETED]
    assert shown.exhausted == recount[ContactStatus.EXHAUSTED]
    assert shown.retry_waiting == sum(one == CALLED[77] for _, one in world.left)
    assert answers[0].attempts.total == sum(outcome is not None for _, (_, outcome) in world.left)
    print(f"stats of {LEFT} contacts: {spent} read units")
    assert spent <= STATS_UNITS
