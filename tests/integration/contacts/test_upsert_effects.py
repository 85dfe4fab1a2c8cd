"""What an upsert does to the dialer's work: lanes, schedules, hints; and what it costs."""

from typing import Any

import pytest

from campanile.domain.contact import LaneKind
from campanile.domain.errors import StateError
from campanile.domain.lifecycle import Outcome
from campanile.store import keys
from campanile.telephony.port import Refused
from tests.support.audit import audit
from tests.support.clock import at
from tests.support.dialer import Dialer, number
from tests.support.table import Request

UNASSIGNED = "+15551234567"


def person(n: int, **fields: Any) -> dict[str, Any]:
    return {"phone_numbers": [number(n)], **fields}


def test_a_closed_campaign_takes_no_contacts(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.change(campaign, "close")
    with pytest.raises(StateError):
        dialer.upsert(campaign, person(1))


def test_a_paused_campaign_takes_contacts_and_dials_them_once_started(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.change(campaign, "pause")
    dialer.add(campaign, person(1, timezone="Europe/Paris"))
    dialer.run()
    assert dialer.posts == []
    dialer.change(campaign, "start")
    dialer.run()
    assert len(dialer.posts) == 1


def test_a_contact_moved_to_a_new_timezone_in_mid_call_is_retried_there(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60)
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    dialer.run()
    dialer.upsert(campaign, {"external_id": "ana", "timezone": "Europe/Paris"})
    dialer.end(dialer.posts[0], Outcome.NO_ANSWER)
    dialer.serve_hints(70)
    assert len(dialer.posts) == 2


def test_a_finished_contact_takes_the_data_and_is_not_called_again(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.call(Outcome.ANSWERED)
    answer = dialer.upsert(campaign, person(2, external_id="ana", data={"a": 1}, scheduled_at="2026-07-01T17:00:01Z"))
    assert [notice.code for notice in answer.warnings] == ["not_requeued"]
    contact = dialer.contact(campaign, "ana")
    assert (contact.status, contact.data) == ("completed", {"a": 1})
    dialer.clock.advance(60)
    dialer.run()
    assert len(dialer.posts) == 1
    audit(dialer, campaign)


def test_an_upsert_in_mid_call_changes_no_status_and_the_call_ends_as_ever(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.run()
    dialer.upsert(campaign, person(2, external_id="ana", data={"a": 1}, timezone="Europe/Paris"))
    audit(dialer, campaign)
    dialer.end(dialer.posts[0], Outcome.NO_ANSWER)
    contact = dialer.contact(campaign, "ana")
    assert (contact.status, contact.data, contact.timezone) == ("pending", {"a": 1}, "Europe/Paris")
    audit(dialer, campaign)


def test_a_changed_timezone_moves_the_contact_to_that_lane(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, timezone="Europe/Paris"))
    dialer.upsert(campaign, {"id": contact_id, "timezone": "Asia/Tokyo"})
    assert dialer.read_campaign(campaign.id).lanes == {"Europe/Paris", "Asia/Tokyo"}
    audit(dialer, campaign)
    assert dialer.run() == 1


def test_a_changed_schedule_moves_the_first_call(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1))
    dialer.upsert(campaign, {"id": contact_id, "scheduled_at": "2026-07-01T18:00:00Z"})
    dialer.run()
    assert dialer.posts == []
    dialer.clock.set("2026-07-01T18:00:00Z")
    dialer.run()
    assert len(dialer.posts) == 1


def test_a_cleared_schedule_makes_the_contact_due_at_once(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, scheduled_at="2026-07-01T18:00:00Z"))
    dialer.upsert(campaign, {"id": contact_id, "scheduled_at": None})
    assert dialer.stored(campaign, contact_id).kind is LaneKind.FIRST
    assert dialer.run() == 1


def test_a_contact_waiting_for_a_retry_is_not_called_before_a_new_schedule(dialer: Dialer) -> None:
    """G3: no call before `scheduled_at`."""
    campaign = dialer.campaign(retry_delay_seconds=60)
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.call(Outcome.NO_ANSWER)
    dialer.upsert(campaign, {"external_id": "ana", "scheduled_at": "2026-07-01T20:00:00Z"})
    dialer.clock.advance(120)
    dialer.run()
    assert len(dialer.posts) == 1
    dialer.clock.set("2026-07-01T20:00:00Z")
    dialer.run()
    assert len(dialer.posts) == 2


def test_a_schedule_given_in_mid_call_holds_back_the_retry(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60)
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.run()
    dialer.upsert(campaign, {"external_id": "ana", "scheduled_at": "2026-07-01T20:00:00Z"})
    dialer.end(dialer.posts[0], Outcome.NO_ANSWER)
    dialer.clock.advance(120)
    dialer.run()
    assert len(dialer.posts) == 1


def test_an_upsert_does_not_undo_a_pause_the_provider_asked_for(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.telephony.answer = lambda _post: Refused("busy", 30)
    dialer.run()
    dialer.telephony.answer = lambda _post: None
    dialer.upsert(campaign, {"external_id": "ana", "data": {"a": 1}})
    dialer.clock.advance(5)
    dialer.run()
    assert len(dialer.posts) == 1


@pytest.mark.parametrize("size", [100, 511, 600, 16_000])
def test_data_comes_back_whole_whatever_its_size(dialer: Dialer, size: int) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana", data={"text": "é" * (size // 2)}, agent_config={"a": [1.5]}))
    contact = dialer.contact(campaign, "ana")
    assert contact.data == {"text": "é" * (size // 2)}
    assert contact.agent_config == {"a": [1.5]}
    hot = dialer.table.get(keys.contact(campaign.key, contact.id))
    assert hot
    assert len(repr(hot).encode()) < 2_000


def test_data_moves_to_the_cold_item_and_back_and_every_call_carries_it(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=1, retry_attempts=9)
    large = {"text": "x" * 2_000}
    dialer.add(campaign, person(1, external_id="ana", data={"small": 1}, agent_id="agent-1"))
    for data in (large, {"small": 2}, large, {}):
        dialer.upsert(campaign, {"external_id": "ana", "data": data})
        contact = dialer.contact(campaign, "ana")
        assert (contact.data, contact.agent_id) == (data, "agent-1")
        request = dialer.call(Outcome.NO_ANSWER, notes="nobody there").request
        assert (request.custom_metadata, request.agent_id) == (data, "agent-1")
        dialer.clock.advance(1)
    assert [attempt.notes for attempt in dialer.contact(campaign, "ana").attempts] == ["nobody there"] * 4
    audit(dialer, campaign)


def test_contacts_of_one_request_span_counter_blocks(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "BLOCK_SIZE", 7)
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(20)))
    audit(dialer, campaign)


def test_contacts_are_stored_and_answered_although_the_queue_is_down(dialer: Dialer) -> None:
    """A message is only a hint: the tick calls them within a minute. A 500 would make the client send them twice."""
    campaign = dialer.campaign()
    dialer.queue.is_down = True
    assert dialer.upsert(campaign, person(1)).inserted == 1
    dialer.queue.is_down = False
    dialer.serve_hints(61)
    assert len(dialer.posts) == 1


def test_new_contacts_are_hinted_now_and_once_more_when_the_index_has_caught_up(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.queue.forget()
    dialer.add(campaign, person(1), person(2, scheduled_at="2026-07-01T17:05:00Z"))
    now = dialer.clock.now_ms()
    assert dialer.queue.causes() == ["contacts_added"]
    assert dialer.queue.wakes() == [now + 2_000, now + 300_000]


def test_a_contact_due_beyond_fifteen_minutes_is_left_to_the_tick(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.queue.forget()
    dialer.add(campaign, person(1, scheduled_at="2026-07-01T18:00:00Z"))
    assert dialer.queue.sent == []
    dialer.clock.set("2026-07-01T17:58:30Z")
    dialer.serve_hints(100)
    assert [post.at for post in dialer.posts] == [at("2026-07-01T18:00:00Z")]


def test_the_hint_names_every_round_of_a_contended_request(dialer: Dialer) -> None:
    """One of two rows lost a race and was written in a second round: the first round's contact is hinted, too."""
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="busy"))
    dialer.call(Outcome.ANSWERED)
    dialer.queue.forget()
    raced: list[bool] = []

    def race(request: Request) -> None:
        if request.operation == "write" and request.about.key["SK"].startswith("K#") and not raced:
            raced.append(True)
            dialer.upsert(campaign, {"external_id": "busy", "data": {"other": 1}})
            dialer.queue.forget()

    with dialer.interposed(race):
        answer = dialer.upsert(campaign, person(2, external_id="new"), person(1, external_id="busy", data={"mine": 1}))
    assert raced
    assert (answer.inserted, answer.updated) == (1, 1)
    assert "contacts_added" in dialer.queue.causes()
