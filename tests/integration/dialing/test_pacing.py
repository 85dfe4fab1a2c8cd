"""Pacing: calls leave no faster than the provider takes them, over all workers, and waiting costs next to nothing."""

from itertools import pairwise
from typing import Any

import pytest

from campanile.dialing import manage_concurrency
from campanile.domain.lifecycle import Outcome
from campanile.domain.limits import Limits
from campanile.schema.concurrency import ConcurrencyInput
from campanile.store import orgs, provider_accounts
from campanile.store.provider_accounts import Account
from campanile.store.table import Table
from campanile.telephony.port import PlaceResult, Refused
from tests.support.audit import audit
from tests.support.clock import VirtualClock
from tests.support.dialer import Dialer, number
from tests.support.table import CountingTable
from tests.support.telephony import Post
from tests.support.threads import at_once


def set_rate(dialer: Dialer, calls_per_second: float, limit: int = 10) -> None:
    wanted = ConcurrencyInput(concurrency_limit=limit, calls_per_second=calls_per_second)
    manage_concurrency.put(dialer.table, dialer.queue, dialer.limits, dialer.org, wanted, dialer.clock.now_ms())


def test_workers_that_reserve_at_once_never_get_the_same_time(dialer: Dialer) -> None:
    now = dialer.clock.now_ms()

    def reserve(_n: int) -> list[int]:
        return Account(dialer.table, dialer.org, 10.0).reserve(5, now, now + 60_000)

    times = sorted(time for of_worker in at_once(8, reserve) for time in of_worker)
    assert times
    assert all(later - earlier >= 100 for earlier, later in pairwise(times))


def test_nothing_is_reserved_beyond_the_latest_time(dialer: Dialer) -> None:
    now = dialer.clock.now_ms()
    assert Account(dialer.table, dialer.org, 10.0).reserve(50, now, now + 1_000) == [now + 100 * n for n in range(11)]
    assert Account(dialer.table, dialer.org, 10.0).reserve(50, now, now + 1_000) == []


@pytest.mark.parametrize(("calls_per_second", "gap_ms"), [(10, 100), (1, 1_000), (0.5, 2_000)])
def test_calls_leave_at_the_rate_of_the_org(dialer: Dialer, calls_per_second: float, gap_ms: int) -> None:
    set_rate(dialer, calls_per_second)
    dialer.add_people(dialer.campaign(), *(number(n) for n in range(5)))
    dialer.run()
    assert [later.at - earlier.at >= gap_ms for earlier, later in pairwise(dialer.posts)] == [True] * 4


def test_a_provider_that_has_too_much_is_left_alone_by_every_call(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    set_rate(dialer, 1, limit=20)
    dialer.add_people(campaign, *(number(n) for n in range(12)))
    refused: list[Post] = []

    def answer(post: Post) -> PlaceResult | None:
        if refused:
            return None
        refused.append(post)
        return Refused("too many requests", 8, is_account_wide=True)

    dialer.telephony.answer = answer
    dialer.serve_hints(30)
    after_the_refusal = [post.at - dialer.posts[0].at for post in dialer.posts[1:]]
    assert len(after_the_refusal) == 12
    # What had its turn reserved in the same second still goes.
    assert sorted(after_the_refusal)[1] >= 8_000
    audit(dialer, campaign)


def test_a_call_refused_for_its_own_sake_holds_up_no_other(dialer: Dialer) -> None:
    dialer.add_people(dialer.campaign(), number(1), number(2))
    dialer.telephony.answer = lambda post: Refused("rejected", 60) if post.to == number(1) else None
    dialer.run()
    assert [post.to for post in dialer.posts] == [number(1), number(2)]
    assert dialer.posts[1].at - dialer.posts[0].at <= 200


def test_waiting_for_the_rate_is_cheap(dialer: Dialer, dynamodb: Any) -> None:
    """At one call a second, the default of a Twilio account, a call takes few requests; the pass mostly waits."""
    set_rate(dialer, 1)
    dialer.add_people(dialer.campaign(), *(number(n) for n in range(10)))
    dialer.table = counting = CountingTable(dynamodb, dialer.table.name)
    dialer.run()
    assert len(dialer.posts) == 10
    reads = sum(counting.requests[name] for name in ("get_item", "batch_get_item", "query"))
    print(f"one call a second: {reads / 10:.1f} reads a call, {dict(counting.requests)}")
    assert reads / 10 <= 9


def test_a_callback_asked_for_and_due_within_one_pass_is_made_at_its_time(dialer: Dialer) -> None:
    """G5: callbacks at their time, also while a long pass works off a campaign."""
    dialer.limits = Limits(global_concurrency=0)
    set_rate(dialer, 10, limit=200)
    dialer.add_people(dialer.campaign(), *(number(n) for n in range(90)))
    asked: list[int] = []

    def meanwhile(_seconds: float) -> None:
        if not asked and dialer.posts:
            asked.append(dialer.clock.now_ms() + 2_000)
            dialer.end(dialer.posts[0], Outcome.CALLBACK_REQUESTED, callback_at_ms=asked[0])

    dialer.clock.on_sleep = meanwhile
    dialer.run()
    again = [post for post in dialer.posts[1:] if post.contact_id == dialer.posts[0].contact_id]
    assert [0 <= post.at - asked[0] <= 3_000 for post in again] == [True]


def test_a_contact_passed_over_in_a_campaign_that_is_paused_meanwhile_breaks_nothing(dialer: Dialer) -> None:
    """Its number is on the line; before that changes the pass has read its lanes anew, without the paused campaign."""
    dialer.add_people(dialer.ad_hoc, number(1))
    dialer.run()
    paused, busy = dialer.campaign(), dialer.campaign()
    dialer.add_people(paused, number(1))
    for tenths in (4, 8, 12, 16, 20):
        dialer.add_people(busy, number(1), scheduled_at=f"2026-07-01T17:00:{tenths / 10:04.1f}Z")
    dialer.add_people(busy, number(2), scheduled_at="2026-07-01T17:00:02.4Z")
    dialer.add_people(busy, number(3), scheduled_at="2026-07-01T17:00:02.8Z")

    def pause(_seconds: float) -> None:
        dialer.clock.on_sleep = None
        dialer.change(paused, "pause")

    dialer.clock.on_sleep = pause
    assert dialer.run() == 2
    assert [post.to for post in dialer.posts] == [number(1), number(2), number(3)]


def test_orgs_of_one_account_share_its_rate_and_keep_their_own(table: Table) -> None:
    clock = VirtualClock()
    dialers = [Dialer(table, clock=clock) for _ in range(2)]
    provider_accounts.set_rate(table, f"shared-{dialers[0].org}", 4)
    for dialer in dialers:
        orgs.set_account(table, dialer.org, f"shared-{dialers[0].org}")
        set_rate(dialer, 10)
        dialer.add_people(dialer.campaign(), *(number(n) for n in range(4)))
    while sum(len(dialer.posts) for dialer in dialers) < 8:
        for dialer in dialers:
            dialer.run()
        clock.advance(0.05)
    times = sorted(post.at for dialer in dialers for post in dialer.posts)
    assert all(later - earlier >= 250 for earlier, later in pairwise(times))


def test_a_slower_org_of_a_fast_account_keeps_its_own_rate(dialer: Dialer) -> None:
    provider_accounts.set_rate(dialer.table, dialer.org, 50)
    set_rate(dialer, 2)
    dialer.add_people(dialer.campaign(), *(number(n) for n in range(4)))
    dialer.run()
    assert all(later.at - earlier.at >= 500 for earlier, later in pairwise(dialer.posts))


def test_a_pass_that_an_account_blocks_for_long_ends_and_is_woken_when_it_is_free(dialer: Dialer) -> None:
    dialer.add_people(dialer.campaign(), number(1))
    free_at = dialer.clock.now_ms() + 600_000
    provider_accounts.back_off(dialer.table, dialer.org, free_at)
    dialer.queue.forget()
    began = dialer.clock.now_ms()
    assert dialer.run() == 0
    assert dialer.clock.now_ms() - began < 1_000
    assert dialer.queue.causes() == []
    dialer.serve_hints(590)
    assert dialer.posts == []
    dialer.serve_hints(15)
    assert [post.at >= free_at for post in dialer.posts] == [True]
