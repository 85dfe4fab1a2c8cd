"""The tick's registry: no org with work is ever forgotten (G4)."""

import pytest

from campanile.adapters.dial_queue import INDEX_LAG_MS, TICK
from campanile.dialing import dial_pass, tick
from campanile.domain.lifecycle import Outcome
from campanile.store import keys, work_registry
from campanile.store.table import Delete, Table
from tests.support.dialer import DAY, Dialer, number
from tests.support.table import Request

FIVE_MINUTES = 300


def registered(dialer: Dialer) -> work_registry.Registration:
    found = work_registry.read(dialer.table, dialer.org)
    assert found
    return found


def test_an_announcement_lowers_the_due_time_and_bumps_the_sequence(dialer: Dialer) -> None:
    work_registry.mark_work(dialer.table, dialer.org, 5_000, 1_000)
    first = registered(dialer)
    work_registry.mark_work(dialer.table, dialer.org, 3_000, 2_000)
    second = registered(dialer)
    assert (first.next_due_at, second.next_due_at) == (5_000, 3_000)
    assert second.seq > first.seq
    assert second.announced_at == 2_000


def test_a_later_announcement_never_raises_the_due_time(dialer: Dialer) -> None:
    work_registry.mark_work(dialer.table, dialer.org, 3_000, 1_000)
    work_registry.mark_work(dialer.table, dialer.org, 9_000, 2_000)
    assert registered(dialer).next_due_at == 3_000
    assert registered(dialer).seq == 2


def test_a_registration_settled_while_work_is_announced_keeps_a_due_time(dialer: Dialer) -> None:
    """The worker removes the item between the two writes of an announcement."""
    work_registry.mark_work(dialer.table, dialer.org, 1_000, 1_000)
    seen = registered(dialer)

    def remove_before_the_second_write(request: Request) -> None:
        if not request.about.condition:
            work_registry.settle(dialer.table, seen, None)

    with dialer.interposed(remove_before_the_second_write):
        work_registry.mark_work(dialer.table, dialer.org, 5_000, 2_000)
    assert registered(dialer).next_due_at == 5_000


def test_a_registration_made_anew_is_not_removed_by_a_worker_that_saw_the_former_one(dialer: Dialer) -> None:
    work_registry.mark_work(dialer.table, dialer.org, 1_000, 1_000)
    seen = registered(dialer)
    assert work_registry.settle(dialer.table, seen, None)
    work_registry.mark_work(dialer.table, dialer.org, 2_000, 900_000)
    assert not work_registry.settle(dialer.table, seen, None)
    assert registered(dialer).next_due_at == 2_000


def test_nothing_settles_before_five_minutes(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.call(Outcome.ANSWERED)
    dialer.clock.advance(FIVE_MINUTES - 1)
    dialer.run([dialer.hint(TICK)])
    assert work_registry.read(dialer.table, dialer.org)


def test_an_org_without_work_is_forgotten_after_five_minutes(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.call(Outcome.ANSWERED)
    dialer.clock.advance(FIVE_MINUTES + 1)
    dialer.run([dialer.hint(TICK)])
    assert work_registry.read(dialer.table, dialer.org) is None


def test_an_org_whose_next_work_is_tomorrow_is_looked_at_tomorrow(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1), scheduled_at="2026-07-02T17:00:00Z")
    dialer.clock.advance(FIVE_MINUTES + 1)
    dialer.run([dialer.hint(TICK)])
    dialer.clock.set("2026-07-02T17:00:00Z")
    assert registered(dialer).next_due_at == dialer.clock.now_ms()


def test_an_org_whose_window_is_closed_is_looked_at_when_it_opens(dialer: Dialer) -> None:
    morning = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "10:00"}]
    campaign = dialer.campaign(default_windows=morning, default_timezone="America/New_York")
    dialer.add_people(campaign, number(1))
    dialer.clock.advance(FIVE_MINUTES + 1)
    dialer.run([dialer.hint(TICK)])
    dialer.clock.set("2026-07-02T13:00:00Z")
    assert registered(dialer).next_due_at == dialer.clock.now_ms()


def test_nothing_settles_while_a_slot_is_held(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.run()
    dialer.clock.advance(DAY)
    dialer.run([dialer.hint(TICK)])
    assert dialer.held()
    assert work_registry.read(dialer.table, dialer.org)


def test_a_lock_taken_while_another_pass_settles_keeps_the_registration(dialer: Dialer) -> None:
    """Pass A has looked for held slots and found none; pass B locks the last contact; A finds the lanes empty."""
    campaign = dialer.campaign()
    dialer.limit(1)
    dialer.add_people(campaign, number(1))
    dialer.clock.advance(FIVE_MINUTES + 1)
    announced = registered(dialer).seq

    def lock_before_the_look_at_the_lanes(request: Request) -> None:
        if request.options.get("index") == keys.LANES and not dialer.held():
            dialer.run()

    hints = [dialer.hint(TICK)]
    with dialer.interposed(lock_before_the_look_at_the_lanes):
        dial_pass.run(dialer.ports, dialer.org, hints, dialer.executor, lambda: False)
    assert dialer.held()
    assert registered(dialer).seq >= announced


def test_a_storm_of_hints_costs_one_pass(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    storm = [dialer.hint("contacts_added")] * 100
    dialer.clock.advance(0.2)
    looks: list[Request] = []

    def look(request: Request) -> None:
        if request.operation == "batch_get" and keys.dial_sheet(dialer.org) in request.about:
            looks.append(request)

    with dialer.interposed(look):
        locked = [dialer.run(storm[start : start + 10]) for start in range(0, 100, 10)]
    assert locked == [1] + [0] * 9
    assert len(looks) == 1


def test_a_hint_sent_after_the_last_pass_began_is_followed(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.run([dialer.hint(), dialer.hint()])
    dialer.add_people(campaign, number(1))
    assert dialer.run([dialer.hint("contacts_added")]) == 1


def test_what_a_hint_tells_of_before_the_index_shows_it_is_told_again(dialer: Dialer) -> None:
    """Contacts added, and a contact that is due again at once after its call: both enter a lane."""
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    assert dialer.queue.wakes() == [dialer.clock.now_ms() + INDEX_LAG_MS]
    dialer.queue.forget()
    dialer.add(campaign, {"phone_numbers": [number(2), number(3)]})
    dialer.run()
    dialer.queue.forget()
    dialer.end(dialer.posts[-1], Outcome.INVALID_NUMBER)
    assert dialer.queue.wakes() == [dialer.clock.now_ms() + INDEX_LAG_MS]


def test_one_fresh_hint_among_served_ones_is_enough(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    old = dialer.hint("test")
    dialer.clock.advance(10)
    dialer.add_people(campaign, number(1))
    dialer.run([old, old])
    dialer.add_people(campaign, number(2))
    assert dialer.run([old, dialer.hint("test")]) == 1


def test_the_tick_hints_an_org_with_work_due_once_a_minute(empty_table: Table) -> None:
    dialer = Dialer(empty_table)
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.queue.forget()
    dialer.tick()
    [message] = dialer.queue.sent
    minute = dialer.clock.now_ms() // 60_000
    assert (message.hint.cause, message.deduplication_id) == ("tick", f"tick#{dialer.org}#{minute}")


def test_the_tick_wakes_an_org_at_the_second_within_the_minute(empty_table: Table) -> None:
    dialer = Dialer(empty_table)
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1), scheduled_at="2026-07-01T18:00:30Z")
    dialer.queue.forget()
    dialer.clock.set("2026-07-01T18:00:00Z")
    dialer.tick()
    assert dialer.queue.causes() == []
    assert dialer.queue.wakes() == [dialer.clock.now_ms() + 30_000]


def test_the_tick_leaves_an_org_alone_whose_work_is_later(empty_table: Table) -> None:
    dialer = Dialer(empty_table)
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1), scheduled_at="2026-07-01T19:00:00Z")
    dialer.clock.advance(FIVE_MINUTES + 1)
    dialer.run([dialer.hint(TICK)])
    dialer.queue.forget()
    dialer.tick()
    assert dialer.queue.sent == []


def test_the_tick_serves_every_org(empty_table: Table) -> None:
    clock, orgs = Dialer(empty_table).clock, [Dialer(empty_table) for _ in range(20)]
    for org in orgs:
        work_registry.mark_work(empty_table, org.org, clock.now_ms(), clock.now_ms())
    assert tick.run(empty_table, orgs[0].queue, clock.now_ms()) == 20
    assert {message.hint.org for message in orgs[0].queue.sent} == {org.org for org in orgs}


def test_contacts_whose_every_hint_was_lost_are_called_by_the_tick(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.queue.forget()
    dialer.clock.advance(1)
    dialer.serve_hints(60)
    assert [post.to for post in dialer.posts] == [number(1)]


@pytest.mark.parametrize("wait_seconds", [FIVE_MINUTES + 1, DAY])
def test_a_contact_added_to_a_forgotten_org_is_called_again_by_the_tick(dialer: Dialer, wait_seconds: int) -> None:
    campaign = dialer.campaign()
    dialer.clock.advance(wait_seconds)
    dialer.run([dialer.hint(TICK)])
    dialer.add_people(campaign, number(1))
    dialer.queue.forget()
    dialer.serve_hints(60)
    assert len(dialer.posts) == 1


def test_a_removed_registration_can_be_removed_only_once(dialer: Dialer) -> None:
    work_registry.mark_work(dialer.table, dialer.org, 1_000, 1_000)
    dialer.table.write(Delete(keys.registration(dialer.org)))
    assert work_registry.read(dialer.table, dialer.org) is None
    work_registry.finish_pass(dialer.table, dialer.org, 2_000)
    assert work_registry.read(dialer.table, dialer.org) is None
