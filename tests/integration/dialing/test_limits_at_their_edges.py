"""The global limit, the daily cap and the provider's pauses at their edges."""

from campanile.domain import pacing
from campanile.domain.lifecycle import Outcome
from campanile.domain.limits import Limits
from campanile.store.provider_accounts import Account
from campanile.store.table import Table
from campanile.telephony.port import PlaceResult, Refused
from tests.support.clock import VirtualClock
from tests.support.dialer import Dialer, number
from tests.support.table import Request
from tests.support.telephony import Post


def test_calls_in_flight_when_a_global_limit_is_introduced_count_against_it(empty_table: Table) -> None:
    clock = VirtualClock()
    first, second = (Dialer(empty_table, Limits(global_concurrency=0), clock) for _ in range(2))
    for dialer in first, second:
        dialer.add_people(dialer.campaign(), *(number(n) for n in range(20)))
    first.run()
    assert len(first.held()) == 10
    for dialer in first, second:
        dialer.limits = Limits(global_concurrency=12)
    clock.advance(1)
    second.run()  # the first org's next pass comes later
    assert len(first.held()) + len(second.held()) <= 12


def test_an_org_comes_under_a_new_global_limit_though_its_own_changes_at_that_moment(empty_table: Table) -> None:
    dialer = Dialer(empty_table, Limits(global_concurrency=0))
    dialer.add_people(dialer.campaign(), *(number(n) for n in range(40)))
    dialer.limits = Limits(global_concurrency=5)
    raised: list[int] = []

    def raise_limit(request: Request) -> None:
        if request.operation == "write" and ":global" in request.about.values and not raised:
            raised.append(40)
            dialer.limit(40)

    with dialer.interposed(before=raise_limit):
        dialer.run()
    assert len(dialer.held()) <= 5


def test_what_an_org_neither_uses_nor_asks_for_goes_to_who_needs_it(empty_table: Table) -> None:
    clock = VirtualClock()
    idle, busy = (Dialer(empty_table, Limits(global_concurrency=6), clock) for _ in range(2))
    idle.limit(60)
    busy.limit(6)
    idle.add_people(idle.campaign(), *(number(n) for n in range(6)))
    idle.run()
    assert len(idle.held()) == 6
    for post in list(idle.telephony.live.values())[1:]:  # one call goes on for long, nobody waits
        idle.end(post, Outcome.ANSWERED)
    busy.add_people(busy.campaign(), *(number(n) for n in range(20)))
    for _ in range(300):
        for dialer in idle, busy:
            dialer.run()
        clock.advance(1)
    assert len(idle.held()) == 1
    assert len(busy.held()) == 5


def test_a_number_is_never_dialed_more_often_in_24_hours_than_its_cap(dialer: Dialer) -> None:
    campaign = dialer.campaign(daily_attempts_per_number=1, retry_delay_seconds=60)
    dialer.add_people(campaign, number(1))
    now = dialer.clock.now_ms()
    # The account is busy with another org's calls, so the first send is a second ahead of its LOCK.
    Account(dialer.table, dialer.org, 10.0).reserve(9, now, now + 1_000)
    dialer.call(Outcome.NO_ANSWER)
    dialer.clock.advance(120)
    dialer.run()
    due = dialer.stored(campaign, dialer.page(campaign).contacts[0].id).due
    dialer.clock.advance((due - dialer.clock.now_ms()) / 1000)
    dialer.run()
    first, second = dialer.posts
    assert second.at - first.at >= pacing.DAY_MS


def test_a_providers_absurd_pause_does_not_stop_the_account_for_good(dialer: Dialer) -> None:
    dialer.add_people(dialer.campaign(), *(number(n) for n in range(20)))
    refused: list[Post] = []

    def answer(post: Post) -> PlaceResult | None:
        if refused:
            return None
        refused.append(post)
        return Refused("too many requests", 10 * 365 * 86_400, is_account_wide=True)

    dialer.telephony.answer = answer
    dialer.run()
    before = len(dialer.posts)
    dialer.clock.advance(7 * 86_400)
    for post in list(dialer.telephony.live.values()):
        dialer.end(post, Outcome.ANSWERED)
    dialer.run()
    assert len(dialer.posts) > before


def test_a_refusal_without_a_pause_is_not_repeated_at_the_accounts_full_rate(dialer: Dialer) -> None:
    dialer.add_people(dialer.campaign(), number(1))
    dialer.telephony.answer = lambda _post: Refused("too many requests", 0, is_account_wide=True)
    dialer.serve_hints(20)
    assert len(dialer.posts) <= 25
