"""How often one number may be called in any 24 hours, whoever calls it (compliance: Florida § 501.616(6))."""

from typing import Any

import pytest

from campanile.domain.campaign import Campaign
from campanile.domain.lifecycle import Outcome
from campanile.domain.pacing import LATEST_SEND_MS
from tests.support.audit import audit
from tests.support.dialer import DAY, Dialer, number
from tests.support.table import Hook, Request
from tests.support.threads import at_once

CAP: dict[str, Any] = {"retry_attempts": 9, "retry_delay_seconds": 60, "daily_attempts_per_number": 2}


def called_twice(dialer: Dialer) -> Campaign:
    campaign = dialer.campaign(**CAP)
    dialer.add_people(campaign, number(1))
    for _ in range(2):
        dialer.call(Outcome.NO_ANSWER)
        dialer.clock.advance(60)
    return campaign


def test_a_number_called_often_enough_waits_until_its_oldest_call_is_a_day_ago(dialer: Dialer) -> None:
    campaign = called_twice(dialer)
    assert dialer.run() == 0
    [contact] = dialer.page(campaign).contacts
    assert contact.last_refusal
    assert contact.last_refusal.code == "daily_cap"
    free_at = dialer.posts[0].at + 1000 * DAY + LATEST_SEND_MS
    assert contact.last_refusal.until == contact.next_attempt_at
    assert contact.next_attempt_at
    assert contact.next_attempt_at.timestamp() * 1000 == pytest.approx(free_at, abs=1_000)
    dialer.clock.advance((free_at - dialer.clock.now_ms()) / 1000 - 1)
    assert dialer.run() == 0
    dialer.clock.advance(2)
    assert dialer.run() == 1
    audit(dialer, campaign)


def test_calls_of_other_campaigns_and_to_other_contacts_of_the_number_count(dialer: Dialer) -> None:
    called_twice(dialer)
    other = dialer.campaign(**CAP)
    dialer.add_people(other, number(1), number(2))
    assert dialer.run() == 1
    assert dialer.posts[-1].to == number(2)


def test_without_a_cap_a_number_is_called_as_often_as_its_campaigns_say(dialer: Dialer) -> None:
    called_twice(dialer)
    dialer.add_people(dialer.campaign(), number(1))
    assert dialer.run() == 1


def test_a_lock_given_back_does_not_count(dialer: Dialer) -> None:
    campaign = dialer.campaign(**CAP)
    dialer.add_people(campaign, number(1))
    for _ in range(3):
        with dialer.interposed(before=pausing_at_the_gate(dialer, campaign)):
            assert dialer.run() == 1
        dialer.change(campaign, "start")
    assert dialer.posts == []
    for _ in range(2):
        dialer.call(Outcome.NO_ANSWER)
        dialer.clock.advance(60)
    assert dialer.run() == 0


def pausing_at_the_gate(dialer: Dialer, campaign: Campaign) -> Hook:
    def pause(request: Request) -> None:
        if request.is_gate and dialer.read_campaign(campaign.id).status == "active":
            dialer.change(campaign, "pause")

    return pause


def test_workers_at_once_never_call_a_number_more_often_than_its_cap(dialer: Dialer) -> None:
    campaigns = [dialer.campaign(**{**CAP, "daily_attempts_per_number": 1}) for _ in range(4)]
    for campaign in campaigns:
        dialer.add_people(campaign, number(1))
    for _ in range(5):
        at_once(4, lambda _n: dialer.run())
        for post in list(dialer.telephony.live.values()):
            dialer.end(post, Outcome.NO_ANSWER)
        dialer.clock.advance(60)
    assert len(dialer.posts) == 1


def test_refusals_are_counted_by_reason(dialer: Dialer) -> None:
    campaign = called_twice(dialer)
    dialer.run()
    dialer.add_people(campaign, number(2))
    with dialer.interposed(before=pausing_at_the_gate(dialer, campaign)):
        dialer.run()
    assert dialer.stats(campaign).refusals == {"campaign_paused": 1, "daily_cap": 1}
    assert dialer.stats(campaign).attempts.total == 2
