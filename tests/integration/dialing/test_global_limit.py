"""The deployment's limit holds over all orgs at every moment, and each gets its fair part of it (G2)."""

from collections.abc import Callable
from threading import Event

import pytest

from campanile.dialing import manage_concurrency
from campanile.domain.lifecycle import Outcome
from campanile.domain.limits import Limits
from campanile.schema.concurrency import ConcurrencyResponse
from campanile.store import global_limit, orgs, slots
from campanile.store.table import Table
from tests.support.clock import RealClock, VirtualClock
from tests.support.dialer import Dialer, number
from tests.support.threads import together

TOTAL = 6


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def org(empty_table: Table, clock: VirtualClock) -> Callable[..., Dialer]:
    """Makes an org with people to call; all orgs share one clock and the limit."""

    def make(limit: int, people: int = 40, total: int = TOTAL) -> Dialer:
        dialer = Dialer(empty_table, Limits(global_concurrency=total), clock)
        dialer.limit(limit)
        dialer.add_people(dialer.campaign(), *(number(n) for n in range(people)))
        return dialer

    return make


def in_flight(*dialers: Dialer) -> list[int]:
    return [len(dialer.held()) for dialer in dialers]


def end_one(dialer: Dialer) -> None:
    dialer.end(next(iter(dialer.telephony.live.values())), Outcome.ANSWERED)


def let_time_pass(seconds: int, *dialers: Dialer) -> None:
    """Calls of three seconds; every org looks once a second; never more calls than the limit in all."""
    for _ in range(seconds):
        for dialer in dialers:
            for post in list(dialer.telephony.live.values()):
                if dialer.clock.now_ms() - post.at >= 3_000:
                    dialer.end(post, Outcome.ANSWERED)
            dialer.run()
            assert sum(in_flight(*dialers)) <= TOTAL
        dialers[0].clock.advance(1)


def test_one_org_gets_all_it_may_have(org: Callable[..., Dialer]) -> None:
    small, large = org(2), org(40)
    small.run()
    large.run()
    assert in_flight(small, large) == [2, 4]


def test_an_org_that_needs_nothing_is_granted_nothing(org: Callable[..., Dialer], empty_table: Table) -> None:
    org(8, people=0).run()
    assert global_limit.read(empty_table).shares == {}


def test_two_orgs_that_want_more_than_there_is_come_to_their_fair_parts(org: Callable[..., Dialer]) -> None:
    first, second = org(8, people=60), org(4)
    let_time_pass(4, first)
    assert in_flight(first) == [6]
    let_time_pass(15, first, second)
    assert in_flight(first, second) == [4, 2]


def test_what_an_org_gives_back_counts_until_its_calls_are_over(
    org: Callable[..., Dialer], clock: VirtualClock
) -> None:
    first, second = org(8), org(8)
    first.run()
    second.run()
    clock.advance(6)
    second.run()
    assert in_flight(first, second) == [6, 0]
    end_one(first)
    first.run()
    assert in_flight(first, second) == [5, 0], "the part is smaller from the moment that it is asked for"
    clock.advance(6)
    second.run()
    assert in_flight(first, second) == [5, 1]


def test_an_org_that_waits_for_its_part_is_woken_to_ask_again(org: Callable[..., Dialer], clock: VirtualClock) -> None:
    org(8).run()
    second = org(8)
    second.queue.forget()
    second.run()
    assert clock.now_ms() + 5_000 in second.queue.wakes()


def test_the_part_of_an_org_whose_work_is_done_is_free(org: Callable[..., Dialer], clock: VirtualClock) -> None:
    first, second = org(8, people=6), org(8)
    first.run()
    for post in list(first.telephony.live.values()):
        first.end(post, Outcome.ANSWERED)
    clock.advance(61)
    second.run()
    assert in_flight(first, second) == [0, 6]


def test_a_lowered_global_limit_ends_no_call_and_allows_none_until_it_holds(
    org: Callable[..., Dialer], clock: VirtualClock
) -> None:
    first = org(8)
    first.run()
    first.limits = Limits(global_concurrency=2)
    first.run()
    assert in_flight(first) == [6]
    for left in (5, 4, 3, 2):
        end_one(first)
        clock.advance(6)
        first.run()
        assert in_flight(first) == [left]
    end_one(first)
    clock.advance(6)
    first.run()
    assert in_flight(first) == [2]


def test_without_a_global_limit_each_org_has_its_own(org: Callable[..., Dialer], empty_table: Table) -> None:
    first = org(8, total=0)
    first.run()
    assert in_flight(first) == [8]
    assert global_limit.read(empty_table).shares == {}


def test_calls_made_without_a_global_limit_count_under_a_new_one(
    org: Callable[..., Dialer], clock: VirtualClock
) -> None:
    first, second = org(8, total=0), org(8)
    first.run()
    first.limits = second.limits
    first.run()
    for _ in range(3):
        second.run()
        clock.advance(6)
    assert in_flight(first, second) == [8, 0]
    for _ in range(3):
        end_one(first)
    clock.advance(6)
    second.run()
    assert in_flight(first, second) == [5, 1]


def settings_of(dialer: Dialer) -> ConcurrencyResponse:
    return manage_concurrency.get(dialer.table, dialer.limits, dialer.org, dialer.clock.now_ms())


def test_the_settings_say_what_the_org_is_entitled_to(org: Callable[..., Dialer], clock: VirtualClock) -> None:
    first, second = org(8), org(4)
    assert settings_of(second).effective_limit == 4
    first.run()
    assert [settings_of(one).effective_limit for one in (first, second)] == [6, 2]
    second.run()
    assert [settings_of(one).effective_limit for one in (first, second)] == [4, 2]
    clock.advance(61)
    assert [settings_of(one).effective_limit for one in (first, second)] == [6, 4], "nobody asks any more"


def test_an_idle_org_that_holds_everything_leaves_others_their_limit(
    org: Callable[..., Dialer], clock: VirtualClock
) -> None:
    first, second = org(8, people=6), org(8)
    first.run()
    for post in list(first.telephony.live.values()):
        first.end(post, Outcome.ANSWERED)
    clock.advance(61)
    assert settings_of(second).effective_limit == TOTAL


def test_many_workers_of_many_orgs_never_exceed_the_limit_nor_starve(empty_table: Table) -> None:
    """Real threads on real time: four orgs that want ten calls each, a limit of six, calls of some milliseconds."""
    clock = RealClock()
    dialers = [Dialer(empty_table, Limits(global_concurrency=TOTAL), clock) for _ in range(4)]
    for dialer in dialers:
        dialer.add_people(dialer.campaign(), *(number(n) for n in range(12)))
    over: list[int] = []
    finished = Event()

    def watch() -> None:
        """Each org's slots are read at a moment of its own, so only what two readings in a row show is certain."""
        while not finished.is_set():
            certain = [
                {one.attempt_id for one in dialer.held()} & {one.attempt_id for one in dialer.held()}
                for dialer in dialers
            ]
            again = [{one.attempt_id for one in dialer.held()} for dialer in dialers]
            count = sum(len(before & after) for before, after in zip(certain, again, strict=True))
            if count > TOTAL:
                over.append(count)

    def work(dialer: Dialer) -> None:
        while dialer.stats(dialer.read_campaign(campaign_of(dialer))).contacts.completed < 12:
            dialer.run()
            for post in list(dialer.telephony.live.values()):
                dialer.end(post, Outcome.ANSWERED)
            clock.sleep(0.01)

    def campaign_of(dialer: Dialer) -> str:
        [entry] = orgs.dial_view(empty_table, dialer.org)[1]
        return entry.campaign_key

    def work_all() -> None:
        together([lambda dialer=dialer: work(dialer) for dialer in dialers for _ in range(2)])  # type: ignore[misc]
        finished.set()

    together([watch, work_all])
    assert over == []
    assert all(dialer.telephony.overlaps == [] for dialer in dialers)
    assert all(slots.in_use(empty_table, orgs.settings(empty_table, dialer.org)) == [] for dialer in dialers)
