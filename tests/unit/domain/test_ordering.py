"""In which order contacts are dialed (G5): lanes as the index keeps them, and the agenda that merges them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid4, uuid5

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from campanile.dialing.agenda import Agenda
from campanile.domain.campaign import AD_HOC_PRIORITY
from campanile.domain.contact import LaneKind
from campanile.domain.ordering import RANKS, parse_head
from campanile.domain.org import SheetEntry
from campanile.domain.times import milliseconds
from campanile.schema.contacts import ContactInput
from campanile.store import keys
from campanile.store.table import Put, Table
from tests.support.template import table_definition

NOW = 1_782_925_200_000
NAMESPACE = UUID("0197b2a0-5c3e-7d41-9f02-6b1d2c3e4f50")
CALLBACK, FIRST, RETRY, SCHEDULED = LaneKind.CALLBACK, LaneKind.FIRST, LaneKind.RETRY, LaneKind.SCHEDULED


class Waiting(NamedTuple):
    """A pending contact: its campaign's name and priority, why it waits, since when, its creation number."""

    kind: LaneKind
    due: int = NOW
    number: int = 0
    priority: int = 1
    campaign: str = "spring"
    zone: str = keys.DEFAULT_ZONE

    @property
    def contact_id(self) -> str:
        return str(uuid5(NAMESPACE, f"{self.campaign} {self.priority} {self.number}"))

    @property
    def lane_sort(self) -> str:
        return keys.lane_sort(self.kind, self.due, self.number, self.contact_id)


def place(one: Waiting) -> tuple[int, int, int, int]:
    """G5: priority, then callbacks, first calls, retries, then earliest due, then order of creation."""
    return -one.priority, {CALLBACK: 0, FIRST: 1, SCHEDULED: 1, RETRY: 2}[one.kind], one.due, one.number


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(TableName="table", **table_definition("Table"))
        yield Table(client, "table", Random(0), sleep=lambda _: None)


def agenda_of(table: Table, waiting: Sequence[Waiting]) -> Agenda:
    """The agenda of campaigns without calling windows, new ones each time, before anything is taken."""
    entries: dict[tuple[str, int], SheetEntry] = {}
    for one in waiting:
        campaign = (one.campaign, one.priority)
        entry = entries.get(campaign) or SheetEntry(str(uuid4()), one.priority, None, frozenset())
        entries[campaign] = replace(entry, lanes=entry.lanes | {one.zone})
        lane = {"lane": keys.lane(entry.campaign_key, one.zone), "lane_sort": one.lane_sort}
        table.write(Put({**keys.contact(entry.campaign_key, one.contact_id), **lane}))
    agenda = Agenda(table, "acme")
    agenda.follow(list(entries.values()))
    return agenda


def dialed(table: Table, waiting: Sequence[Waiting], at_a_time: int = 3) -> list[Waiting]:
    """The contacts in the order in which a pass takes them, some at a time, until none is due."""
    by_id = {one.contact_id: one for one in waiting}
    order: list[Waiting] = []
    agenda = agenda_of(table, waiting)
    while heads := agenda.take(at_a_time, NOW):
        order += [by_id[head.contact_id] for head in heads]
    return order


def test_every_reason_to_wait_has_one_rank() -> None:
    assert sorted(kind for kinds in RANKS for kind in kinds) == sorted(LaneKind)


def test_a_retry_of_a_higher_campaign_goes_before_a_callback_of_a_lower_one(table: Table) -> None:
    low, high = Waiting(CALLBACK, NOW - 9), Waiting(RETRY, priority=2)
    assert dialed(table, [low, high]) == [high, low]


def test_ad_hoc_contacts_go_before_the_highest_campaign(table: Table) -> None:
    ad_hoc = Waiting(RETRY, priority=AD_HOC_PRIORITY, campaign="default")
    top = Waiting(CALLBACK, NOW - 9, priority=999_999)
    assert dialed(table, [top, ad_hoc]) == [ad_hoc, top]


def test_within_a_campaign_callbacks_go_before_first_calls_and_first_calls_before_retries(table: Table) -> None:
    retry, first, callback = Waiting(RETRY, NOW - 3, 0), Waiting(FIRST, NOW - 2, 1), Waiting(CALLBACK, NOW - 1, 2)
    assert dialed(table, [retry, first, callback]) == [callback, first, retry]


def test_a_scheduled_first_call_goes_among_the_plain_ones_by_its_time(table: Table) -> None:
    early, scheduled, late = Waiting(FIRST, NOW - 3, 1), Waiting(SCHEDULED, NOW - 2, 0), Waiting(FIRST, NOW - 1, 2)
    assert dialed(table, [late, scheduled, early]) == [early, scheduled, late]


def test_contacts_due_at_the_same_time_go_in_order_of_creation(table: Table) -> None:
    crowd = [Waiting(FIRST, number=n) for n in range(45)]  # more than two pages of the index
    assert dialed(table, crowd[::-1]) == crowd


def test_timezones_and_campaigns_of_one_priority_are_merged_by_age(table: Table) -> None:
    crowd = [
        Waiting(FIRST, NOW - 4, 0, zone="America/New_York"),
        Waiting(FIRST, NOW - 3, 0, campaign="autumn"),
        Waiting(FIRST, NOW - 2, 1),
        Waiting(FIRST, NOW - 1, 2, zone="Asia/Kolkata"),
    ]
    assert dialed(table, crowd[::-1]) == crowd


def test_what_is_not_due_yet_is_not_dialed_and_holds_up_nothing_else(table: Table) -> None:
    callback, first = Waiting(CALLBACK, NOW + 1), Waiting(FIRST, NOW, 1)
    assert dialed(table, [callback, first]) == [first]


def test_the_agenda_knows_when_the_next_contact_falls_due(table: Table) -> None:
    agenda = agenda_of(table, [Waiting(CALLBACK, NOW + 20_000), Waiting(RETRY, NOW + 5_000, 1)])
    assert agenda.take(9, NOW) == []
    assert agenda.next_due(NOW) == NOW + 5_000
    assert agenda.next_due(NOW + 7_000) == NOW + 7_000


def test_a_contact_is_taken_once_until_it_is_put_back(table: Table) -> None:
    first, second = Waiting(FIRST, NOW - 2), Waiting(FIRST, NOW - 1, 1)
    agenda = agenda_of(table, [first, second])
    [head] = agenda.take(1, NOW)
    agenda.put_back(head)
    again = [each.contact_id for each in agenda.take(5, NOW)]
    assert (head.contact_id, again) == (first.contact_id, [first.contact_id, second.contact_id])
    assert agenda.take(5, NOW) == []


def test_contacts_of_a_campaign_that_left_the_dial_sheet_are_not_taken(table: Table) -> None:
    agenda = agenda_of(table, [Waiting(FIRST), Waiting(RETRY, number=1)])
    agenda.take(1, NOW)
    agenda.follow([])
    assert agenda.take(5, NOW) == []
    assert agenda.next_due(NOW) is None


waiting_contacts = st.builds(
    Waiting,
    kind=st.sampled_from(LaneKind),
    due=st.integers(NOW - 2, NOW),
    number=st.integers(0, 30),
    priority=st.integers(0, 2),
    campaign=st.sampled_from(["spring", "autumn"]),
    zone=st.sampled_from([keys.DEFAULT_ZONE, "Asia/Kolkata"]),
)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.lists(waiting_contacts, max_size=25, unique_by=lambda one: one.contact_id), st.integers(1, 7))
def test_whatever_waits_everything_due_is_dialed_once_and_in_order(
    table: Table, crowd: list[Waiting], at_a_time: int
) -> None:
    order = dialed(table, crowd, at_a_time)
    assert sorted(order) == sorted(crowd)
    assert [place(one) for one in order] == sorted(map(place, crowd))


@settings(deadline=None, derandomize=True)
@given(waiting_contacts)
def test_a_lane_entry_tells_everything_that_dialing_in_order_needs(one: Waiting) -> None:
    head = parse_head("campaign", one.zone, one.lane_sort)
    assert (head.campaign_key, head.zone, head.contact_id) == ("campaign", one.zone, one.contact_id)
    assert (head.kind, head.due, head.number) == (one.kind, one.due, one.number)
    assert head.age == (one.due, one.number)


instants = st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(deadline=None, derandomize=True)
@given(instants, instants, st.integers(0, 999_999_999), st.integers(0, 999_999_999))
def test_the_index_sorts_a_lane_by_due_time_for_every_time_a_contact_may_be_scheduled_at(
    one: datetime, other: datetime, number: int, other_number: int
) -> None:
    contact_id = str(NAMESPACE)
    ages = []
    for moment, creation in ((one, number), (other, other_number)):
        scheduled_at = ContactInput.model_validate({"scheduled_at": moment.isoformat()}).scheduled_at
        assert scheduled_at
        due = milliseconds(scheduled_at)
        ages.append(((due, creation), keys.lane_sort(SCHEDULED, due, creation, contact_id)))
    assert sorted(ages) == sorted(ages, key=lambda age: age[1])
