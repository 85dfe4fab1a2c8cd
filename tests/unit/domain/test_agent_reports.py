"""What an agent's word makes of a contact: during its call with whatever the carrier says then, and after it."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campanile.domain import agent_reports
from campanile.domain.after_call import after_late_report, after_refusal, as_told, by_contacts_clock
from campanile.domain.call import AgentReport, CallbackWish, CallEnd
from campanile.domain.contact import Contact, LaneKind, ReportedInCall
from campanile.domain.lifecycle import CONTACT, ContactStatus, Outcome, Refusal
from campanile.domain.retry import MAX_CALLBACKS, RetryPolicy
from tests.unit.domain.test_late_reports import NOW, STRICT, contact, ended, lived, locked, policies

WANTED = NOW + 20_000
ASKS = AgentReport(callback=CallbackWish(datetime.fromtimestamp(WANTED / 1000, UTC)))
CANCELS = AgentReport(callback=CallbackWish(None))
LISTS = AgentReport(do_not_call=True)
LISTS_AND_ASKS = replace(ASKS, do_not_call=True)
REPORTS = [LISTS, ASKS, CANCELS, LISTS_AND_ASKS, AgentReport()]


def wanted_at(report: AgentReport) -> int | None:
    return WANTED if report.callback and report.callback.at else None


def told_in_call(active: Contact, *told: AgentReport) -> Contact:
    """The contact once these reports came in during its call."""
    _, slot = locked(replace(active, status=ContactStatus.PENDING, attempt_id=None, reported=None))
    for one in told:
        active = replace(active, reported=agent_reports.in_call(active, slot, one, wanted_at(one))[0])
    return active


def told_after(finished: Contact, report: AgentReport, policy: RetryPolicy) -> Contact:
    """The contact once the report about its latest attempt came in, as `reports` has it."""
    attempt = finished.attempts[-1]
    outcome, _ = agent_reports.after_call(finished, attempt, report, wanted_at(report))
    if outcome is None:
        return finished
    end = CallEnd(outcome, attempt.ended_at, attempt.duration_seconds, callback_at_ms=wanted_at(report))
    return after_late_report(finished, attempt, end, policy, 3600, NOW)


@pytest.mark.parametrize(
    ("told", "outcome", "expected"),
    [
        *((ReportedInCall(do_not_call=True), one, Outcome.DO_NOT_CALL) for one in Outcome),
        *((ReportedInCall(True, WANTED), one, Outcome.DO_NOT_CALL) for one in Outcome),
        *(
            (ReportedInCall(callback_at=WANTED), one, one if one is Outcome.DO_NOT_CALL else Outcome.CALLBACK_REQUESTED)
            for one in Outcome
        ),
        *(
            (ReportedInCall(is_canceled=True), one, Outcome.ANSWERED if one is Outcome.CALLBACK_REQUESTED else one)
            for one in Outcome
        ),
        *((None, one, one) for one in Outcome),
    ],
)
def test_a_request_not_to_be_called_stands_above_a_callback_and_both_above_the_carriers_outcome(
    told: ReportedInCall | None, outcome: Outcome, expected: Outcome
) -> None:
    report = CallEnd(outcome, NOW, 2.5, callback_at_ms=NOW + 1)
    result = as_told(told, report)
    assert result.outcome is expected
    assert result.duration_seconds == 2.5
    if told and told.callback_at and expected is Outcome.CALLBACK_REQUESTED:
        assert result.callback_at_ms == WANTED


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from(Outcome), max_size=5),
    st.sampled_from(Outcome),
    st.sampled_from([LISTS, ASKS, CANCELS, LISTS_AND_ASKS]),
    policies,
    st.integers(1, 3),
)
def test_a_report_makes_the_same_of_a_contact_before_the_end_of_its_call_and_after_it(
    earlier: list[Outcome], outcome: Outcome, report: AgentReport, policy: RetryPolicy, numbers: int
) -> None:
    one = contact(numbers)
    for before in earlier:
        one = ended(*locked(one), before, policy)
        assume(one.status is ContactStatus.PENDING)
    active, slot = locked(one)
    first = ended(told_in_call(active, report), slot, outcome, policy)
    afterwards = told_after(ended(active, slot, outcome, policy), report, policy)
    assume(afterwards.status is not ContactStatus.ERROR)  # the last number was found invalid: no callback reopens that
    was_refused = outcome is Outcome.CALLBACK_REQUESTED and one.callbacks_used + slot.is_callback >= MAX_CALLBACKS
    assume(not (report is CANCELS and was_refused))  # which counts as no answer, and nothing is left to take back
    assert (first.status, first.last_outcome) == (afterwards.status, afterwards.last_outcome)
    assert [a.outcome for a in first.attempts] == [a.outcome for a in afterwards.attempts]
    assert (first.budget_used, first.callbacks_used) == (afterwards.budget_used, afterwards.callbacks_used)
    if first.status is ContactStatus.PENDING:
        assert (first.due, first.kind) == (afterwards.due, afterwards.kind)
    assert first.reported is None


@settings(deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["call", "call", "report", "refusal"]), st.sampled_from(Outcome), st.sampled_from(REPORTS)
        ),
        max_size=40,
    ),
    policies,
    st.integers(1, 3),
)
def test_in_every_life_reports_follow_the_lifecycle_and_give_no_more_than_three_callbacks(
    events: list[tuple[str, Outcome, AgentReport]], policy: RetryPolicy, numbers: int
) -> None:
    one, slot = contact(numbers), None
    for event, outcome, report in events:
        before = one
        if event == "report" and slot is not None:
            told, _ = agent_reports.in_call(one, slot, report, wanted_at(report))
            one = replace(one, reported=told)
        elif event == "report" and one.attempts:
            one = told_after(one, report, policy)
            if one.status is not before.status:
                assert any(before.status in edge.sources and edge.target is one.status for edge in CONTACT.values())
            assert one.attempt_count == before.attempt_count
        elif slot is None and one.status is ContactStatus.PENDING and event == "call":
            one, slot = locked(one)
        elif slot is not None and event in ("call", "refusal"):
            refused = event == "refusal"
            if refused:
                one = after_refusal(one, slot.phone_number, Refusal.NOT_PLACED, NOW, None)
            else:
                one = ended(one, slot, outcome, policy)
            if before.reported and before.reported.do_not_call:
                assert one.status is ContactStatus.DO_NOT_CALL
            slot = None
        assert one.callbacks_used <= MAX_CALLBACKS
        assert one.budget_used <= policy.budget
        assert one.reported is None or one.status is ContactStatus.ACTIVE


def test_the_last_word_of_a_call_counts_and_a_request_not_to_be_called_is_not_taken_back() -> None:
    active, _ = locked(contact())
    assert told_in_call(active, ASKS, CANCELS).reported == ReportedInCall(is_canceled=True)
    assert told_in_call(active, CANCELS, ASKS).reported == ReportedInCall(callback_at=WANTED)
    assert told_in_call(active, ASKS, LISTS).reported == ReportedInCall(do_not_call=True)
    for report in REPORTS:
        told = told_in_call(active, LISTS, report).reported
        assert told
        assert (told.do_not_call, told.callback_at) == (True, None)
    assert told_in_call(active, AgentReport()).reported is None


@pytest.mark.parametrize("callbacks_used", range(MAX_CALLBACKS + 1))
@pytest.mark.parametrize("is_callback", [True, False])
def test_the_fourth_callback_is_refused_during_the_call_as_after_it(callbacks_used: int, is_callback: bool) -> None:
    active, slot = locked(replace(contact(), callbacks_used=callbacks_used))
    slot = replace(slot, is_callback=is_callback)
    told, during = agent_reports.in_call(active, slot, ASKS, WANTED)
    is_granted = callbacks_used + is_callback < MAX_CALLBACKS
    assert (told, list(during)) == (
        (ReportedInCall(callback_at=WANTED), []) if is_granted else (None, ["too_many_callbacks"])
    )
    finished = ended(active, slot, Outcome.ANSWERED, STRICT)
    outcome, after = agent_reports.after_call(finished, finished.attempts[-1], ASKS, WANTED)
    assert (outcome is Outcome.CALLBACK_REQUESTED, list(after)) == (is_granted, list(during))


def test_only_the_latest_attempt_brings_a_callback_and_none_under_way_is_taken_back() -> None:
    waiting = lived(STRICT, Outcome.NO_ANSWER, Outcome.CALLBACK_REQUESTED)
    earlier, latest = waiting.attempts
    for report in (ASKS, CANCELS):
        assert agent_reports.after_call(waiting, earlier, report, wanted_at(report)) == (None, ["attempt_superseded"])
        active, _ = locked(waiting)
        assert agent_reports.after_call(active, latest, report, wanted_at(report)) == (None, ["call_in_progress"])
    assert agent_reports.after_call(waiting, latest, CANCELS, None) == (Outcome.ANSWERED, [])
    canceled = told_after(waiting, CANCELS, STRICT)
    assert (canceled.status, canceled.last_outcome) == (ContactStatus.COMPLETED, Outcome.ANSWERED)
    assert agent_reports.after_call(canceled, canceled.attempts[-1], CANCELS, None) == (None, [])


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [
        (ContactStatus.DO_NOT_CALL, Outcome.DO_NOT_CALL, "do_not_call"),
        (ContactStatus.DO_NOT_CALL, Outcome.NO_ANSWER, "do_not_call"),
        (ContactStatus.EXHAUSTED, Outcome.DO_NOT_CALL, "do_not_call"),
        (ContactStatus.ERROR, Outcome.INVALID_NUMBER, "contact_finished"),
    ],
)
def test_a_contact_that_must_not_or_cannot_be_called_gets_no_callback(
    status: ContactStatus, outcome: Outcome, code: str
) -> None:
    finished = lived(STRICT, Outcome.ANSWERED)
    finished = replace(finished, status=status, attempts=(replace(finished.attempts[0], outcome=outcome),))
    assert agent_reports.after_call(finished, finished.attempts[-1], ASKS, WANTED) == (None, [code])
    assert agent_reports.after_call(finished, finished.attempts[-1], CANCELS, None) == (None, [])


def test_whatever_the_end_was_a_person_who_asks_not_to_be_called_ends_as_do_not_call() -> None:
    for outcome, numbers in product(Outcome, (1, 2)):
        finished = lived(STRICT, outcome, numbers=numbers)
        after = told_after(finished, LISTS, STRICT)
        assert (after.status, after.last_outcome) == (ContactStatus.DO_NOT_CALL, Outcome.DO_NOT_CALL)
        assert agent_reports.after_call(after, after.attempts[-1], LISTS, None) == (None, [])


def test_what_was_told_of_a_call_that_the_provider_denies_is_kept() -> None:
    active, slot = locked(contact(2))
    listed = after_refusal(told_in_call(active, LISTS), slot.phone_number, Refusal.NOT_PLACED, NOW, None)
    assert (listed.status, listed.reported) == (ContactStatus.DO_NOT_CALL, None)
    asked = after_refusal(told_in_call(active, ASKS), slot.phone_number, Refusal.NOT_PLACED, NOW, None)
    assert (asked.status, asked.kind, asked.due) == (ContactStatus.PENDING, LaneKind.CALLBACK, WANTED)
    paused = after_refusal(
        told_in_call(active, ASKS), slot.phone_number, Refusal.PROVIDER_REFUSED, NOW, None, due=WANTED + 1
    )
    assert paused.due == WANTED + 1


@pytest.mark.parametrize(
    ("zone", "default", "local", "utc"),
    [
        ("Europe/Berlin", "America/New_York", "2026-07-01T17:00", "2026-07-01T15:00Z"),
        (None, "America/New_York", "2026-07-01T17:00", "2026-07-01T21:00Z"),
        (None, "America/New_York", "2026-03-08T02:30", "2026-03-08T07:30Z"),  # skipped: by the offset before
        (None, "America/New_York", "2026-11-01T01:30", "2026-11-01T05:30Z"),  # twice: the first time
        (None, None, "2026-07-01T17:00", None),
    ],
)
def test_a_carriers_local_time_is_one_by_the_contacts_clock(
    zone: str | None, default: str | None, local: str, utc: str | None
) -> None:
    report = CallEnd(Outcome.CALLBACK_REQUESTED, NOW, callback_local=datetime.fromisoformat(local))
    at = by_contacts_clock(report, replace(contact(), timezone=zone), default).callback_at_ms
    assert at == (None if utc is None else round(datetime.fromisoformat(utc).timestamp() * 1000))


def test_every_code_of_a_warning_has_its_words() -> None:
    for words in agent_reports.WARNINGS.values():
        assert words
        assert not words.endswith(".")
