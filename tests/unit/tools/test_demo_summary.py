"""The demo's verdict: it passes only when everything it is there to show has been shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campanile.domain.shown_status import view
from campanile.schema.contacts import AttemptResponse, ContactResponse
from campanile.schema.stats import AttemptCounts, ContactCounts, StatsResponse
from campanile.simulated_carrier.report import Report
from tools.demo.summary import Pace, Summary, View, broken_promises, is_over, latest, show_value, summarize

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
GOOD = Summary(
    seconds=50.0,
    contacts={"completed": 50, "exhausted": 9, "error": 2, "do_not_call": 4},
    outcomes={"answered": 50, "no_answer": 50},
    attempts=100,
    retries=28,
    callbacks=5,
    concurrency_limit=8,
    carrier_calls=100,
    carrier_posts=101,
    most_calls_at_once=8,
    most_calls_at_once_to_one_contact=1,
    most_calls_at_once_to_one_number=1,
    second_campaign_calls=0,
    second_campaign_waits_until="2026-07-02T13:00:00+00:00",
)
SEEN: Report = {
    "calls": 5,
    "posts": 6,
    "refused": 1,
    "calls_by_outcome": {},
    "max_calls_at_once": 2,
    "max_calls_at_once_to_one_contact": 1,
    "max_calls_at_once_to_one_number": 1,
    "per_attempt": [],
}


def contact(status: str, *outcomes: str, again_in: int | None = None) -> ContactResponse:
    """A contact whose calls ended with these outcomes, the last one now and each other a minute before the next."""
    attempts = [
        AttemptResponse(
            id=str(number),
            attempt_no=number,
            phone_number="+12125550100",
            conversation_id=None,
            status="finished",
            outcome=outcome,
            started_at=NOW,
            ended_at=NOW - timedelta(minutes=len(outcomes) - number),
            duration_seconds=3,
            notes=None,
            disposition=None,
        )
        for number, outcome in enumerate(outcomes, start=1)
    ]
    unset = dict.fromkeys(ContactResponse.model_fields)
    fields: dict[str, Any] = {
        **unset,
        "id": "1",
        "phone_numbers": ["+12125550100"],
        "data": {"first_name": "Ada", "last_name": "Hall"},
        "status": status,
        "view": view(status, outcomes[-1] if outcomes else None),
        "attempts_count": len(attempts),
        "last_outcome": outcomes[-1] if outcomes else None,
        "next_attempt_at": None if again_in is None else NOW + timedelta(seconds=again_in),
        "attempts": attempts,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return ContactResponse(**fields)


def stats(pending: int = 0, in_progress: int = 0, completed: int = 0) -> StatsResponse:
    total = pending + in_progress + completed
    counts = {"exhausted": 0, "error": 0, "do_not_call": 0, "locked": 0, "retry_waiting": 0, "held": 0}
    return StatsResponse(
        campaign_id="1",
        status="active",
        contacts=ContactCounts(total=total, pending=pending, in_progress=in_progress, completed=completed, **counts),
        attempts=AttemptCounts(total=0, average_per_contact=0),
        refusals={},
        active_calls=in_progress,
        concurrency_limit=8,
        waiting_until=None,
    )


def test_a_run_that_has_shown_everything_passes() -> None:
    assert broken_promises(GOOD) == []
    assert GOOD.as_json()["passed"] is True


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"contacts": {}}, "There are no contacts."),
        ({"contacts": {**GOOD.contacts, "pending": 2}}, "Contacts without a final status: 2 pending."),
        ({"contacts": {**GOOD.contacts, "completed": 0}}, "No contact ended as completed."),
        ({"contacts": {**GOOD.contacts, "exhausted": 0}}, "No contact ended as exhausted."),
        ({"contacts": {**GOOD.contacts, "do_not_call": 0}}, "No contact ended as do_not_call."),
        ({"retries": 0}, "No contact was called a second time after a call that reached nobody."),
        ({"callbacks": 0}, "Nobody who asked to be called back was."),
        ({"carrier_calls": 101}, "The carrier placed 101 calls, but 100 attempts are on record."),
        ({"most_calls_at_once": 9}, "The carrier saw 9 calls at once; the limit is 8."),
        ({"most_calls_at_once_to_one_contact": 2}, "The carrier saw two calls at once to one contact."),
        ({"most_calls_at_once_to_one_number": 2}, "The carrier saw two calls at once to one number."),
        ({"second_campaign_calls": 1}, "The second campaign made calls while its calling window was closed."),
        ({"second_campaign_waits_until": None}, "The second campaign does not say until when it waits."),
    ],
)
def test_each_broken_promise_fails_the_run_in_words(change: dict[str, Any], sentence: str) -> None:
    run = replace(GOOD, **change)
    assert sentence in broken_promises(run)
    assert run.as_json()["passed"] is False


def test_a_call_after_a_callback_request_is_a_callback_and_any_other_later_call_is_a_retry() -> None:
    contacts = [
        contact("completed", "no_answer", "callback_requested", "answered"),
        contact("exhausted", "busy", "busy"),
        contact("pending"),
    ]
    run = summarize(contacts, stats(pending=3), SEEN, concurrency_limit=8, seconds=1)
    assert (run.attempts, run.retries, run.callbacks) == (5, 2, 1)
    assert run.contacts == {"completed": 1, "exhausted": 1, "pending": 1}
    assert run.outcomes == {"no_answer": 1, "callback_requested": 1, "answered": 1, "busy": 2}


def test_a_campaign_is_over_when_it_has_contacts_and_none_is_pending_or_on_the_line() -> None:
    assert is_over(stats(completed=3))
    assert not any(map(is_over, (stats(), stats(pending=1, completed=3), stats(in_progress=1, completed=3))))


def test_the_last_calls_say_what_follows_from_them() -> None:
    waits, done = contact("pending", "no_answer", again_in=3), contact("do_not_call", "busy", "do_not_call")
    due = contact("pending", "busy", again_in=-1)
    shown = latest([waits, done, due], 10, NOW)
    assert [one.then for one in shown] == ["again in 3 s", "do_not_call", "due again", "called again"]
    assert (shown[0].name, shown[1].attempt_no, shown[1].outcome) == ("Ada Hall", 2, "do_not_call")
    assert latest([waits, done, due], 1, NOW) == shown[:1]


def test_the_picture_is_of_a_moment_midway_with_all_lines_busy_and_various_outcomes() -> None:
    def moment(done: int, busy: int, *outcomes: str) -> View:
        now = stats(pending=60 - done, in_progress=busy, completed=done)
        return View(1, now, stats(), 1, None, latest([contact("completed", one) for one in outcomes], 9, NOW))

    start, idle = moment(1, 8, "busy", "failed", "answered"), moment(30, 7, "busy", "failed", "answered")
    dull, best = moment(30, 8, "answered", "answered"), moment(30, 8, "answered", "busy")
    assert sorted([best, start, dull, idle], key=show_value) == [start, idle, dull, best]


def test_the_pace_is_that_of_the_last_seconds() -> None:
    pace = Pace()
    for second in range(60):
        pace.note(second, calls=10 * second if second < 40 else 400 + 2 * (second - 40))
    assert pace.calls_per_second == pytest.approx(2)
    assert pace.seconds_left(10) == pytest.approx(7)


def test_no_time_left_is_guessed_before_anything_can_be_known() -> None:
    pace = Pace()
    pace.note(1, calls=8)
    assert pace.seconds_left(60) is None
    pace.note(9, calls=0)
    assert (pace.calls_per_second, pace.seconds_left(60)) == (0, None)
