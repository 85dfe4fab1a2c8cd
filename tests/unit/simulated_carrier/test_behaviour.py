"""What the simulated carrier does by number, and how its report counts calls that overlap."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campanile.domain.lifecycle import Outcome
from campanile.simulated_carrier.behaviour import (
    DISTRIBUTION,
    MAGIC,
    MAX_CALL_SECONDS,
    CallPlan,
    PlannedEvent,
    magic_behaviour,
    plan,
)
from campanile.simulated_carrier.report import Interval, max_at_once, report

OTHER_OUTCOMES = {
    **dict.fromkeys(range(50), Outcome.ANSWERED),
    **dict.fromkeys(range(50, 60), Outcome.NO_ANSWER),
    **dict.fromkeys(range(60, 65), Outcome.BUSY),
    **dict.fromkeys(range(65, 70), Outcome.FAILED),
    **dict.fromkeys(range(70, 75), Outcome.VOICEMAIL),
    **dict.fromkeys(range(75, 80), Outcome.DO_NOT_CALL),
    **dict.fromkeys(range(85, 90), Outcome.INVALID_NUMBER),
}


def planned(last_two: int, seen_before: int = 0, call_seconds: int = 3) -> CallPlan:
    return plan(f"+121255501{last_two:02d}", seen_before, call_seconds, "seed")


def types(call: CallPlan) -> list[str]:
    return [event.type for event in call.events]


def test_the_magic_numbers_cover_00_to_99_once() -> None:
    assert sorted(digit for digits in MAGIC.values() for digit in digits) == list(range(100))


@pytest.mark.parametrize(("last_two", "outcome"), OTHER_OUTCOMES.items())
def test_a_plain_magic_number_has_the_same_outcome_every_time(last_two: int, outcome: Outcome) -> None:
    assert {planned(last_two, seen).outcome for seen in range(4)} == {outcome}


@pytest.mark.parametrize("last_two", OTHER_OUTCOMES)
def test_an_ordinary_call_ends_with_one_final_event_at_its_end(last_two: int) -> None:
    call = planned(last_two)
    assert call.events[-1] == PlannedEvent("call.ended", call.length_seconds)
    assert types(call).count("call.ended") == 1
    assert (call.refused, call.hold_response, call.end_before_response) == (False, False, False)


def test_a_call_lasts_as_long_as_configured_and_a_failure_is_shorter() -> None:
    assert planned(0, call_seconds=30).length_seconds == planned(50, call_seconds=30).length_seconds == 30
    assert [planned(n, call_seconds=30).length_seconds for n in (60, 65, 85)] == [1, 1, 1]
    assert planned(60, call_seconds=0).length_seconds == 0


def test_only_who_picks_up_has_a_conversation() -> None:
    assert planned(0).duration_seconds == planned(75).duration_seconds == planned(70).duration_seconds == 3
    assert planned(50).duration_seconds == planned(60).duration_seconds == planned(85).duration_seconds == 0


@pytest.mark.parametrize("last_two", range(80, 85))
def test_80_to_84_ask_on_the_first_attempt_to_be_called_back_in_20_seconds(last_two: int) -> None:
    first, second = planned(last_two, 0), planned(last_two, 1)
    assert (first.outcome, first.callback_in_seconds) == (Outcome.CALLBACK_REQUESTED, 20)
    assert (second.outcome, second.callback_in_seconds) == (Outcome.ANSWERED, None)


@pytest.mark.parametrize("last_two", range(90, 95))
def test_90_to_94_do_not_answer_first_and_then_answer(last_two: int) -> None:
    assert [planned(last_two, seen).outcome for seen in (0, 1, 2)] == [
        Outcome.NO_ANSWER,
        Outcome.ANSWERED,
        Outcome.ANSWERED,
    ]


def test_95_is_answered_and_its_final_event_never_comes() -> None:
    call = planned(95)
    assert (call.outcome, call.length_seconds) == (Outcome.ANSWERED, 3)
    assert types(call) == ["call.answered"]


def test_96_sends_every_event_twice_and_the_end_first() -> None:
    call = planned(96)
    in_time = sorted(call.events, key=lambda event: event.delay_seconds)
    assert [event.type for event in in_time] == ["call.ended", "call.ended", "call.answered", "call.answered"]
    assert in_time[1].delay_seconds < in_time[2].delay_seconds


def test_97_holds_the_response_of_a_call_that_was_placed() -> None:
    call = planned(97)
    assert (call.hold_response, call.refused, types(call)[-1]) == (True, False, "call.ended")


def test_98_is_refused_the_first_time_only() -> None:
    assert [planned(98, seen).refused for seen in (0, 1, 2)] == [True, False, False]
    assert planned(98, 1).outcome is Outcome.ANSWERED


def test_99_ends_before_the_response() -> None:
    call = planned(99)
    assert call.end_before_response
    assert call.events == (PlannedEvent("call.ended", 0),)


@pytest.mark.parametrize("number", ["+12125550200", "+1212555019", "+121255501999", "+1212555\u0660\u0661\u0662\u0663"])
def test_any_other_number_is_not_magic(number: str) -> None:
    assert magic_behaviour(number) is None


def test_other_numbers_follow_the_distribution() -> None:
    drawn = Counter(plan(f"+1646{n:07d}", 0, 3, "seed").outcome for n in range(5_000_000, 5_010_000))
    assert sum(DISTRIBUTION.values()) == 100
    assert drawn.keys() == DISTRIBUTION.keys()
    for outcome, per_cent in DISTRIBUTION.items():
        assert drawn[outcome] / 100 == pytest.approx(per_cent, abs=1.5)


def test_a_number_and_an_attempt_decide_the_outcome_and_the_seed_changes_it() -> None:
    def outcomes(seed: str) -> list[Outcome]:
        return [plan("+16465550000", seen, 3, seed).outcome for seen in range(30)]

    assert outcomes("one") == outcomes("one") != outcomes("two")
    assert len(set(outcomes("one"))) > 1


@settings(deadline=None, derandomize=True)
@given(last_two=st.integers(0, 99), seen=st.integers(0, 5), call_seconds=st.integers(0, MAX_CALL_SECONDS))
def test_every_event_can_be_sent_as_a_delayed_message(last_two: int, seen: int, call_seconds: int) -> None:
    assert all(0 <= event.delay_seconds <= 900 for event in planned(last_two, seen, call_seconds).events)


@pytest.mark.parametrize("call_seconds", [-1, MAX_CALL_SECONDS + 1])
def test_a_call_length_out_of_range_is_refused(call_seconds: int) -> None:
    with pytest.raises(ValueError, match="lasts"):
        planned(0, call_seconds=call_seconds)


def test_calls_that_touch_do_not_overlap() -> None:
    assert max_at_once([(0, 10), (10, 20)]) == 1
    assert max_at_once([(0, 11), (10, 20)]) == 2


def test_no_calls_and_calls_of_no_length_are_none_at_once() -> None:
    assert max_at_once([]) == 0
    assert max_at_once([(5, 5), (5, 5)]) == 0


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12))
def test_the_sweep_agrees_with_counting_at_every_moment(intervals: list[Interval]) -> None:
    counted = max(sum(start <= moment < end for start, end in intervals) for moment in range(31))
    assert max_at_once(intervals) == counted


def record(attempt: str, placed_at: int | None, **fields: Any) -> dict[str, Any]:
    call = {
        "call_id": attempt,
        "placed_at": placed_at,
        "ends_at": (placed_at or 0) + 10,
        "outcome": "answered",
    }
    base = {"SK": attempt, "contact_id": "k1", "campaign_id": "c1", "to": "+1", "posts": 1, "refused": 0}
    return {**base, "first_post_at": placed_at or 0, **(call if placed_at is not None else {}), **fields}


def test_a_call_without_an_end_counts_as_live_for_its_planned_length() -> None:
    assert report([record("a", 0), record("b", 9)], None, 0)["max_calls_at_once"] == 2
    assert report([record("a", 0, ended_at=8), record("b", 9)], None, 0)["max_calls_at_once"] == 1
    assert report([record("a", 0), record("b", 10)], None, 0)["max_calls_at_once"] == 1


def test_overlaps_are_counted_per_contact_and_per_number() -> None:
    seen = report(
        [
            record("a", 0, contact_id="k1", to="+1"),
            record("b", 1, contact_id="k2", to="+1"),
            record("c", 2, contact_id="k2", to="+2"),
            record("d", 3, contact_id="k2", to="+3"),
        ],
        None,
        0,
    )
    assert seen["max_calls_at_once"] == 4
    assert seen["max_calls_at_once_to_one_contact"] == 3
    assert seen["max_calls_at_once_to_one_number"] == 2


def test_refused_attempts_are_posts_and_no_calls() -> None:
    seen = report([record("a", None, posts=2, refused=2), record("b", 5, posts=3, outcome="busy")], None, 0)
    assert (seen["calls"], seen["posts"], seen["refused"]) == (1, 5, 2)
    assert seen["calls_by_outcome"] == {"busy": 1}
    assert seen["per_attempt"][0] == {
        "attempt_id": "a",
        "contact_id": "k1",
        "posts": 2,
        "refused": 2,
        "placed_at": None,
        "ended_at": None,
        "outcome": None,
    }


def test_a_report_is_of_one_campaign_and_since_one_moment() -> None:
    records = [record("a", 0), record("b", 50), record("c", 60, campaign_id="c2")]
    assert [line["attempt_id"] for line in report(records, "c1", 0)["per_attempt"]] == ["a", "b"]
    assert [line["attempt_id"] for line in report(records, None, 50)["per_attempt"]] == ["b", "c"]
    assert report(records, "c1", 50)["calls"] == 1
