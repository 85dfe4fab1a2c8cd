"""Expired leases: a call that nobody looks after any more is settled with the provider, never dialed again blindly."""

from typing import Any

import pytest

from campanile.dialing import placing
from campanile.dialing.ask_gate import LockedCall
from campanile.domain.call import CallEnd
from campanile.domain.lifecycle import Outcome
from campanile.store import slots
from campanile.store.table import Table
from campanile.telephony.port import Ambiguous, Ended, LookUpFailed, NotFound, PlaceResult
from tests.support.audit import audit
from tests.support.dialer import Dialer, number
from tests.support.table import Request
from tests.support.telephony import Post, ScriptedTelephony


class Died(BaseException):
    """A worker process ends in mid-step."""


def die_in_post(dialer: Dialer, *, call_rings: bool) -> Post:
    """A worker that dies while its POST is under way."""

    def answer(post: Post) -> PlaceResult | None:
        if call_rings:
            dialer.telephony.connect(post)
        raise Died

    dialer.telephony.answer = answer
    with pytest.raises(Died):
        dialer.run()
    dialer.telephony.answer = lambda _post: None
    return dialer.posts[-1]


def lock_and_die(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies between LOCK and INTENT."""

    def intend(*_: Any) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(slots, "intend", intend)
        with pytest.raises(Died):
            dialer.run()


def test_a_lock_whose_worker_died_is_given_back_and_the_contact_called(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    lock_and_die(dialer, monkeypatch)
    assert dialer.contact(campaign, contact_id).status == "locked"
    dialer.clock.advance(dialer.limits.lock_lease)
    dialer.run()
    assert len(dialer.posts) == 1
    assert dialer.contact(campaign, contact_id).last_refusal.code == "not_placed"  # type: ignore[union-attr]
    dialer.end(dialer.posts[0], Outcome.ANSWERED)
    [contact] = audit(dialer, campaign)
    assert contact.attempt_count == 1


def test_a_dead_workers_lock_is_recovered_within_150_seconds(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    lock_and_die(dialer, monkeypatch)
    dialer.queue.forget()
    dialer.serve_hints(150)
    assert len(dialer.posts) == 1


def test_a_lock_is_left_alone_until_its_lease_ends(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    lock_and_die(dialer, monkeypatch)
    dialer.clock.advance(dialer.limits.lock_lease - 1)
    dialer.run()
    assert dialer.posts == []
    assert len(dialer.held()) == 1


def test_an_intended_call_the_provider_does_not_know_is_given_back_only_after_the_lock_lease(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.telephony.answer = lambda _post: Ambiguous("time-out")
    dialer.run()
    dialer.telephony.answer = lambda _post: None
    dialer.clock.advance(11)
    dialer.run()
    assert dialer.telephony.looked_up == [dialer.posts[0].attempt_id]
    assert len(dialer.posts) == 1, "a request may still be on its way"
    dialer.clock.advance(dialer.limits.lock_lease - 11)
    dialer.run()
    assert len(dialer.posts) == 2
    assert dialer.posts[0].attempt_id != dialer.posts[1].attempt_id


def test_a_call_whose_post_got_no_answer_but_rings_keeps_its_slot(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    post = die_in_post(dialer, call_rings=True)
    dialer.clock.advance(dialer.limits.lock_lease)
    dialer.run()
    dialer.clock.advance(dialer.limits.call_lease - 1)
    dialer.run()
    assert dialer.telephony.looked_up == [post.attempt_id]
    assert dialer.contact(campaign, contact_id).status == "in_progress"
    assert dialer.end(post, Outcome.ANSWERED)
    assert len(dialer.posts) == 1


def test_a_live_call_is_asked_after_at_every_lease(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.run()
    for _ in range(3):
        dialer.clock.advance(dialer.limits.call_lease)
        dialer.run()
    assert len(dialer.telephony.looked_up) == 3
    assert len(dialer.held()) == 1
    assert len(dialer.posts) == 1


def test_a_call_that_ended_unheard_is_recorded_from_the_look_up(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.run()
    post = dialer.posts[0]
    ended_at = dialer.clock.now_ms() + 5_000
    dialer.telephony.hang_up(post.attempt_id)
    dialer.telephony.look_ups[post.attempt_id] = Ended(CallEnd(Outcome.VOICEMAIL, ended_at, 5.0))
    dialer.clock.advance(dialer.limits.call_lease)
    dialer.run()
    contact = dialer.contact(campaign, contact_id)
    assert (contact.status, contact.last_outcome) == ("completed", "voicemail")
    assert len(dialer.posts) == 1
    assert not dialer.end(post, Outcome.VOICEMAIL), "the late event is no news"
    audit(dialer, campaign)


def test_a_placed_call_the_provider_has_forgotten_counts_as_an_attempt_of_unknown_outcome(dialer: Dialer) -> None:
    """It was accepted, so the person may have been called: it must not be dialed again as if nothing had been."""
    campaign = dialer.campaign(retry_outcomes=["unknown"])
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.run()
    dialer.telephony.look_ups[dialer.posts[0].attempt_id] = NotFound()
    for _ in range(3):
        dialer.clock.advance(dialer.limits.call_lease)
        dialer.run()
    assert len(dialer.posts) == 1, "dialed again minutes after a call that was placed"
    dialer.telephony.hang_up(dialer.posts[0].attempt_id)
    dialer.clock.advance(dialer.limits.longest_call)
    dialer.run()
    assert dialer.contact(campaign, contact_id).attempts[0].outcome == "unknown"


@pytest.mark.parametrize("look_up", [True, False], ids=["look-ups fail", "no look-up"])
def test_a_call_nobody_can_tell_about_is_unknown_after_the_longest_call(table: Table, look_up: bool) -> None:
    dialer = Dialer(table)
    dialer.telephony = ScriptedTelephony(dialer.clock, look_up=look_up)
    campaign = dialer.campaign(retry_outcomes=["unknown"], retry_delay_seconds=60)
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.run()
    post = dialer.posts[0]
    dialer.telephony.look_ups[post.attempt_id] = LookUpFailed("503")
    until = dialer.clock.now_ms() + 1000 * dialer.limits.longest_call
    while dialer.clock.now_ms() < until - 400_000:
        dialer.clock.advance(400)
        dialer.run()
        assert dialer.contact(campaign, contact_id).status == "in_progress"
    dialer.clock.advance(400)
    dialer.telephony.hang_up(post.attempt_id)
    dialer.run()
    contact = dialer.contact(campaign, contact_id)
    assert (contact.status, contact.last_outcome) == ("pending", "unknown")
    assert contact.next_attempt_at
    assert contact.next_attempt_at.timestamp() >= dialer.clock.now_ms() / 1000 + dialer.limits.longest_call - 60
    audit(dialer, campaign)


def test_a_worker_that_wakes_after_its_lease_places_no_call(dialer: Dialer) -> None:
    """A stalled worker: its lock was given back while it slept, so its INTENT fails."""
    campaign = dialer.campaign()
    dialer.limit(2)
    dialer.add_people(campaign, number(1), number(2))
    slept: list[float] = []

    def others_meanwhile(seconds: float) -> None:
        if seconds < 60 and dialer.held() and not slept:
            slept.append(seconds)
            dialer.clock.advance(dialer.limits.lock_lease)
            dialer.run()

    dialer.clock.on_sleep = others_meanwhile
    dialer.run()
    by_contact = [post.contact_id for post in dialer.posts]
    assert len(by_contact) == len(set(by_contact))
    assert slept


def test_an_intent_between_the_sweeps_look_and_its_return_of_the_lock_wins(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep reads an expired lock; its worker wakes up, says INTENT and places the call; then the sweep goes on."""
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    stalled: list[LockedCall] = []
    with monkeypatch.context() as patched:
        patched.setattr(placing, "place", lambda _ports, call, _at: stalled.append(call))
        dialer.run()
    dialer.clock.advance(dialer.limits.lock_lease - 1)
    clock_of_the_worker = dialer.clock.now_ms()

    def before(request: Request) -> None:
        if request.operation == "transact" and stalled:
            sweep_time = dialer.clock.now_ms()
            dialer.clock.advance((clock_of_the_worker - sweep_time) / 1000)
            placing.place(dialer.ports, stalled.pop(), 0)
            dialer.clock.advance((sweep_time - clock_of_the_worker) / 1000)

    dialer.clock.advance(1)
    with dialer.interposed(before):
        dialer.run()
    assert not stalled
    assert len(dialer.posts) == 1
    assert dialer.contact(campaign, contact_id).status == "in_progress"
