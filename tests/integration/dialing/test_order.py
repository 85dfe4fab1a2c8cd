"""In which order contacts are called (G5): priority, callbacks, first calls before retries, then the oldest."""

from collections.abc import Iterator
from random import Random

import pytest

from campanile.dialing import agenda
from campanile.domain.campaign import Campaign
from campanile.domain.lifecycle import Outcome
from campanile.domain.limits import Limits
from tests.support.dialer import Dialer, number


@pytest.fixture
def one_line(dialer: Dialer) -> Dialer:
    """An org that makes one call at a time, so that the order of calls is the order of taking."""
    dialer.limit(1)
    return dialer


def called(dialer: Dialer, count: int, outcome: Outcome = Outcome.ANSWERED) -> list[str]:
    return [dialer.call(outcome).to for _ in range(count)]


def test_a_higher_priority_goes_first_however_new(one_line: Dialer) -> None:
    low, high = one_line.campaign(priority=5), one_line.campaign(priority=6)
    one_line.add_people(low, number(1), number(2))
    one_line.clock.advance(60)
    one_line.add_people(high, number(3), number(4))
    assert called(one_line, 4) == [number(3), number(4), number(1), number(2)]


def test_ad_hoc_contacts_go_before_the_highest_priority(one_line: Dialer) -> None:
    high = one_line.campaign(priority=999_999)
    one_line.add_people(high, number(1))
    one_line.add_people(one_line.ad_hoc, number(2), number(3))
    assert called(one_line, 3) == [number(2), number(3), number(1)]


def test_one_request_is_called_in_the_order_of_its_rows(one_line: Dialer) -> None:
    campaign = one_line.campaign()
    numbers = [number(n) for n in Random(3).sample(range(100), 8)]
    one_line.add_people(campaign, *numbers)
    assert called(one_line, 8) == numbers


def test_the_oldest_goes_first_across_campaigns_of_one_priority_and_across_timezones(one_line: Dialer) -> None:
    one, other = one_line.campaign(), one_line.campaign()
    expected = []
    for n, (campaign, zone) in enumerate([(one, "Europe/Paris"), (other, None), (one, None), (other, "Asia/Tokyo")]):
        one_line.add_people(campaign, number(n), timezone=zone)
        one_line.clock.advance(1)
        expected.append(number(n))
    assert called(one_line, 4) == expected


def test_callbacks_go_before_first_calls_and_those_before_retries(one_line: Dialer) -> None:
    campaign = one_line.campaign(retry_delay_seconds=10)
    one_line.add_people(campaign, number(1))
    called(one_line, 1, Outcome.NO_ANSWER)
    one_line.add_people(campaign, number(2))
    one_line.call(Outcome.CALLBACK_REQUESTED, callback_at_ms=one_line.clock.now_ms() + 20_000)
    one_line.clock.advance(30)
    one_line.add_people(campaign, number(3))
    assert called(one_line, 3) == [number(2), number(3), number(1)]


def test_a_scheduled_first_call_takes_its_turn_by_its_due_time(one_line: Dialer) -> None:
    campaign = one_line.campaign()
    one_line.add_people(campaign, number(1), scheduled_at="2026-07-01T17:00:20Z")
    one_line.clock.advance(10)
    one_line.add_people(campaign, number(2))
    one_line.clock.advance(15)
    one_line.add_people(campaign, number(3))
    assert called(one_line, 3) == [number(2), number(1), number(3)]


def test_a_higher_priority_whose_window_is_closed_holds_nobody_up(one_line: Dialer) -> None:
    nights = [{"days": ["sun"], "start": "01:00", "end": "02:00"}]
    closed, low = one_line.campaign(priority=9, default_windows=nights), one_line.campaign(priority=1)
    one_line.add_people(closed, number(1))
    one_line.add_people(low, number(2))
    assert called(one_line, 1) == [number(2)]
    assert one_line.run() == 0


def test_a_contact_whose_number_is_on_the_line_holds_nobody_up(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.limit(2)
    dialer.add_people(campaign, number(1), number(1), number(2))
    dialer.run()
    assert [post.to for post in dialer.posts] == [number(1), number(2)]


def test_a_paused_campaign_holds_nobody_up(one_line: Dialer) -> None:
    high, low = one_line.campaign(priority=9), one_line.campaign(priority=1)
    one_line.add_people(high, number(1))
    one_line.add_people(low, number(2))
    one_line.change(high, "pause")
    assert called(one_line, 1) == [number(2)]
    one_line.change(high, "start")
    assert called(one_line, 1) == [number(1)]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(agenda, "PAGE", 3)
    return iter(())


def test_a_lane_longer_than_a_page_keeps_its_order(dialer: Dialer, small_pages: None) -> None:
    campaign = dialer.campaign()
    dialer.limit(50)
    numbers = [number(n) for n in range(20)]
    dialer.add_people(campaign, *numbers)
    dialer.run()
    assert [post.to for post in dialer.posts] == numbers


def test_random_work_is_called_in_the_order_of_the_rule(one_line: Dialer) -> None:
    random = Random(11)
    campaigns = [one_line.campaign(priority=priority) for priority in (1, 1, 2)]
    zones = (None, "Europe/Paris", "Asia/Tokyo")
    expected: list[tuple[int, int, int, str]] = []
    for n in range(15):
        campaign: Campaign = random.choice(campaigns)
        one_line.add_people(campaign, number(n), timezone=random.choice(zones))
        expected.append((-campaign.priority, one_line.clock.now_ms(), n, number(n)))
        one_line.clock.advance(random.choice([0.5, 1]))
    assert called(one_line, 15) == [to for *_, to in sorted(expected)]


def test_a_contact_that_comes_due_during_a_long_pass_is_called_in_its_turn(dialer: Dialer) -> None:
    """A pass lasts up to 20 s while there is work; what comes due meanwhile must not wait for its end (≤ 3 s)."""
    low, high = dialer.campaign(priority=1), dialer.campaign(priority=9)
    dialer.limits = Limits(global_concurrency=0)
    dialer.limit(100)
    dialer.add_people(high, number(98))
    dialer.call(Outcome.ANSWERED)
    dialer.add_people(low, *(number(n) for n in range(60)))
    due = dialer.clock.now_ms() + 2_000
    added: list[str] = []

    def add_meanwhile(_seconds: float) -> None:
        if not added and dialer.clock.now_ms() >= due:
            added.extend(dialer.add_people(high, number(99)))

    dialer.clock.on_sleep = add_meanwhile
    dialer.run()
    assert added
    assert [post.at - due <= 3_000 for post in dialer.posts if post.to == number(99)] == [True]


@pytest.mark.parametrize("year", [2287, 2500, 2999])
def test_a_contact_scheduled_centuries_ahead_holds_nobody_up(one_line: Dialer, year: int) -> None:
    campaign = one_line.campaign()
    one_line.add_people(campaign, number(1), scheduled_at=f"{year}-01-01T00:00:00Z")
    one_line.add_people(campaign, number(2), scheduled_at="2026-07-01T17:00:01Z")
    one_line.clock.advance(1)
    assert called(one_line, 1) == [number(2)]
    assert one_line.run() == 0
