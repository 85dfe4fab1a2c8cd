"""A batch of hints as the dial function gets it: orgs side by side, and no org is held up by another's trouble."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from campanile.dialing import serve_hints
from campanile.dialing.ports import Ports
from campanile.domain.lifecycle import Outcome
from campanile.store.table import Table
from tests.support.audit import audit
from tests.support.clock import RealClock
from tests.support.dialer import Dialer, number
from tests.support.telephony import Post
from tests.support.threads import at_once

ALL_THE_TIME = 40_000


def message(dialer: Dialer) -> str:
    return json.dumps({"org": dialer.org, "cause": "test", "sent_at": dialer.clock.now_ms()})


@pytest.fixture
def orgs(table: Table) -> Iterator[list[Dialer]]:
    """Two orgs with one provider, one queue and one log, as one function serves them; on real time, with threads."""
    first, second = Dialer(table, clock=RealClock()), Dialer(table, clock=RealClock())
    second.queue, second.telephony, second.log = first.queue, first.telephony, first.log
    yield [first, second]
    assert first.telephony.overlaps == []


def serve(dialer: Dialer, *bodies: str, ports: Ports | None = None, remaining_ms: int = ALL_THE_TIME) -> None:
    serve_hints.serve(ports or dialer.ports, bodies, lambda: remaining_ms)


def test_every_org_of_a_batch_is_served_with_its_calls_side_by_side(orgs: list[Dialer]) -> None:
    for n, dialer in enumerate(orgs):
        dialer.add_people(dialer.campaign(), *(number(20 * n + m) for m in range(8)))
    serve(orgs[0], *(message(dialer) for dialer in orgs))
    assert sorted(post.to for post in orgs[0].posts) == [number(n) for n in (*range(8), *range(20, 28))]


def test_messages_that_are_no_hints_are_told_to_the_operator_and_dropped(orgs: list[Dialer]) -> None:
    dialer = orgs[0]
    dialer.add_people(dialer.campaign(), number(1))
    serve(dialer, "{", "[]", '{"org": 5}', "null", '{"who": "?"}', message(dialer))
    assert len(dialer.posts) == 1
    assert dialer.log.actions().count("bad_hint") >= 4


def test_an_org_nobody_knows_holds_up_no_other(orgs: list[Dialer]) -> None:
    dialer = orgs[0]
    dialer.add_people(dialer.campaign(), number(1))
    serve(dialer, json.dumps({"org": "nobody", "cause": "test", "sent_at": 0}), message(dialer))
    assert len(dialer.posts) == 1
    assert "pass_failed" in dialer.log.actions()


def test_a_failing_send_is_told_to_the_operator_and_its_lock_left_to_the_lease(orgs: list[Dialer]) -> None:
    dialer = orgs[0]
    dialer.limits = replace(dialer.limits, lock_lease=1)
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))

    def answer(post: Post) -> None:
        raise RuntimeError(f"could not call {post.to}")

    dialer.telephony.answer = answer
    serve(dialer, message(dialer))
    assert len(dialer.posts) == len(dialer.held()) == 1
    assert "send_failed" in dialer.log.actions()
    assert number(1) not in repr(dialer.log.lines), "an error's words may quote a person"
    dialer.telephony.answer = lambda _post: None
    dialer.clock.sleep(1.1)
    serve(dialer, message(dialer))
    dialer.end(dialer.posts[1], Outcome.ANSWERED)
    assert [one.status for one in audit(dialer, campaign)] == ["completed"]


def test_nothing_is_locked_when_too_little_time_is_left(orgs: list[Dialer]) -> None:
    dialer = orgs[0]
    dialer.add_people(dialer.campaign(), number(1))
    serve(dialer, message(dialer), remaining_ms=int(1000 * (dialer.limits.worker - dialer.limits.latest_lock)))
    assert dialer.posts == []
    assert dialer.held() == []


def test_many_workers_on_real_time_call_everybody_once_within_the_limit(table: Table) -> None:
    """Four functions at once with threads, a real clock and calls that end while others are placed."""
    dialer = Dialer(table, clock=RealClock())
    campaign = dialer.campaign(retry_delay_seconds=1, retry_attempts=1)
    dialer.limit(5)
    ports = replace(dialer.ports, limits=replace(dialer.limits, longest_pass=3.0))
    dialer.add_people(campaign, *(number(n) for n in range(16)))

    def work(n: int) -> None:
        hints = [json.dumps({"org": dialer.org, "cause": "test", "sent_at": dialer.clock.now_ms() + 60_000})]
        for _ in range(200):  # many more than it takes, as a slow machine's threads are not served evenly
            serve_hints.serve(ports, hints, lambda: ALL_THE_TIME)
            for post in list(dialer.telephony.live.values())[n::4]:
                dialer.end(post, Outcome.ANSWERED)
            if len(dialer.posts) >= 16 and not dialer.telephony.live:
                return

    at_once(4, work)
    assert [one.status for one in audit(dialer, campaign)] == ["completed"] * 16
    assert len(dialer.posts) == 16
    assert dialer.telephony.most_live <= 5
    assert dialer.telephony.overlaps == []
