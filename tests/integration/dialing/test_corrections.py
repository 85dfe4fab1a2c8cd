"""Reports that come after their attempt was closed as `unknown`: what they correct, and what they leave (G4, G8)."""

import json
from datetime import UTC, datetime

import pytest
import urllib3

from campanile.adapters.dial_queue import TICK
from campanile.dialing import record_outcome
from campanile.domain.call import CallEnd
from campanile.domain.campaign import Campaign
from campanile.domain.lifecycle import Outcome
from campanile.domain.times import instant
from campanile.edge.wiring import dialing
from campanile.store import work_registry
from campanile.store.table import Table
from campanile.telephony.callback import sign_reference
from campanile.telephony.port import Refused
from campanile.telephony.signing import sign_event
from campanile.telephony.simulated import SimulatedTelephony
from tests.support.dialer import Dialer, number
from tests.support.gateway import call
from tests.support.late_reports import HOUR, RETRIED, TOLD, ana, attempts, is_listed, lose, retry, trying_on
from tests.support.telephony import SECRET, Post, ScriptedTelephony


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    return trying_on(dialer)


def nobody_is_called(dialer: Dialer, seconds: int = 3 * HOUR) -> None:
    before = len(dialer.posts)
    dialer.clock.advance(seconds)
    dialer.run()
    assert len(dialer.posts) == before


# ---------------------------------------------------------------- the latest attempt


def test_an_answer_that_is_told_late_cancels_the_pending_retry(dialer: Dialer, campaign: Campaign) -> None:
    post = lose(dialer, campaign)
    assert ana(dialer, campaign).status == "pending"
    dialer.clock.advance(40)
    assert dialer.end(post, "answered", duration_seconds=31.5, conversation_id="conv", notes="said hello")
    ana(dialer, campaign)
    contact = dialer.contact(campaign, "ana")
    [attempt] = contact.attempts
    assert (contact.status, contact.last_outcome, contact.next_attempt_at) == ("completed", "answered", None)
    assert (attempt.outcome, attempt.duration_seconds) == ("answered", 31.5)
    assert (attempt.conversation_id, attempt.notes) == ("conv", "said hello")
    assert attempt.ended_at == instant(dialer.clock.now_ms())
    assert dialer.stats(campaign).attempts.total == 1
    nobody_is_called(dialer)


@pytest.mark.parametrize(
    ("outcome", "waiting", "finished"),
    [
        # the status of a contact that waited for a retry, and of one that was exhausted
        ("answered", "completed", "completed"),
        ("voicemail", "completed", "completed"),
        ("no_answer", "pending", "exhausted"),
        ("busy", "pending", "exhausted"),
        ("failed", "pending", "exhausted"),
        ("canceled", "exhausted", "exhausted"),
        ("invalid_number", "error", "error"),
        ("do_not_call", "do_not_call", "do_not_call"),
        ("callback_requested", "pending", "pending"),
    ],
)
@pytest.mark.parametrize("is_retried", [True, False])
def test_the_latest_attempt_decides_anew(
    dialer: Dialer, outcome: str, waiting: str, finished: str, is_retried: bool
) -> None:
    campaign = dialer.campaign(retry_outcomes=RETRIED if is_retried else RETRIED[:3], retry_delay_seconds=60)
    post = lose(dialer, campaign)
    assert ana(dialer, campaign).status == ("pending" if is_retried else "exhausted")
    assert dialer.end(post, outcome)
    contact = ana(dialer, campaign)
    assert (contact.status, contact.last_outcome) == (waiting if is_retried else finished, outcome)
    assert attempts(contact) == [outcome]
    assert (contact.attempt_count, contact.budget_used, contact.callbacks_used) == (1, 1, 0)
    assert is_listed(dialer, number(1)) == (outcome == "do_not_call")
    assert [one.id for one in dialer.page(campaign, outcomes=[outcome]).contacts] == [contact.id]
    assert dialer.page(campaign, outcomes=["unknown"]).contacts == []


def test_a_retry_is_due_by_the_time_the_call_really_ended_and_the_dialer_is_told(
    dialer: Dialer, campaign: Campaign
) -> None:
    post = lose(dialer, campaign)
    ended = dialer.clock.now_ms()
    dialer.clock.advance(20)
    dialer.queue.forget()
    dialer.telephony.hang_up(post.attempt_id)
    report = CallEnd(Outcome.BUSY, ended_at_ms=ended)
    assert record_outcome.record(dialer.ports, post.reference, report)
    assert ana(dialer, campaign).due == ended + 60_000
    assert dialer.queue.wakes() == [ended + 60_000]
    dialer.serve_hints(39)
    assert len(dialer.posts) == 1
    dialer.serve_hints(2)
    assert len(dialer.posts) == 2


def test_a_retry_that_would_be_overdue_is_called_at_once(dialer: Dialer, campaign: Campaign) -> None:
    post = lose(dialer, campaign)
    ended = dialer.clock.now_ms()
    dialer.clock.advance(HOUR / 2)
    dialer.queue.forget()
    assert record_outcome.record(dialer.ports, post.reference, CallEnd(Outcome.BUSY, ended_at_ms=ended))
    assert ana(dialer, campaign).due == dialer.clock.now_ms()
    assert dialer.queue.causes() == ["attempt_corrected"]
    dialer.serve_hints(1)
    assert len(dialer.posts) == 2


def test_a_callback_asked_for_in_an_unknown_call_reopens_an_exhausted_contact_in_whatever_zone_it_is_now(
    dialer: Dialer,
) -> None:
    campaign = dialer.campaign()
    post = lose(dialer, campaign)
    assert ana(dialer, campaign).status == "exhausted"
    dialer.upsert(campaign, {"external_id": "ana", "timezone": "Europe/Paris"})
    dialer.queue.forget()
    wanted = dialer.clock.now_ms() + 300_000
    assert dialer.end(post, "callback_requested", callback_at_ms=wanted)
    contact = ana(dialer, campaign)
    assert (contact.status, contact.kind, contact.due) == ("pending", "C", wanted)
    dialer.serve_hints(299)
    assert len(dialer.posts) == 1
    dialer.serve_hints(3)
    assert len(dialer.posts) == 2
    dialer.end(dialer.posts[-1], "answered")
    contact = ana(dialer, campaign)
    assert (contact.status, contact.budget_used, contact.callbacks_used) == ("completed", 1, 1)


def test_a_callback_told_of_late_is_called_although_every_hint_is_lost(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    post = lose(dialer, campaign)
    dialer.clock.advance(400)
    dialer.run([dialer.hint(TICK)])
    assert work_registry.read(dialer.table, dialer.org) is None, "the tick has no reason to look at this org"
    assert dialer.end(post, "callback_requested", callback_at_ms=dialer.clock.now_ms() + 30_000)
    dialer.queue.forget()
    dialer.serve_hints(100)
    assert len(dialer.posts) == 2


def test_an_invalid_number_told_of_late_is_not_dialed_again_and_the_next_is_at_once(
    dialer: Dialer, campaign: Campaign
) -> None:
    post = lose(dialer, campaign, number(1), number(2))
    assert dialer.end(post, "invalid_number")
    assert ana(dialer, campaign).unreachable == (number(1),)
    assert dialer.call(Outcome.NO_ANSWER).to == number(2)
    dialer.clock.advance(60)
    assert dialer.call(Outcome.NO_ANSWER).to == number(2)


def test_an_ad_hoc_contacts_attempt_is_corrected_too(dialer: Dialer) -> None:
    post = lose(dialer, dialer.ad_hoc)
    assert ana(dialer, dialer.ad_hoc).status == "exhausted"
    assert dialer.end(post, "callback_requested", callback_at_ms=dialer.clock.now_ms() + 20_000)
    dialer.clock.advance(20)
    dialer.call(Outcome.ANSWERED)
    assert ana(dialer, dialer.ad_hoc).status == "completed"


@pytest.mark.parametrize("action", ["pause", "close"])
def test_a_campaign_that_was_stopped_takes_the_correction_and_calls_nobody(
    dialer: Dialer, campaign: Campaign, action: str
) -> None:
    post = lose(dialer, campaign)
    dialer.change(campaign, action)
    assert dialer.end(post, "callback_requested")
    assert ana(dialer, dialer.read_campaign(campaign.id)).kind == "C"
    nobody_is_called(dialer)


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_a_carriers_wrong_clock_moves_no_end_beyond_the_attempts_start_and_now(
    dialer: Dialer, campaign: Campaign, days: int
) -> None:
    post = lose(dialer, campaign)
    dialer.clock.advance(5)
    now = dialer.clock.now_ms()
    told = CallEnd(Outcome.BUSY, now + 86_400_000 * days, duration_seconds=1e9, notes="x" * 10_000)
    assert record_outcome.record(dialer.ports, post.reference, told)
    [attempt] = ana(dialer, campaign).attempts
    assert attempt.ended_at == (now if days > 0 else attempt.started_at)
    assert attempt.duration_seconds == record_outcome.LONGEST_DURATION_SECONDS
    shown = dialer.contact(campaign, "ana").attempts[0].notes
    assert shown is not None
    assert len(shown) == record_outcome.NOTE_CHARACTERS


def test_the_carriers_own_event_corrects_a_call_that_nobody_could_tell_about(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: no look-up, the slot kept for the longest call, `unknown`; then the signed event after all."""

    class Carrier(ScriptedTelephony):
        parse_event = SimulatedTelephony("http://127.0.0.1:9", SECRET, 1.0, urllib3.PoolManager()).parse_event

    dialer = Dialer(table)
    dialer.telephony = Carrier(dialer.clock, look_up=False)
    monkeypatch.setattr(dialing, "ports", lambda: dialer.ports)
    monkeypatch.setattr(dialing, "deployment_secret", lambda: SECRET)
    campaign = dialer.campaign(retry_outcomes=RETRIED)
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    dialer.run()
    [post] = dialer.posts
    dialer.clock.advance(dialer.limits.longest_call)
    dialer.telephony.hang_up(post.attempt_id)
    dialer.run()
    assert attempts(ana(dialer, campaign)) == ["unknown"]
    body = {
        "type": "call.ended",
        "call_id": f"call-{post.attempt_id}",
        "attempt_id": post.attempt_id,
        "outcome": "answered",
        "ended_at": instant(dialer.clock.now_ms() - 60_000).isoformat(),
        "duration_seconds": 2.5,
    }
    path = f"/carrier-events/simulated?ref={sign_reference(post.reference, SECRET)}"

    def send() -> dict[str, str]:
        text = json.dumps(body)
        answer = call("POST", path, text, sign_event(SECRET, "message", datetime.now(UTC), text))
        assert answer.status == 200
        return dict(answer.body)

    assert [send(), send()] == [{"result": "recorded"}, {"result": "ignored"}]
    contact = ana(dialer, campaign)
    assert (contact.status, attempts(contact)) == ("completed", ["answered"])
    assert contact.attempts[0].ended_at == dialer.clock.now_ms() - 60_000
    assert {"action": "corrected", "attempt_id": post.attempt_id, "outcome": "answered"} in [
        extra for *_, extra in dialer.log.lines
    ]


# ---------------------------------------------------------------- what changes nothing


@pytest.mark.parametrize("first", [Outcome.BUSY, Outcome.ANSWERED, Outcome.DO_NOT_CALL])
def test_an_attempt_is_corrected_once_and_then_by_a_request_not_to_be_called_only(
    dialer: Dialer, campaign: Campaign, first: Outcome
) -> None:
    post = lose(dialer, campaign)
    assert dialer.end(post, first)
    seen = ana(dialer, campaign)
    for outcome in set(Outcome) - {Outcome.DO_NOT_CALL}:
        assert not dialer.end(post, outcome)
    assert ana(dialer, campaign) == seen
    assert dialer.end(post, Outcome.DO_NOT_CALL) == (first is not Outcome.DO_NOT_CALL)
    assert not dialer.end(post, Outcome.DO_NOT_CALL)
    assert ana(dialer, campaign).status == "do_not_call"


def test_that_nobody_knows_is_no_news(dialer: Dialer, campaign: Campaign) -> None:
    post = lose(dialer, campaign)
    seen = ana(dialer, campaign)
    assert not dialer.end(post, Outcome.UNKNOWN)
    assert ana(dialer, campaign) == seen


def test_an_attempt_that_has_left_the_latest_eight_stays_as_it_is(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_outcomes=RETRIED, retry_delay_seconds=60, retry_attempts=10)
    post = lose(dialer, campaign)
    dialer.clock.advance(HOUR)
    for _ in range(8):
        dialer.call(Outcome.BUSY)
        dialer.clock.advance(60)
    seen = ana(dialer, campaign)
    assert not dialer.end(post, Outcome.ANSWERED)
    assert ana(dialer, campaign) == seen
    assert not dialer.end(post, Outcome.DO_NOT_CALL)
    assert is_listed(dialer, number(1)), "a request not to be called is honoured all the same"


# ---------------------------------------------------------------- with later calls


@pytest.mark.parametrize("outcome", TOLD)
def test_an_earlier_attempt_ends_a_waiting_contact_only_if_the_person_was_reached(
    dialer: Dialer, campaign: Campaign, outcome: Outcome
) -> None:
    post = lose(dialer, campaign, number(1), number(2))
    dialer.end(retry(dialer), Outcome.BUSY)
    before = ana(dialer, campaign)
    assert dialer.end(post, outcome, notes="a note")
    after = ana(dialer, campaign)
    assert attempts(after) == [outcome, "busy"]
    assert (after.last_outcome, after.unreachable, after.due) == (before.last_outcome, (), before.due)
    ends = {Outcome.ANSWERED: "completed", Outcome.DO_NOT_CALL: "do_not_call"}
    assert after.status == ends.get(outcome, "pending")
    assert is_listed(dialer, number(1)) == (outcome is Outcome.DO_NOT_CALL)
    assert dialer.contact(campaign, "ana").attempts[0].notes == "a note"
    if outcome in ends:
        nobody_is_called(dialer)
    else:
        dialer.clock.advance(60)
        dialer.call(Outcome.ANSWERED)


def test_an_earlier_attempt_ends_a_finished_contact_anew_only_if_the_person_asked_not_to_be_called(
    dialer: Dialer, campaign: Campaign
) -> None:
    post = lose(dialer, campaign)
    dialer.end(retry(dialer), Outcome.CANCELED)
    assert dialer.end(post, Outcome.ANSWERED)
    assert ana(dialer, campaign).status == "exhausted"
    assert dialer.end(post, Outcome.DO_NOT_CALL)
    contact = ana(dialer, campaign)
    assert (contact.status, attempts(contact)) == ("do_not_call", ["do_not_call", "canceled"])
    assert is_listed(dialer, number(1))


@pytest.mark.parametrize("outcome", TOLD)
@pytest.mark.parametrize("end", [Outcome.BUSY, Outcome.VOICEMAIL, Outcome.CALLBACK_REQUESTED])
def test_a_report_during_the_retry_leaves_that_call_alone(
    dialer: Dialer, campaign: Campaign, outcome: Outcome, end: Outcome
) -> None:
    post = lose(dialer, campaign)
    current = retry(dialer)
    held = dialer.held()
    assert dialer.end(post, outcome, notes="a note")
    contact = ana(dialer, campaign)
    assert (contact.status, contact.last_outcome, attempts(contact)) == ("active", "unknown", [outcome])
    assert contact.attempt_id == current.attempt_id
    assert dialer.held() == held
    page = dialer.page(campaign, statuses=["in_progress"], outcomes=["unknown"])
    assert ([one.id for one in page.contacts], page.total) == ([contact.id], 1)
    dialer.end(current, end)
    contact = ana(dialer, campaign)
    was_reached = {Outcome.ANSWERED: "completed", Outcome.DO_NOT_CALL: "do_not_call"}.get(outcome, "pending")
    after = {
        Outcome.BUSY: was_reached,
        Outcome.VOICEMAIL: "do_not_call" if outcome is Outcome.DO_NOT_CALL else "completed",
        Outcome.CALLBACK_REQUESTED: "do_not_call" if outcome is Outcome.DO_NOT_CALL else "pending",
    }
    assert (contact.status, contact.last_outcome) == (after[end], end)
    assert attempts(contact) == [outcome, end]
    assert dialer.contact(campaign, "ana").attempts[0].notes == "a note"


@pytest.mark.parametrize("outcome", TOLD)
def test_a_report_while_the_retry_is_only_locked_counts_when_that_lock_is_given_back(
    dialer: Dialer, campaign: Campaign, outcome: Outcome
) -> None:
    post = lose(dialer, campaign)

    def refuse(_post: Post) -> Refused:
        assert dialer.end(post, outcome)
        assert ana(dialer, campaign).status == "active"
        return Refused("busy", 1)

    dialer.telephony.answer = refuse
    retry(dialer)
    contact = ana(dialer, campaign)
    ends = {Outcome.ANSWERED: "completed", Outcome.DO_NOT_CALL: "do_not_call"}
    assert (contact.status, contact.last_outcome) == (ends.get(outcome, "pending"), outcome)
    assert (attempts(contact), contact.attempt_count) == ([outcome], 1)
    page = dialer.page(campaign, statuses=[str(contact.status)], outcomes=[outcome])
    assert ([one.id for one in page.contacts], page.total) == ([contact.id], 1)
