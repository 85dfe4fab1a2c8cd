"""A contact's way from its first call to its end, by the production code, with a scripted provider."""

from typing import Any

import pytest

from campanile.dialing import record_outcome
from campanile.domain.call import CallEnd
from campanile.domain.contact import LaneKind
from campanile.domain.lifecycle import Outcome
from campanile.schema.contacts import RefusalResponse
from campanile.store import keys
from campanile.telephony.callback import CallReference
from campanile.telephony.port import Ambiguous, PlaceResult, Refused
from tests.support.audit import audit
from tests.support.clock import at
from tests.support.dialer import Dialer, number
from tests.support.telephony import Post


def refusal(dialer: Dialer, campaign: Any, contact_id: str) -> RefusalResponse:
    found = dialer.contact(campaign, contact_id).last_refusal
    assert found
    return found


def test_an_answered_call_completes_the_contact(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    post = dialer.call(Outcome.ANSWERED, duration_seconds=12.5, notes="wants a brochure")
    contact = dialer.contact(campaign, contact_id)
    assert (contact.status, contact.last_outcome) == ("completed", "answered")
    [attempt] = contact.attempts
    assert (attempt.id, attempt.attempt_no, attempt.phone_number) == (post.attempt_id, 1, number(1))
    assert (attempt.duration_seconds, attempt.notes, attempt.status) == (12.5, "wants a brochure", "finished")
    assert attempt.conversation_id == f"conversation-{post.attempt_id}"
    assert dialer.held() == []
    audit(dialer, campaign)


def test_a_call_under_way_is_shown_as_an_attempt_in_progress(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.run()
    contact = dialer.contact(campaign, contact_id)
    assert contact.status == "in_progress"
    [attempt] = contact.attempts
    assert (attempt.status, attempt.outcome, attempt.ended_at) == ("in_progress", None, None)
    assert dialer.stats(campaign).attempts.total == 1
    assert dialer.stats(campaign).active_calls == 1


def test_unanswered_calls_are_retried_after_their_delay_until_the_budget_is_used_up(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_attempts=2, retry_delay_seconds=60)
    [contact_id] = dialer.add_people(campaign, number(1))
    for _ in range(2):
        dialer.call(Outcome.NO_ANSWER)
        assert dialer.contact(campaign, contact_id).status == "pending"
        assert dialer.stats(campaign).contacts.retry_waiting == 1
        dialer.clock.advance(58)
        assert dialer.run() == 0
        dialer.clock.advance(2)
    dialer.call(Outcome.NO_ANSWER)
    contact = dialer.contact(campaign, contact_id)
    assert (contact.status, contact.next_attempt_at) == ("exhausted", None)
    assert [attempt.attempt_no for attempt in contact.attempts] == [1, 2, 3]
    assert dialer.stats(campaign).attempts.total == 3
    audit(dialer, campaign)


def test_retries_are_woken_at_their_second_and_the_whole_campaign_needs_no_tick(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_attempts=1, retry_delay_seconds=30)
    dialer.add_people(campaign, number(1))
    for hints in (dialer.queue.take(), None):
        dialer.run(hints)
        dialer.end(dialer.posts[-1], Outcome.BUSY)
        dialer.clock.advance(30)
    assert [post.at - dialer.posts[0].at for post in dialer.posts] == [0, 30_000]
    assert dialer.posts[0].at + 30_000 in dialer.queue.wakes()


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.VOICEMAIL, "completed"),
        (Outcome.CANCELED, "exhausted"),
        (Outcome.UNKNOWN, "exhausted"),
        (Outcome.FAILED, "pending"),
        (Outcome.BUSY, "pending"),
        (Outcome.INVALID_NUMBER, "error"),
        (Outcome.CALLBACK_REQUESTED, "pending"),
        (Outcome.DO_NOT_CALL, "do_not_call"),
    ],
)
def test_each_outcome_leads_to_its_status(dialer: Dialer, outcome: Outcome, status: str) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.call(outcome)
    assert (dialer.contact(campaign, contact_id).status, dialer.contact(campaign, contact_id).last_outcome) == (
        status,
        outcome,
    )
    assert dialer.page(campaign, statuses=[status], outcomes=[outcome]).total == 1
    audit(dialer, campaign)


def test_each_outcome_may_have_a_delay_of_its_own(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=600, retry_delays={"busy": 20})
    dialer.add_people(campaign, number(1))
    dialer.call(Outcome.BUSY)
    dialer.clock.advance(20)
    dialer.call(Outcome.NO_ANSWER)
    dialer.clock.advance(598)
    assert dialer.run() == 0


def test_a_callback_comes_at_the_asked_time_and_uses_no_budget(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_attempts=0)
    [contact_id] = dialer.add_people(campaign, number(1))
    for _ in range(3):
        asked = dialer.clock.now_ms() + 45_000
        dialer.call(Outcome.CALLBACK_REQUESTED, callback_at_ms=asked)
        assert dialer.stored(campaign, contact_id).kind is LaneKind.CALLBACK
        dialer.clock.advance(43)
        assert dialer.run() == 0
        dialer.clock.advance(2)
    dialer.call(Outcome.CALLBACK_REQUESTED, callback_at_ms=dialer.clock.now_ms() + 45_000)
    contact = dialer.contact(campaign, contact_id)
    assert (contact.status, len(contact.attempts)) == ("exhausted", 4), "a fourth callback is treated as no answer"
    audit(dialer, campaign)


@pytest.mark.parametrize(("seconds", "source"), [(9.5, "conversation"), (0.0, "carrier")])
def test_a_do_not_call_request_is_listed_and_no_contact_of_that_number_is_called(
    dialer: Dialer, seconds: float, source: str
) -> None:
    campaign, other = dialer.campaign(), dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    post = dialer.call(Outcome.DO_NOT_CALL, duration_seconds=seconds)
    assert dialer.contact(campaign, contact_id).status == "do_not_call"
    entry = dialer.table.get(keys.do_not_call(dialer.org, number(1)))
    assert entry
    assert (entry["source"], entry["attempt"]) == (source, post.attempt_id)
    assert dialer.table.get(keys.number_history(dialer.org, number(1), dialer.clock.now_ms(), post.attempt_id))
    [second] = dialer.add_people(other, number(1))
    [third] = dialer.add_people(dialer.ad_hoc, number(1))
    dialer.run()
    dialer.run()
    assert len(dialer.posts) == 1
    assert dialer.contact(other, second).status == "do_not_call"
    assert dialer.contact(dialer.ad_hoc, third).status == "do_not_call"
    for one in (campaign, other, dialer.ad_hoc):
        audit(dialer, one)


def test_a_contact_with_a_listed_number_is_called_on_its_next(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.call(Outcome.DO_NOT_CALL)
    [contact_id] = dialer.add(campaign, {"phone_numbers": [number(1), number(2)]})
    dialer.run()
    dialer.run()
    assert [post.to for post in dialer.posts] == [number(1), number(2)]
    assert refusal(dialer, campaign, contact_id).code == "do_not_call"


def test_ad_hoc_contacts_are_called_first_and_at_any_hour(dialer: Dialer) -> None:
    campaign = dialer.campaign(priority=999_999)
    dialer.add_people(campaign, number(1))
    dialer.add_people(dialer.ad_hoc, number(2))
    dialer.clock.set("2026-07-05T03:00:00Z")
    dialer.limit(1)
    dialer.call(Outcome.NO_ANSWER)
    dialer.call(Outcome.ANSWERED)
    assert [post.to for post in dialer.posts] == [number(2), number(1)]
    audit(dialer, dialer.ad_hoc)
    assert dialer.page(dialer.ad_hoc).contacts[0].status == "pending"


def test_an_ad_hoc_contacts_schedule_binds_it(dialer: Dialer) -> None:
    dialer.add_people(dialer.ad_hoc, number(1), scheduled_at="2026-07-01T17:10:00Z")
    dialer.run()
    assert dialer.posts == []
    dialer.serve_hints(660)
    assert [post.at for post in dialer.posts] == [at("2026-07-01T17:10:00Z")]


def test_two_contacts_with_one_number_are_called_one_after_the_other(dialer: Dialer) -> None:
    campaign, other = dialer.campaign(), dialer.campaign()
    dialer.add_people(campaign, number(1), number(1))
    dialer.add_people(other, number(1))
    seen = set()
    for _ in range(3):
        dialer.run()
        dialer.run()
        assert len(dialer.telephony.live) == 1
        post = dialer.posts[-1]
        seen.add(post.contact_id)
        dialer.end(post, Outcome.ANSWERED)
    assert len(seen) == 3


def test_a_refused_call_is_no_attempt_and_comes_again_under_a_new_id(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.telephony.answer = lambda _post: Refused("too many requests", 4)
    dialer.run()
    dialer.telephony.answer = lambda _post: None
    contact = dialer.contact(campaign, contact_id)
    assert (contact.status, contact.attempts) == ("pending", [])
    told = refusal(dialer, campaign, contact_id)
    assert told.code == "provider_refused"
    assert told.until
    assert told.until.timestamp() * 1000 == dialer.clock.now_ms() + 4_000
    assert dialer.held() == []
    assert dialer.stats(campaign).attempts.total == 0
    dialer.clock.advance(2)
    assert dialer.run() == 0
    dialer.clock.advance(2)
    dialer.call(Outcome.ANSWERED)
    assert len({post.attempt_id for post in dialer.posts}) == 2
    [attempt] = dialer.contact(campaign, contact_id).attempts
    assert (attempt.attempt_no, attempt.id) == (1, dialer.posts[1].attempt_id)
    assert dialer.contact(campaign, contact_id).last_refusal is None
    audit(dialer, campaign)


def test_a_post_without_an_answer_keeps_its_slot_and_the_event_ends_it(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))

    def answer(post: Post) -> PlaceResult:
        dialer.telephony.connect(post)
        return Ambiguous("time-out")

    dialer.telephony.answer = answer
    dialer.run()
    assert dialer.contact(campaign, contact_id).status == "in_progress"
    dialer.end(dialer.posts[0], Outcome.ANSWERED)
    assert dialer.contact(campaign, contact_id).status == "completed"
    assert len(dialer.posts) == 1
    audit(dialer, campaign)


def test_a_final_event_before_the_posts_response_ends_the_call(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))

    def answer(post: Post) -> None:
        dialer.telephony.connect(post)
        dialer.end(post, Outcome.ANSWERED, conversation_id="from the event")

    dialer.telephony.answer = answer
    dialer.run()
    dialer.telephony.live.clear()
    contact = dialer.contact(campaign, contact_id)
    assert (contact.status, contact.attempts[0].conversation_id) == ("completed", "from the event")
    assert dialer.held() == []
    assert len(dialer.posts) == 1
    audit(dialer, campaign)


def test_duplicate_and_late_events_change_nothing(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60)
    [contact_id] = dialer.add_people(campaign, number(1))
    first = dialer.call(Outcome.NO_ANSWER)
    before = dialer.contact(campaign, contact_id)
    assert not dialer.end(first, Outcome.NO_ANSWER)
    assert not dialer.end(first, Outcome.ANSWERED)
    assert dialer.contact(campaign, contact_id) == before
    dialer.clock.advance(60)
    dialer.run()
    assert not dialer.end(first, Outcome.ANSWERED), "an event of the first call is none of the second's"
    assert dialer.contact(campaign, contact_id).status == "in_progress"
    audit(dialer, campaign)


def test_a_late_request_not_to_be_called_is_honoured(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60)
    [contact_id] = dialer.add_people(campaign, number(1))
    first = dialer.call(Outcome.NO_ANSWER)
    dialer.end(first, Outcome.DO_NOT_CALL)
    assert dialer.table.get(keys.do_not_call(dialer.org, number(1)))
    dialer.clock.advance(60)
    dialer.run()
    assert len(dialer.posts) == 1
    assert dialer.contact(campaign, contact_id).status == "do_not_call"


def test_a_request_not_to_be_called_is_honoured_for_a_call_the_look_up_did_not_find(dialer: Dialer) -> None:
    """The lock was given back, so no attempt of that id stands on the contact; the person did pick up."""
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.telephony.answer = lambda _post: Ambiguous("time-out")
    dialer.run()
    first = dialer.posts[0]
    dialer.clock.advance(dialer.limits.lock_lease)
    dialer.change(campaign, "pause")
    dialer.run()
    assert dialer.held() == []
    dialer.end(first, Outcome.DO_NOT_CALL)
    assert dialer.table.get(keys.do_not_call(dialer.org, number(1)))


def test_a_late_request_not_to_be_called_is_honoured_for_an_attempt_long_ago(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_attempts=10, retry_delay_seconds=1)
    dialer.add_people(campaign, number(1))
    for _ in range(10):
        dialer.call(Outcome.NO_ANSWER)
        dialer.clock.advance(1)
    dialer.end(dialer.posts[0], Outcome.DO_NOT_CALL)
    assert dialer.table.get(keys.do_not_call(dialer.org, number(1)))


def test_attempts_beyond_the_latest_eight_are_kept(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_attempts=10, retry_delay_seconds=1)
    [contact_id] = dialer.add_people(campaign, number(1))
    for n in range(11):
        dialer.call(Outcome.NO_ANSWER, notes=f"note {n}")
        dialer.clock.advance(1)
    contact = dialer.contact(campaign, contact_id)
    assert [attempt.attempt_no for attempt in contact.attempts] == list(range(1, 12))
    assert [attempt.notes for attempt in contact.attempts] == [f"note {n}" for n in range(11)]
    assert len(dialer.page(campaign).contacts[0].attempts) == 11
    audit(dialer, campaign)


def test_an_event_for_a_contact_nobody_knows_is_ignored(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    reference = CallReference(dialer.org, 3, campaign.key, "no-such-contact", "no-such-attempt")
    for outcome in Outcome:
        assert not record_outcome.record(dialer.ports, reference, CallEnd(outcome, dialer.clock.now_ms()))
    assert dialer.held() == []


def test_agent_fields_come_from_the_nearest_level_each_by_itself(dialer: Dialer) -> None:
    campaign = dialer.campaign(agent_id="of configuration", agent_version="1", agent_number="+12125550000")
    dialer.add_people(campaign, number(1), agent_version="9", initial_context="be kind", data={"name": "Ana"})
    request = dialer.call(Outcome.ANSWERED).request
    assert (request.agent_id, request.agent_version, request.caller_id) == ("of configuration", "1", "+12125550000")
    assert (request.initial_context, request.custom_metadata) == ("be kind", {"name": "Ana"})


def test_every_call_ends_when_hints_alone_drive_the_dialer(dialer: Dialer) -> None:
    """Forty people, ten lines, calls of three seconds: done without a tick's help, and never faster than the rate."""
    campaign = dialer.campaign(retry_attempts=1, retry_delay_seconds=20)
    dialer.add_people(campaign, *(number(n) for n in range(24)))

    def calls_end() -> None:
        for post in list(dialer.telephony.live.values()):
            if dialer.clock.now_ms() - post.at >= 3_000:
                dialer.end(post, Outcome.BUSY if number(9) < post.to < number(14) else Outcome.ANSWERED)

    dialer.serve_hints(60, calls_end)
    statuses = [one.status for one in audit(dialer, campaign)]
    assert sorted(statuses) == ["completed"] * 20 + ["exhausted"] * 4
    assert dialer.telephony.most_live <= 10
    times = sorted(post.at for post in dialer.posts)
    assert all(times[n + 10] - times[n] >= 1000 for n in range(len(times) - 10)), "ten calls a second at most"
