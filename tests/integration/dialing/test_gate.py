"""The gate: what is decided between LOCK and POST still stops the call (G3)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from campanile.domain.campaign import Campaign
from campanile.domain.lifecycle import Outcome
from campanile.store import do_not_call, keys
from campanile.store.table import Table
from tests.support.audit import audit
from tests.support.clock import at
from tests.support.dialer import Dialer, number
from tests.support.table import Request

NINE_TO_FIVE = [{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "17:00"}]


@contextmanager
def between_lock_and_gate(dialer: Dialer, act: Callable[[], object]) -> Iterator[None]:
    """Let others act once, after the first LOCK and before its gate reads."""
    left = [act]

    def before(request: Request) -> None:
        if left and request.is_gate:
            left.pop()()

    with dialer.interposed(before):
        yield
    assert not left, "the gate was to be asked"


def list_number(dialer: Dialer, listed: str) -> None:
    for action in do_not_call.adding(dialer.org, listed, source="api", attempt_id=None, now_ms=dialer.clock.now_ms()):
        dialer.table.write(action)


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    campaign = dialer.campaign(retry_delay_seconds=1)
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    return campaign


@pytest.mark.parametrize(("action", "code"), [("pause", "campaign_paused"), ("close", "campaign_closed")])
def test_a_pause_or_close_between_lock_and_post_stops_the_call(
    dialer: Dialer, campaign: Campaign, action: str, code: str
) -> None:
    with between_lock_and_gate(dialer, lambda: dialer.change(campaign, action)):
        dialer.run()
    assert dialer.posts == []
    contact = dialer.contact(dialer.read_campaign(campaign.id), "ana")
    assert contact.last_refusal
    assert (contact.status, contact.last_refusal.code, contact.attempts) == ("pending", code, [])
    assert dialer.stored(campaign, contact.id).budget_used == 0
    assert dialer.held() == []
    audit(dialer, campaign)


def test_a_paused_campaign_goes_on_where_it_was(dialer: Dialer, campaign: Campaign) -> None:
    with between_lock_and_gate(dialer, lambda: dialer.change(campaign, "pause")):
        dialer.run()
    dialer.clock.advance(5)
    dialer.serve_hints(70)
    assert dialer.posts == []
    dialer.change(campaign, "start")
    dialer.run(dialer.queue.take())
    dialer.end(dialer.posts[0], Outcome.ANSWERED)
    contact = dialer.contact(campaign, "ana")
    assert (contact.status, contact.last_refusal) == ("completed", None)


def test_a_call_in_flight_ends_normally_in_a_paused_campaign(dialer: Dialer, campaign: Campaign) -> None:
    dialer.run()
    dialer.change(campaign, "pause")
    dialer.end(dialer.posts[0], Outcome.NO_ANSWER)
    assert dialer.contact(campaign, "ana").status == "pending"
    dialer.clock.advance(60)
    dialer.run()
    assert len(dialer.posts) == 1
    audit(dialer, campaign)


def test_a_do_not_call_entry_between_lock_and_post_stops_the_call(dialer: Dialer, campaign: Campaign) -> None:
    with between_lock_and_gate(dialer, lambda: list_number(dialer, number(1))):
        dialer.run()
    assert dialer.posts == []
    contact = dialer.contact(campaign, "ana")
    assert contact.last_refusal
    assert (contact.status, contact.last_refusal.code, contact.attempts) == ("do_not_call", "do_not_call", [])
    audit(dialer, campaign)


def test_a_do_not_call_entry_binds_ad_hoc_contacts(dialer: Dialer) -> None:
    [contact_id] = dialer.add_people(dialer.ad_hoc, number(1))
    list_number(dialer, number(1))
    dialer.run()
    assert dialer.posts == []
    assert dialer.contact(dialer.ad_hoc, contact_id).status == "do_not_call"


def test_a_do_not_call_entry_binds_a_callback_the_person_asked_for(dialer: Dialer, campaign: Campaign) -> None:
    dialer.call(Outcome.CALLBACK_REQUESTED, callback_at_ms=dialer.clock.now_ms() + 5_000)
    list_number(dialer, number(1))
    dialer.clock.advance(5)
    dialer.run()
    assert len(dialer.posts) == 1


def test_a_do_not_call_entry_of_another_org_binds_nobody_here(table: Table) -> None:
    one, other = Dialer(table), Dialer(table)
    list_number(other, number(1))
    one.add_people(one.campaign(), number(1))
    one.run()
    assert len(one.posts) == 1


def test_a_pause_during_a_workers_wait_for_its_turn_stops_the_call(dialer: Dialer) -> None:
    """Paced sends wait with their lock in hand: the gate is asked at the turn, not before."""
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(5)))

    def pause(_seconds: float) -> None:
        if len(dialer.posts) == 2:
            dialer.change(campaign, "pause")
            dialer.clock.on_sleep = None

    dialer.clock.on_sleep = pause
    dialer.run()
    assert len(dialer.posts) == 2
    assert len(dialer.held()) == 2
    audit(dialer, campaign)


def test_a_reading_older_than_half_a_second_is_taken_again(dialer: Dialer, campaign: Campaign) -> None:
    """The worker stalls between INTENT and POST, and the campaign is paused meanwhile."""
    stalls = [True]

    def after(request: Request) -> None:
        is_intent = request.operation == "write" and request.about.key["PK"].startswith("SL#")
        if is_intent and stalls:
            stalls.pop()
            dialer.clock.advance(0.6)
            dialer.change(campaign, "pause")

    with dialer.interposed(after=after):
        dialer.run()
    assert not stalls
    assert dialer.posts == []
    assert dialer.contact(campaign, "ana").status == "pending"
    assert dialer.held() == []
    audit(dialer, campaign)


def test_a_slow_but_unchanged_gate_is_asked_again_and_the_call_placed_once(dialer: Dialer, campaign: Campaign) -> None:
    slow = [0.6, 0.6, 0.5]
    asked: list[int] = []

    def after(request: Request) -> None:
        if request.is_gate:
            asked.append(dialer.clock.now_ms())
            dialer.clock.advance(slow[len(asked) - 1])

    with dialer.interposed(after=after):
        dialer.run()
    assert len(asked) == 3
    assert [post.at - asked[-1] for post in dialer.posts] == [500]


def test_a_gate_that_stays_slow_gives_the_lock_back(dialer: Dialer, campaign: Campaign) -> None:
    def after(request: Request) -> None:
        if request.is_gate:
            dialer.clock.advance(0.501)

    with dialer.interposed(after=after):
        dialer.run()
    assert dialer.posts == []
    assert dialer.held() == []
    assert dialer.contact(campaign, "ana").attempts == []
    dialer.run()
    assert len(dialer.posts) == 1


@pytest.mark.parametrize("moment", range(1, 12, 2))
def test_no_post_leaves_more_than_a_second_after_the_pause_is_answered(dialer: Dialer, moment: int) -> None:
    """Whatever the moment of the pause within a pass."""
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(4)))
    answered: list[int] = []
    requests = 0

    def before(request: Request) -> None:
        nonlocal requests
        dialer.clock.advance(0.05)
        requests += request.operation in ("batch_get", "write")
        if requests == moment and not answered:
            dialer.change(campaign, "pause")
            answered.append(dialer.clock.now_ms())

    with dialer.interposed(before):
        dialer.run()
    assert answered
    assert all(post.at - answered[0] <= 1_000 for post in dialer.posts)
    assert len(dialer.held()) == len(dialer.posts)
    audit(dialer, campaign)


def test_windows_are_those_of_the_contacts_timezone(dialer: Dialer) -> None:
    campaign = dialer.campaign(default_windows=NINE_TO_FIVE, default_timezone="America/New_York")
    zones = {"Europe/Paris": 1, "Asia/Kolkata": 2, "America/Los_Angeles": 3, None: 4}
    dialer.clock.set("2026-07-02T00:00:00Z")
    for zone, n in zones.items():
        dialer.add_people(campaign, number(n), timezone=zone)
    called = {}
    for hour in ("03:00", "06:59", "07:00", "11:30", "12:59", "13:00", "15:59", "16:00"):
        dialer.clock.set(f"2026-07-02T{hour}:00Z")
        before = len(dialer.posts)
        dialer.run()
        called[hour] = {post.to for post in dialer.posts[before:]}
    assert called["03:00"] == set()
    # Mumbai's day is 03:30 to 11:30 UTC, Paris' from 07:00, New York's from 13:00, Los Angeles' from 16:00.
    assert called["06:59"] == {number(2)}
    assert called["07:00"] == {number(1)}
    assert called["13:00"] == {number(4)}
    assert called["16:00"] == {number(3)}
    assert called["11:30"] == called["12:59"] == called["15:59"] == set()


def test_a_window_that_closes_between_lock_and_post_stops_the_call(dialer: Dialer) -> None:
    campaign = dialer.campaign(default_windows=NINE_TO_FIVE, default_timezone="America/New_York")
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    dialer.clock.set("2026-07-01T20:59:59Z")
    with between_lock_and_gate(dialer, lambda: dialer.clock.advance(1)):
        dialer.run()
    assert dialer.posts == []
    contact = dialer.contact(campaign, "ana")
    assert contact.last_refusal
    tomorrow = datetime.fromisoformat("2026-07-02T13:00:00Z")
    assert (contact.last_refusal.code, contact.last_refusal.until) == ("outside_calling_window", tomorrow)
    assert contact.next_attempt_at == tomorrow


def test_a_campaign_waiting_for_its_window_says_until_when_and_is_called_then(dialer: Dialer) -> None:
    campaign = dialer.campaign(default_windows=NINE_TO_FIVE, default_timezone="America/New_York")
    dialer.clock.set("2026-07-01T21:00:00Z")
    dialer.add_people(campaign, number(1))
    dialer.run()
    assert dialer.stats(campaign).waiting_until == datetime.fromisoformat("2026-07-02T13:00:00Z")
    dialer.clock.set("2026-07-02T12:58:30Z")
    dialer.serve_hints(100)
    assert [post.at for post in dialer.posts] == [at("2026-07-02T13:00:00Z")]


def test_a_scheduled_first_call_has_windows_of_its_own_and_its_retries_have_not(dialer: Dialer) -> None:
    evenings = [{"days": ["wed", "thu"], "start": "18:00", "end": "20:00"}]
    campaign = dialer.campaign(
        default_windows=NINE_TO_FIVE,
        scheduled_windows=evenings,
        default_timezone="America/New_York",
        retry_delay_seconds=60,
    )
    dialer.add_people(campaign, number(1), scheduled_at="2026-07-01T19:00:00Z")
    dialer.clock.set("2026-07-01T19:00:00Z")
    dialer.run()
    assert dialer.posts == []
    dialer.clock.set("2026-07-01T22:00:00Z")
    dialer.call(Outcome.NO_ANSWER)
    dialer.clock.advance(61)
    dialer.run()
    assert len(dialer.posts) == 1
    dialer.clock.set("2026-07-02T13:00:00Z")
    dialer.run()
    assert len(dialer.posts) == 2


def test_a_configuration_without_windows_calls_nobody(dialer: Dialer) -> None:
    campaign = dialer.campaign(default_windows=[])
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.run()
    assert dialer.posts == []
    assert dialer.contact(campaign, contact_id).next_attempt_at is None
    assert dialer.stats(campaign).waiting_until is None


def test_a_callback_waits_for_the_window(dialer: Dialer) -> None:
    campaign = dialer.campaign(default_windows=NINE_TO_FIVE, default_timezone="America/New_York")
    dialer.add_people(campaign, number(1))
    dialer.clock.set("2026-07-01T20:00:00Z")
    dialer.call(Outcome.CALLBACK_REQUESTED, callback_at_ms=at("2026-07-01T22:00:00Z"))
    dialer.clock.set("2026-07-01T22:00:00Z")
    dialer.run()
    assert len(dialer.posts) == 1
    dialer.clock.set("2026-07-02T13:00:00Z")
    dialer.run()
    assert len(dialer.posts) == 2


def test_the_gate_reads_all_that_may_forbid_the_call_in_one_strong_batch(dialer: Dialer, campaign: Campaign) -> None:
    gates: list[tuple[set[str], bool]] = []

    def before(request: Request) -> None:
        if request.is_gate:
            gates.append(({key["SK"] for key in request.about}, request.options["consistent"]))

    with dialer.interposed(before):
        dialer.run()
    configuration = keys.configuration(dialer.org, str(campaign.configuration_id))["SK"]
    contact = keys.contact(campaign.key, dialer.posts[0].contact_id)["SK"]
    assert gates == [({"D", contact, f"C#{campaign.id}", configuration}, True)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"scheduled_at": "2026-07-01T19:00:00Z"}, "not_yet_due"),
        ({"phone_numbers": [number(2)]}, "number_removed"),
        ({"timezone": "Asia/Tokyo"}, "outside_calling_window"),
    ],
)
def test_what_is_changed_on_a_locked_contact_binds_its_call(dialer: Dialer, change: dict[str, Any], code: str) -> None:
    campaign = dialer.campaign(default_windows=NINE_TO_FIVE, default_timezone="America/New_York")
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})

    def change_once(request: Request) -> None:
        if request.is_gate and dialer.contact(campaign, "ana").status == "locked":
            dialer.upsert(campaign, {"external_id": "ana", **change})

    with dialer.interposed(before=change_once):
        dialer.run()
    assert dialer.posts == []
    refusal = dialer.contact(campaign, "ana").last_refusal
    assert refusal
    assert refusal.code == code


def test_a_locked_contact_that_grows_is_called_with_its_new_data(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)], "data": {"plan": "small"}})
    grown = {"plan": "x" * 2_000}

    def grow(request: Request) -> None:
        if request.is_gate and dialer.contact(campaign, "ana").data != grown:
            dialer.upsert(campaign, {"external_id": "ana", "data": grown})

    with dialer.interposed(before=grow):
        dialer.run()
    assert [post.request.custom_metadata for post in dialer.posts] == [grown]
