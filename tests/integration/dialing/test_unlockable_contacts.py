"""Contacts that cannot be locked take no turn of the provider account from those who can."""

import pytest

from campanile.domain.lifecycle import Outcome
from tests.support.dialer import Dialer, number

CALL_SECONDS = 2


def served(dialer: Dialer, seconds: int) -> None:
    """Let time pass; calls to anybody but the switchboard last two seconds."""

    def end_calls() -> None:
        for post in list(dialer.telephony.live.values()):
            if post.to != number(0) and dialer.clock.now_ms() - post.at >= 1000 * CALL_SECONDS:
                dialer.end(post, Outcome.ANSWERED)

    dialer.clock.on_sleep = lambda _seconds: end_calls()
    dialer.serve_hints(seconds, end_calls)


@pytest.mark.parametrize("people_on_one_number", [1, 60])
def test_contacts_whose_number_is_on_the_line_do_not_hold_up_others(dialer: Dialer, people_on_one_number: int) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, *[number(0)] * people_on_one_number)
    dialer.clock.advance(1)
    dialer.add_people(campaign, *(number(n) for n in range(1, 101)))
    served(dialer, 60)
    others = [post for post in dialer.posts if post.to != number(0)]
    assert len(others) >= 90  # 10 a second, 9 slots, calls of 2 s: about 25 s


def test_contacts_under_their_daily_cap_do_not_hold_up_others(dialer: Dialer) -> None:
    first = dialer.campaign(daily_attempts_per_number=1)
    people = [number(n) for n in range(1, 301)]
    dialer.limit(100)
    dialer.add_people(first, *people)
    served(dialer, 120)
    assert len(dialer.posts) == 300
    second = dialer.campaign(daily_attempts_per_number=1)
    dialer.add_people(second, *people)
    dialer.clock.advance(1)
    dialer.add_people(second, number(1000))
    began = dialer.clock.now_ms()
    served(dialer, 300)
    assert dialer.posts[-1].to == number(1000)
    assert dialer.posts[-1].at - began <= 10_000
