"""LOCK: a contact, a slot and a number are taken together or not at all, however many workers try (G1, G2)."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from campanile.dialing import manage_concurrency
from campanile.domain.call import Slot
from campanile.domain.contact import Contact
from campanile.domain.lifecycle import ContactStatus, Outcome
from campanile.domain.limits import Limits
from campanile.domain.org import OrgSettings
from campanile.schema.concurrency import ConcurrencyInput
from campanile.store import calls, number_locks, orgs, slots
from campanile.store.calls import Lock
from campanile.store.number_locks import NumberLock
from campanile.store.table import Table
from tests.support import table as tables
from tests.support.audit import audit, every_contact
from tests.support.clock import RealClock
from tests.support.dialer import Dialer, number
from tests.support.slots import slot_for
from tests.support.threads import at_once


def try_lock(
    dialer: Dialer,
    contact: Contact,
    n: int,
    settings: OrgSettings | None = None,
    number_lock: NumberLock | None = None,
) -> tuple[Lock, Slot]:
    current = settings or orgs.settings(dialer.table, dialer.org)
    slot = slot_for(dialer, contact, n)
    return calls.lock(dialer.table, current, contact, slot, number_lock), slot


def people(dialer: Dialer, count: int) -> list[Contact]:
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(count)))
    return every_contact(dialer.table, campaign.key)


def put_limit(dialer: Dialer, limit: int) -> None:
    """As the API does."""
    wanted = ConcurrencyInput(concurrency_limit=limit)
    manage_concurrency.put(dialer.table, dialer.queue, dialer.limits, dialer.org, wanted, dialer.clock.now_ms())


def lock_greedily(dialer: Dialer, contacts: Sequence[Contact], seed: int) -> list[str]:
    """A worker without manners: it tries every contact on every slot, in an order of its own."""
    random = Random(seed)
    settings = orgs.settings(dialer.table, dialer.org)
    locked = []
    for contact in random.sample(contacts, len(contacts)):
        for n in random.sample(range(settings.usable), settings.usable):
            result, _ = try_lock(dialer, contact, n, settings)
            if result is Lock.LOCKED:
                locked.append(contact.id)
            if result is not Lock.SLOT_TAKEN:
                break
        else:
            break
    return locked


def test_64_workers_never_hold_more_than_ten_slots_and_lock_each_contact_once(dialer: Dialer) -> None:
    contacts = people(dialer, 20)
    won = at_once(64, lambda n: lock_greedily(dialer, contacts, n))
    locked = [contact_id for of_worker in won for contact_id in of_worker]
    assert len(locked) == len(set(locked)) == 10
    held = dialer.held()
    assert sorted(slot.n for slot in held) == list(range(10))
    assert {slot.contact_id for slot in held} == set(locked)
    active = [one for one in every_contact(dialer.table, contacts[0].campaign_key) if one.status == "active"]
    assert {one.id for one in active} == set(locked)


def test_16_passes_at_once_place_one_call_per_contact_within_the_limit(table: Table) -> None:
    dialer = Dialer(table, clock=RealClock())
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(25)))
    at_once(16, lambda _n: dialer.run())
    assert len(dialer.posts) == 10
    assert dialer.telephony.most_live == 10
    audit(dialer, campaign)
    while dialer.telephony.live:
        for post in list(dialer.telephony.live.values()):
            dialer.end(post, Outcome.ANSWERED)
        at_once(4, lambda _n: dialer.run())
    assert dialer.telephony.most_live == 10
    assert [one.status for one in audit(dialer, campaign)] == [ContactStatus.COMPLETED] * 25
    assert len(dialer.posts) == 25
    assert dialer.telephony.overlaps == []


def test_two_orgs_have_limits_of_their_own(table: Table) -> None:
    one, other = Dialer(table), Dialer(table)
    one.limit(2)
    other.limit(3)
    for dialer in (one, other):
        dialer.add_people(dialer.campaign(), *(number(n) for n in range(5)))
        dialer.run()
    assert (len(one.posts), len(other.posts)) == (2, 3)
    assert {slot.org for slot in one.held()} == {one.org}


def test_one_number_may_be_on_the_line_in_two_orgs_at_once(table: Table) -> None:
    one, other = Dialer(table), Dialer(table)
    for dialer in (one, other):
        dialer.add_people(dialer.campaign(), number(1))
        dialer.run()
        assert len(dialer.posts) == 1


def test_a_contact_changed_since_it_was_read_is_not_locked(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    [seen] = every_contact(dialer.table, campaign.key)
    dialer.upsert(campaign, {"external_id": "ana", "phone_numbers": [number(2)]})
    assert try_lock(dialer, seen, 0)[0] is Lock.CONTACT_CHANGED
    assert dialer.held() == []
    audit(dialer, campaign)


def test_a_contact_on_a_call_is_not_locked_again(dialer: Dialer) -> None:
    [contact] = people(dialer, 1)
    assert try_lock(dialer, contact, 0)[0] is Lock.LOCKED
    assert try_lock(dialer, contact, 1)[0] is Lock.CONTACT_CHANGED
    assert len(dialer.held()) == 1


def test_a_taken_slot_is_not_locked(dialer: Dialer) -> None:
    one, other = people(dialer, 2)
    assert try_lock(dialer, one, 0)[0] is Lock.LOCKED
    assert try_lock(dialer, other, 0)[0] is Lock.SLOT_TAKEN


def test_a_slot_beyond_the_limit_is_not_locked(dialer: Dialer) -> None:
    [contact] = people(dialer, 1)
    assert try_lock(dialer, contact, 9 + 1)[0] is Lock.LIMIT_CHANGED
    assert try_lock(dialer, contact, 9)[0] is Lock.LOCKED


@pytest.mark.parametrize("limit", [5, 20])
def test_a_worker_that_counted_with_the_former_limit_locks_nothing(dialer: Dialer, limit: int) -> None:
    [contact] = people(dialer, 1)
    counted_with = orgs.settings(dialer.table, dialer.org)
    put_limit(dialer, limit)
    assert try_lock(dialer, contact, 0, counted_with)[0] is Lock.LIMIT_CHANGED
    assert dialer.held() == []


def test_a_number_on_another_call_is_not_locked(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1), number(1))
    one, other = every_contact(dialer.table, campaign.key)
    _, slot = try_lock(dialer, one, 0)
    known = number_locks.locks(dialer.table, dialer.org, [number(1)])[number(1)]
    assert (known.attempt_id, known.slot) == (slot.attempt_id, 0)
    assert try_lock(dialer, other, 1, number_lock=None)[0] is Lock.NUMBER_BUSY
    assert try_lock(dialer, other, 1, number_lock=known)[0] is Lock.NUMBER_BUSY


def test_the_number_of_a_finished_call_is_taken_over(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1), number(1))
    dialer.limit(1)
    first = dialer.call(Outcome.ANSWERED)
    second = dialer.call(Outcome.ANSWERED)
    assert first.contact_id != second.contact_id
    known = number_locks.locks(dialer.table, dialer.org, [number(1)])[number(1)]
    assert known.attempt_id == second.attempt_id
    assert len(known.times) == 2


def test_a_number_lock_that_another_took_over_meanwhile_is_not_taken(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1), number(1), number(1))
    first = dialer.call
    dialer.limit(1)
    first(Outcome.ANSWERED)
    seen = number_locks.locks(dialer.table, dialer.org, [number(1)])[number(1)]
    first(Outcome.ANSWERED)
    waiting = [one for one in every_contact(dialer.table, campaign.key) if one.status is ContactStatus.PENDING]
    assert try_lock(dialer, waiting[0], 0, number_lock=seen)[0] is Lock.NUMBER_BUSY


def test_a_number_remembers_its_last_twenty_attempts(dialer: Dialer) -> None:
    dialer.limit(1)
    for _ in range(2):
        dialer.add_people(dialer.campaign(retry_attempts=10, retry_delay_seconds=1), number(1))
        for _ in range(11):
            dialer.call(Outcome.NO_ANSWER)
            dialer.clock.advance(2)
    known = number_locks.locks(dialer.table, dialer.org, [number(1)])[number(1)]
    assert len(known.times) == 20
    assert list(known.times) == sorted(known.times)


def test_a_lowered_limit_stops_new_calls_at_once_and_ends_none(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(20)))
    dialer.run()
    put_limit(dialer, 3)
    for post in dialer.posts[:7]:
        assert len(dialer.held()) > 3 - 1
        dialer.end(post, Outcome.ANSWERED)
        dialer.run()
    assert len(dialer.posts) == 10, "seven of ten calls had to end before the limit of three leaves room"
    dialer.end(dialer.posts[7], Outcome.ANSWERED)
    dialer.run()
    assert len(dialer.posts) == 11
    assert len(dialer.held()) == 3


def test_calls_beyond_a_lowered_limit_are_counted_and_looked_after(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(10)))
    dialer.run()
    put_limit(dialer, 1)
    answer = manage_concurrency.get(dialer.table, dialer.limits, dialer.org, dialer.clock.now_ms())
    assert (answer.concurrency_limit, answer.active_count) == (1, 10)
    assert dialer.stats(campaign).active_calls == 10


def test_a_limit_lowered_in_mid_pass_stops_the_pass(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(10)))
    lowered: list[int] = []

    def lower(_post: Any) -> None:
        if not lowered:
            lowered.append(1)
            put_limit(dialer, 1)

    dialer.telephony.answer = lower
    dialer.run()
    at_the_answer = len(dialer.posts)
    assert len(dialer.held()) == at_the_answer == 1


def test_random_limits_and_calls_never_exceed_the_limit_of_their_moment(dialer: Dialer) -> None:
    """While a lowered limit drains, active calls only become fewer."""
    random = Random(7)
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(60)))
    limit = 10
    for _ in range(12):
        before = len(dialer.held())
        if random.random() < 0.3:
            limit = random.randint(1, 12)
            put_limit(dialer, limit)
        at_once(2, lambda _n: dialer.run())
        assert len(dialer.held()) <= max(limit, before)
        live = list(dialer.telephony.live.values())
        for post in random.sample(live, min(len(live), random.randint(0, 4))):
            dialer.end(post, Outcome.ANSWERED)
    audit(dialer, campaign)


def test_raising_the_limit_is_one_write(dialer: Dialer, dynamodb: Any) -> None:
    counting = tables.CountingTable(dynamodb, dialer.table.name)
    current = orgs.settings(dialer.table, dialer.org)
    assert orgs.set_limit(counting, current, 200, current.calls_per_second)
    assert dict(counting.requests) == {"update_item": 1}


def test_a_raised_limit_is_used_at_once(table: Table) -> None:
    dialer = Dialer(table, Limits(global_concurrency=0))
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(110)))
    put_limit(dialer, 105)
    dialer.run()
    assert len(dialer.posts) == 105
    assert len(dialer.held()) == 105
    audit(dialer, campaign)


def test_two_changes_of_the_limit_at_once_end_in_one_of_them(dialer: Dialer) -> None:
    at_once(8, lambda n: put_limit(dialer, n + 1))
    settings = orgs.settings(dialer.table, dialer.org)
    assert settings.concurrency_limit in range(1, 9)
    assert settings.limit_rev == 9, "the first look, and each change"


def test_the_deployments_limit_caps_an_orgs(empty_table: Table) -> None:
    dialer = Dialer(empty_table, Limits(global_concurrency=3))
    dialer.add_people(dialer.campaign(), *(number(n) for n in range(5)))
    dialer.run()
    assert len(dialer.posts) == 3
    assert manage_concurrency.get(dialer.table, dialer.limits, dialer.org, dialer.clock.now_ms()).effective_limit == 3


def test_a_freed_slot_is_not_freed_for_the_next_call_in_it(dialer: Dialer) -> None:
    """A late FINAL of the former call in a slot leaves the present one alone."""
    campaign = dialer.campaign()
    dialer.limit(1)
    dialer.add_people(campaign, number(1), number(2))
    first = dialer.call(Outcome.ANSWERED)
    dialer.run()
    assert not dialer.end(first, Outcome.NO_ANSWER)
    [held] = dialer.held()
    assert held.attempt_id == dialer.posts[1].attempt_id
    gone = slots.get(dialer.table, dialer.org, 5)
    assert gone is None
