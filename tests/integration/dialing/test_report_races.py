"""An agent's report at the same time as everything else, and processes that die over it (G3, G4, G6, G8)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from campanile.domain.campaign import Campaign
from campanile.domain.errors import ConflictError, NotFoundError
from campanile.domain.lifecycle import Outcome
from campanile.domain.times import instant
from campanile.schema.reports import ReportResponse
from campanile.store import keys
from campanile.store.table import Delete
from tests.support import table as tables
from tests.support.audit import audit, audit_names
from tests.support.crashes import Crash, Crasher
from tests.support.dialer import Dialer, number
from tests.support.late_reports import ana, attempts, is_listed
from tests.support.reports import codes, report
from tests.support.table import Request
from tests.support.telephony import Post
from tests.support.threads import at_once

MOST_REQUESTS = 40
TRIALS = 6
Told = dict[str, Any]
LISTS: Told = {"do_not_call": True, "notes": "a note"}
ASKS: Told = {"callback_at": "2026-07-01T18:30:00Z", "notes": "a note"}
CANCELS: Told = {"callback_at": None, "notes": "a note"}
ENDS = {
    # what is told: the contact's status once its call has ended as answered, and its outcome
    "lists": (LISTS, "do_not_call", "do_not_call"),
    "asks": (ASKS, "pending", "callback_requested"),
    "cancels": (CANCELS, "completed", "answered"),
}
each_report = pytest.mark.parametrize(("told", "status", "outcome"), ENDS.values(), ids=ENDS)


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    return dialer.campaign(retry_delay_seconds=60)


def called(dialer: Dialer, campaign: Campaign) -> Post:
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    dialer.run()
    return dialer.posts[-1]


def at_request(n: int, act: Callable[[], object]) -> tuple[Callable[[Request], None], Callable[[], bool]]:
    """Let `act` happen once, right before the n-th request; and whether there was one."""
    seen: list[Request] = []

    def hook(request: Request) -> None:
        seen.append(request)
        if len(seen) == n:
            act()

    return hook, lambda: len(seen) >= n


def check(dialer: Dialer, campaign: Campaign, told: Told, status: str, outcome: str) -> None:
    """Both the report and the end of its call have counted, once."""
    contact = ana(dialer, campaign)
    assert (contact.status, attempts(contact), contact.attempt_count) == (status, [outcome], 1)
    assert contact.reported is None
    [shown] = dialer.contact(campaign, "ana").attempts
    assert (shown.notes, shown.duration_seconds) == ("a note", 2.5)
    assert is_listed(dialer, number(1)) == ("do_not_call" in told)
    if outcome == "callback_requested":
        assert (contact.kind, instant(contact.due).isoformat()) == ("C", "2026-07-01T18:30:00+00:00")


def end(dialer: Dialer, post: Post) -> bool:
    return dialer.end(post, Outcome.ANSWERED, duration_seconds=2.5, notes="the carrier's")


@each_report
@pytest.mark.parametrize("who", ["report", "end"])
def test_a_report_and_the_end_of_its_call_both_count_wherever_the_one_comes_between_the_others_requests(
    dialer: Dialer, campaign: Campaign, told: Told, status: str, outcome: str, who: str
) -> None:
    for n in range(1, MOST_REQUESTS):
        post = called(dialer, campaign)

        def tells(post: Post = post) -> None:
            assert codes(report(dialer, campaign, post, **told)) == []

        def ends(post: Post = post) -> None:
            assert end(dialer, post)

        inner, outer = (tells, ends) if who == "report" else (ends, tells)
        hook, came = at_request(n, inner)
        with dialer.interposed(hook):
            outer()
        if not came():
            inner()
        check(dialer, campaign, told, status, outcome)
        forget(dialer, campaign)
        if not came():
            assert n > 3
            return
    raise AssertionError("there are more requests than this test looks at")


def unlist(dialer: Dialer) -> None:
    dialer.table.write(Delete(keys.do_not_call(dialer.org, number(1))))


def forget(dialer: Dialer, campaign: Campaign) -> None:
    dialer.delete(campaign, "ana")
    audit_names(dialer, campaign)
    unlist(dialer)


@each_report
def test_threads_that_report_end_and_update_at_once_lose_nothing(
    dialer: Dialer, campaign: Campaign, told: Told, status: str, outcome: str
) -> None:
    for _ in range(TRIALS):
        post = called(dialer, campaign)

        def act(n: int, post: Post = post) -> object:
            if n == 0:
                return end(dialer, post)
            if n == 1:
                return dialer.upsert(campaign, {"external_id": "ana", "data": {"text": "x" * 900}})
            return report(dialer, campaign, post, **told)

        results = at_once(5, act)
        assert results[0] is True
        check(dialer, campaign, told, status, outcome)
        assert dialer.contact(campaign, "ana").data == {"text": "x" * 900}
        forget(dialer, campaign)


def test_a_callback_that_is_moved_while_its_call_begins_is_called_once_and_the_agent_knows_which(
    dialer: Dialer, campaign: Campaign
) -> None:
    for n in range(1, MOST_REQUESTS):
        post = called(dialer, campaign)
        end(dialer, post)
        report(dialer, campaign, post, callback_at=instant(dialer.clock.now_ms() + 5_000).isoformat())
        dialer.clock.advance(5)
        before = len(dialer.posts)
        hook, came = at_request(n, dialer.run)
        with dialer.interposed(hook):
            answer = report(dialer, campaign, post, callback_at=None)
        if not came():
            dialer.run()
        is_called = len(dialer.posts) > before
        assert codes(answer) == (["call_in_progress"] if is_called else [])
        for current in dialer.posts[before:]:
            dialer.end(current, Outcome.ANSWERED)
        contact = ana(dialer, campaign)
        assert (contact.status, contact.callbacks_used) == ("completed", is_called)
        forget(dialer, campaign)
        if not came():
            return
    raise AssertionError("there are more requests than this test looks at")


def test_a_contact_that_is_deleted_while_a_report_comes_is_listed_or_not_found_and_nothing_is_left(
    dialer: Dialer, campaign: Campaign
) -> None:
    for n in range(1, MOST_REQUESTS):
        post = called(dialer, campaign)
        end(dialer, post)
        hook, came = at_request(n, lambda: dialer.delete(campaign, "ana"))
        with dialer.interposed(hook):
            assert report(dialer, campaign, post, do_not_call=True, notes="a note").number_listed
        if not came():
            return
        assert audit(dialer, campaign) == []
        audit_names(dialer, campaign)
        assert is_listed(dialer, number(1))
        unlist(dialer)
    raise AssertionError("there are more requests than this test looks at")


def test_a_repeated_report_at_once_counts_once(dialer: Dialer, campaign: Campaign) -> None:
    for _ in range(TRIALS):
        post = called(dialer, campaign)
        end(dialer, post)

        def ask(_: int, post: Post = post) -> ReportResponse:
            return report(dialer, campaign, post, **ASKS)

        answers = at_once(6, ask)
        assert {str(one.callback_at) for one in answers} == {"2026-07-01 18:30:00+00:00"}
        check(dialer, campaign, ASKS, "pending", "callback_requested")
        forget(dialer, campaign)


# ---------------------------------------------------------------- crashes


def deaths(client: object, name: str, is_over: bool, told: Told) -> Iterator[tuple[Dialer, Campaign, Post]]:
    """An org after a report died at each of its requests, until there are no more; all hints are lost."""
    for at in range(1, MOST_REQUESTS):
        for applied in (False, True):
            crasher = Crasher()
            dialer = Dialer(tables.open_table(crasher.around(client), name))
            campaign = dialer.campaign(retry_delay_seconds=60)
            post = called(dialer, campaign)
            if is_over:
                end(dialer, post)
            queue, dialer.queue = dialer.queue, crasher.around(dialer.queue)
            crasher.arm(at, applied)
            try:
                report(dialer, campaign, post, **told)
                died = False
            except Crash:
                died = True
            crasher.disarm()
            queue.forget()
            dialer.queue = queue
            yield dialer, campaign, post
            if not died:
                return
            if crasher.died_at_a_read:
                break
    raise AssertionError("there are more requests than these tests look at")


@each_report
@pytest.mark.parametrize("is_over", [False, True], ids=["during the call", "after it"])
def test_a_report_that_dies_at_any_request_is_recorded_when_it_is_sent_again(
    dynamodb: object, shared_table: str, told: Told, status: str, outcome: str, is_over: bool
) -> None:
    for dialer, campaign, post in deaths(dynamodb, shared_table, is_over, told):
        report(dialer, campaign, post, **told)
        if not is_over:
            end(dialer, post)
        check(dialer, campaign, told, status, outcome)
        if outcome == "callback_requested":
            dialer.clock.set("2026-07-01T18:30:00Z")
            dialer.queue.forget()
            dialer.serve_hints(1)  # by the tick, as every hint was lost
            assert len(dialer.posts) == 2


def test_an_end_that_dies_at_any_request_still_has_what_was_told(dynamodb: object, shared_table: str) -> None:
    for at in range(1, MOST_REQUESTS):
        crasher = Crasher()
        dialer = Dialer(tables.open_table(crasher.around(dynamodb), shared_table))
        campaign = dialer.campaign()
        post = called(dialer, campaign)
        report(dialer, campaign, post, **ASKS)
        crasher.arm(at, applied=bool(at % 2))
        try:
            end(dialer, post)
            died = False
        except Crash:
            died = True
        crasher.disarm()
        end(dialer, post)
        check(dialer, campaign, ASKS, "pending", "callback_requested")
        if not died:
            return
    raise AssertionError("there are more requests than this test looks at")


def test_reports_upserts_and_deletions_at_once_leave_everything_in_agreement(
    dialer: Dialer, campaign: Campaign
) -> None:
    for _ in range(TRIALS):
        post = called(dialer, campaign)

        def act(n: int, post: Post = post) -> None:
            try:
                if n == 0:
                    end(dialer, post)
                elif n == 1:
                    dialer.delete(campaign, "ana")
                elif n == 2:
                    dialer.upsert(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
                else:
                    report(dialer, campaign, post, **(LISTS if n % 2 else ASKS))
            except (NotFoundError, ConflictError):
                pass

        at_once(7, act)
        dialer.telephony.hang_up(post.attempt_id)
        assert is_listed(dialer, number(1))
        for one in audit(dialer, campaign):
            assert one.status != "active"
            dialer.delete(campaign, one.id)
        audit_names(dialer, campaign)
        unlist(dialer)
