"""Late reports at the same time as everything else, and processes that die over them (G4, G6, G7)."""

from collections.abc import Callable, Iterator

import pytest

from campanile.domain.campaign import Campaign
from campanile.domain.errors import ConflictError, NotFoundError
from campanile.domain.lifecycle import Outcome
from campanile.store import calls, contact_actions
from campanile.telephony.port import LookUpFailed
from tests.support import table as tables
from tests.support.audit import audit, audit_names
from tests.support.crashes import Crash, Crasher
from tests.support.dialer import Dialer, number
from tests.support.late_reports import HOUR, TOLD, ana, attempts, is_listed, lose, retry, trying_on
from tests.support.table import Request
from tests.support.telephony import Post
from tests.support.threads import at_once

MOST_REQUESTS = 40
TRIALS = 6


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    return trying_on(dialer)


def meanwhile(dialer: Dialer, act: Callable[[], object]) -> Callable[[Request], None]:
    """Let `act` happen once, right before the first transaction."""
    done: list[bool] = []

    def hook(request: Request) -> None:
        if request.operation == "transact" and not done:
            done.append(True)
            act()

    return hook


def test_a_lock_taken_between_reading_and_writing_makes_it_a_report_during_the_retry(
    dialer: Dialer, campaign: Campaign
) -> None:
    post = lose(dialer, campaign)
    dialer.clock.advance(HOUR)
    with dialer.interposed(meanwhile(dialer, dialer.run)):
        assert dialer.end(post, Outcome.ANSWERED)
    assert len(dialer.posts) == 2
    assert ana(dialer, campaign).status == "active"
    dialer.end(dialer.posts[-1], Outcome.BUSY)
    assert ana(dialer, campaign).status == "completed"


def test_a_pass_that_had_seen_the_contact_waiting_does_not_call_it(dialer: Dialer, campaign: Campaign) -> None:
    post = lose(dialer, campaign)
    dialer.clock.advance(HOUR)
    with dialer.interposed(meanwhile(dialer, lambda: dialer.end(post, Outcome.ANSWERED))):
        dialer.run()
    assert len(dialer.posts) == 1
    assert ana(dialer, campaign).status == "completed"


def test_the_end_of_the_retry_between_reading_and_writing_makes_it_a_report_about_an_earlier_call(
    dialer: Dialer, campaign: Campaign
) -> None:
    post = lose(dialer, campaign)
    current = retry(dialer)
    with dialer.interposed(meanwhile(dialer, lambda: dialer.end(current, Outcome.BUSY))):
        assert dialer.end(post, Outcome.ANSWERED)
    contact = ana(dialer, campaign)
    assert (contact.status, attempts(contact), contact.last_outcome) == ("completed", ["answered", "busy"], "busy")


def test_the_end_of_the_retry_reads_again_what_a_report_has_changed(dialer: Dialer, campaign: Campaign) -> None:
    post = lose(dialer, campaign)
    current = retry(dialer)
    with dialer.interposed(meanwhile(dialer, lambda: dialer.end(post, Outcome.ANSWERED))):
        assert dialer.end(current, Outcome.BUSY)
    contact = ana(dialer, campaign)
    assert (contact.status, attempts(contact), contact.last_outcome) == ("completed", ["answered", "busy"], "busy")


def test_an_upsert_between_reading_and_writing_is_kept(dialer: Dialer, campaign: Campaign) -> None:
    post = lose(dialer, campaign)
    row = {"external_id": "ana", "data": {"text": "x" * 800}, "timezone": "Europe/Paris"}
    with dialer.interposed(meanwhile(dialer, lambda: dialer.upsert(campaign, row))):
        assert dialer.end(post, Outcome.BUSY, notes="a note")
    contact = ana(dialer, campaign)
    assert (contact.status, contact.timezone, attempts(contact)) == ("pending", "Europe/Paris", ["busy"])
    shown = dialer.contact(campaign, "ana")
    assert (shown.data, shown.attempts[0].notes) == (row["data"], "a note")
    dialer.clock.advance(60)
    dialer.call(Outcome.ANSWERED)


def test_a_contact_deleted_between_reading_and_writing_stays_deleted(dialer: Dialer, campaign: Campaign) -> None:
    for outcome in (Outcome.BUSY, Outcome.DO_NOT_CALL):
        post = lose(dialer, campaign)
        with dialer.interposed(meanwhile(dialer, lambda: dialer.delete(campaign, "ana"))):
            assert not dialer.end(post, outcome, notes="a note")
        assert audit(dialer, campaign) == []
        audit_names(dialer, campaign)
    assert is_listed(dialer, number(1)), "a request not to be called outlives the contact"


def test_a_contact_of_the_same_name_made_meanwhile_is_not_touched(dialer: Dialer, campaign: Campaign) -> None:
    post = lose(dialer, campaign)
    dialer.delete(campaign, "ana")
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(2)]})
    seen = ana(dialer, campaign)
    assert not dialer.end(post, Outcome.ANSWERED)
    assert ana(dialer, campaign) == seen


def test_what_was_read_before_a_call_changes_nothing_after_it(dialer: Dialer, campaign: Campaign) -> None:
    """G7: the write itself refuses."""
    lose(dialer, campaign)
    stale = ana(dialer, campaign)
    retry(dialer)
    active = ana(dialer, campaign)
    assert not calls.correct(
        dialer.table, stale, stale, False, contact_actions.remarking(stale, "attempt", {"notes": "a note"}), []
    )
    assert ana(dialer, campaign) == active


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.DO_NOT_CALL, Outcome.BUSY])
def test_an_event_whose_call_is_given_up_while_it_is_recorded_corrects_it(
    dialer: Dialer, campaign: Campaign, outcome: Outcome
) -> None:
    """The sweep closes the attempt between the event's look at the slot and its look at the contact."""
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    dialer.run()
    [post] = dialer.posts
    dialer.telephony.look_ups[post.attempt_id] = LookUpFailed("503")
    dialer.clock.advance(dialer.limits.longest_call)
    # The first transaction is FINAL of the event, which then finds the contact on no call any more.
    with dialer.interposed(meanwhile(dialer, dialer.run)):
        assert dialer.end(post, outcome)
    contact = ana(dialer, campaign)
    assert attempts(contact) == [outcome]
    assert dialer.held() == []
    assert is_listed(dialer, number(1)) == (outcome is Outcome.DO_NOT_CALL)


def test_of_many_late_reports_at_once_one_is_recorded(dialer: Dialer, campaign: Campaign) -> None:
    for trial in range(TRIALS):
        post = lose(dialer, campaign)
        told: list[Outcome] = [one for one in [*TOLD[trial:], *TOLD] if one is not Outcome.DO_NOT_CALL]

        def report(n: int, post: Post = post, told: list[Outcome] = told) -> bool:
            return dialer.end(post, told[n])

        recorded = at_once(len(told), report)
        assert recorded.count(True) == 1
        assert attempts(ana(dialer, campaign)) == [told[recorded.index(True)]]
        dialer.delete(campaign, "ana")


def test_a_late_report_and_the_pass_that_calls_again_at_once_agree(dialer: Dialer, campaign: Campaign) -> None:
    for _ in range(TRIALS):
        post = lose(dialer, campaign)
        dialer.clock.advance(HOUR)
        before = len(dialer.posts)

        def act(n: int, post: Post = post) -> int:
            return dialer.end(post, Outcome.ANSWERED) if n == 0 else dialer.run()

        assert at_once(2, act)[0], "the report is recorded"
        contact = ana(dialer, campaign)
        assert contact.status == ("active" if len(dialer.posts) > before else "completed")
        for current in dialer.posts[before:]:
            dialer.end(current, Outcome.NO_ANSWER)
        assert ana(dialer, campaign).status == "completed"
        dialer.delete(campaign, "ana")


def test_late_reports_upserts_and_deletions_at_once_leave_everything_in_agreement(
    dialer: Dialer, campaign: Campaign
) -> None:
    for trial in range(TRIALS):
        post = lose(dialer, campaign)

        def act(n: int, post: Post = post, trial: int = trial) -> bool:
            if n % 3 == 0:
                return dialer.end(post, Outcome.BUSY, notes="a note")
            if n % 3 == 1:
                dialer.upsert(campaign, {"external_id": "ana", "data": {"n": n}, "phone_numbers": [number(1)]})
                return False
            try:
                dialer.delete(campaign, "ana" if trial % 2 else "nobody")
            except (NotFoundError, ConflictError):
                return False
            return True

        results = at_once(9, act)
        assert results[::3].count(True) <= 1
        everyone = audit(dialer, campaign)
        audit_names(dialer, campaign)
        if not any(results[2::3]):
            assert [attempts(one) for one in everyone] == [["busy"]]
        for one in everyone:
            dialer.delete(campaign, one.id)


# ---------------------------------------------------------------- crashes


def deaths(client: object, name: str, act: Callable[[Dialer], object]) -> Iterator[tuple[Dialer, Campaign, Post]]:
    """An org with a call of unknown fate after a death at each request of `act`, until there are no more."""
    for at in range(1, MOST_REQUESTS):
        for applied in (False, True):
            crasher = Crasher()
            dialer = Dialer(tables.open_table(crasher.around(client), name))
            campaign = dialer.campaign(retry_delay_seconds=60)
            post = lose(dialer, campaign)
            dialer.upsert(campaign, {"external_id": "ana", "timezone": "Europe/Paris"})
            queue, dialer.queue = dialer.queue, crasher.around(dialer.queue)
            crasher.arm(at, applied)
            try:
                act(dialer)
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


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.DO_NOT_CALL, Outcome.CALLBACK_REQUESTED])
def test_a_late_report_whose_recording_dies_at_any_request_is_recorded_when_it_is_sent_again(
    dynamodb: object, shared_table: str, outcome: Outcome
) -> None:
    def event(dialer: Dialer) -> bool:
        return dialer.end(dialer.posts[0], outcome, notes="a note")

    for dialer, campaign, _ in deaths(dynamodb, shared_table, event):
        assert attempts(ana(dialer, campaign)) in (["unknown"], [outcome])
        event(dialer)
        contact = ana(dialer, campaign)
        assert attempts(contact) == [outcome]
        assert dialer.contact(campaign, "ana").attempts[0].notes == "a note"
        assert is_listed(dialer, number(1)) == (outcome is Outcome.DO_NOT_CALL)
        if outcome is Outcome.CALLBACK_REQUESTED:
            dialer.serve_hints(130)  # every hint of the dead was lost
            assert len(dialer.posts) == 2
            dialer.end(dialer.posts[-1], Outcome.ANSWERED)
            contact = ana(dialer, campaign)
        assert contact.status == ("do_not_call" if outcome is Outcome.DO_NOT_CALL else "completed")
