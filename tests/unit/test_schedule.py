"""Schedules: timezone names, the shape of windows and overrides, and which windows bind a contact."""

from collections.abc import Sequence
from zoneinfo import available_timezones

import pytest
from pydantic import ValidationError

from campanile.calling_window import (
    Day,
    Schedule,
    ScheduleOverride,
    TimeWindow,
    windows_for,
)
from campanile.timezones import WITHOUT_SUMMER, parse_timezone, timezone_names

WEEK: list[Day] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def window(start: str, end: str, days: Sequence[Day] = WEEK) -> TimeWindow:
    return TimeWindow(days=list(days), start=start, end=end)


def test_every_name_of_the_list_is_a_zone_and_no_zone_is_missing() -> None:
    assert set(timezone_names()) == available_timezones() - {"Factory", "localtime"} - WITHOUT_SUMMER.keys()
    assert [parse_timezone(name).key for name in timezone_names()] == sorted(timezone_names())


def test_a_timezone_is_loaded_once_however_many_are_in_use() -> None:
    first = [parse_timezone(name) for name in timezone_names()]
    assert all(parse_timezone(zone.key) is zone for zone in first)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "localtime",
        "posixrules",
        "Factory",
        "America",
        "posix/America/New_York",
        "right/America/New_York",
        "../etc/passwd",
        "/usr/share/zoneinfo/UTC",
        "America/../UTC",
        "America/New_York\0",
        "America/New_York ",
        "PST",
        "UTC+2",
        "tzdata.zi",
        "x" * 10_000,
    ],
)
def test_what_iana_does_not_name_is_refused_in_a_short_message(name: str) -> None:
    with pytest.raises(ValueError, match="timezone") as refusal:
        parse_timezone(name)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("america/new_york", "'America/New_York'"),
        ("New York", "'America/New_York'"),
        ("los angeles", "'America/Los_Angeles'"),
        ("utc", "'UTC'"),
        ("Nowhere/Town", "'America/New_York'"),
    ],
)
def test_a_wrong_timezone_is_answered_with_a_right_one(name: str, suggestion: str) -> None:
    with pytest.raises(ValueError, match="is not an IANA timezone") as refusal:
        parse_timezone(name)
    assert suggestion in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("9:00", 'write "09:00"'),
        ("9", 'write "09:00"'),
        ("09:00:00", 'write "09:00"'),
        ("9 am", 'write "09:00"'),
        ("12:30 a.m.", 'write "00:30"'),
        ("5:15pm", 'write "17:15"'),
        (" 09:00", 'write "09:00"'),
        ("09:00\n", 'write "09:00"'),
        ("24:00", 'as an end, "23:59" closes at midnight'),
        ("25:00", "hours 00 to 23"),
        ("09:60", "minutes 00 to 59"),
        ("noon", 'such as "09:00"'),
        ("", 'such as "09:00"'),
        ("\N{ARABIC-INDIC DIGIT ZERO}9:00", 'such as "09:00"'),
    ],
)
@pytest.mark.parametrize("side", ["start", "end"])
def test_a_time_that_is_not_hh_mm_is_refused_with_the_one_meant(side: str, value: str, advice: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        TimeWindow.model_validate({"days": ["mon"], "start": "10:00", "end": "11:00", side: value})
    (error,) = refusal.value.errors()
    assert error["loc"] == (side,)
    assert advice in error["msg"]


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"days": []}, "at least one day: mon, tue"),
        ({"days": ["monday"]}, "'mon', 'tue'"),
        ({"days": "mon"}, "list"),
        ({"start": "09:00", "end": "09:00"}, '"00:00" to "23:59"'),
        ({"start": 900}, "string"),
        ({"tz": "UTC"}, "not permitted"),
    ],
)
def test_a_malformed_window_is_refused(change: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError, match=advice):
        TimeWindow.model_validate({"days": ["mon"], "start": "09:00", "end": "17:00", **change})


def test_repeated_days_and_timezones_are_folded() -> None:
    assert window("09:00", "17:00", ["tue", "mon", "tue"]).days == ["tue", "mon"]
    assert ScheduleOverride(timezones=["UTC", "UTC"], windows=[]).timezones == ["UTC"]


def test_a_window_survives_json() -> None:
    original = window("22:30", "03:30", ["fri", "sat"])
    assert original.model_dump(mode="json") == {"days": ["fri", "sat"], "start": "22:30", "end": "03:30"}
    assert TimeWindow.model_validate_json(original.model_dump_json()) == original


@pytest.mark.parametrize(
    ("timezones", "advice"),
    [([], "at least one timezone"), (["america/chicago"], "did you mean 'America/Chicago'")],
)
def test_an_override_names_real_timezones(timezones: list[str], advice: str) -> None:
    with pytest.raises(ValidationError, match=advice):
        ScheduleOverride(timezones=timezones, windows=[window("09:00", "17:00")])


@pytest.mark.parametrize("field", ["overrides", "scheduled_overrides"])
def test_a_timezone_in_two_overrides_is_refused(field: str) -> None:
    override = {"timezones": ["America/Denver"], "windows": []}
    with pytest.raises(ValidationError, match=r"'America/Denver' is in two overrides: list it once"):
        Schedule.model_validate({field: [override, override]})


USUAL, DENVER = [window("09:00", "17:00")], [window("10:00", "16:00")]
SCHEDULED, SCHEDULED_DENVER = [window("08:00", "20:00")], [window("12:00", "13:00")]
OVERRIDES = [ScheduleOverride(timezones=["America/Denver", "America/Boise"], windows=DENVER)]
SCHEDULED_OVERRIDES = [ScheduleOverride(timezones=["America/Denver"], windows=SCHEDULED_DENVER)]


def schedule(
    scheduled_windows: list[TimeWindow] | None = None,
    scheduled_overrides: list[ScheduleOverride] | None = None,
) -> Schedule:
    return Schedule(
        default_windows=USUAL,
        overrides=OVERRIDES,
        scheduled_windows=scheduled_windows,
        scheduled_overrides=scheduled_overrides,
    )


def test_an_override_replaces_the_windows_of_its_timezones_only() -> None:
    assert windows_for(schedule(), "America/Chicago", scheduled_first_call=False) == USUAL
    assert windows_for(schedule(), "America/Denver", scheduled_first_call=False) == DENVER
    assert windows_for(schedule(), "America/Boise", scheduled_first_call=False) == DENVER


def test_an_override_without_windows_means_no_calls_there() -> None:
    closed = Schedule(default_windows=USUAL, overrides=[ScheduleOverride(timezones=["America/Denver"], windows=[])])
    assert windows_for(closed, "America/Denver", scheduled_first_call=False) == []


def test_a_contact_without_a_timezone_has_the_default_one() -> None:
    in_denver = schedule().model_copy(update={"default_timezone": "America/Denver"})
    assert windows_for(in_denver, None, scheduled_first_call=False) == DENVER
    assert windows_for(schedule(), None, scheduled_first_call=False) == USUAL


@pytest.mark.parametrize(
    ("scheduled_windows", "scheduled_overrides", "in_chicago", "in_denver"),
    [
        (None, None, USUAL, DENVER),
        (SCHEDULED, None, SCHEDULED, DENVER),
        (None, SCHEDULED_OVERRIDES, USUAL, SCHEDULED_DENVER),
        (SCHEDULED, SCHEDULED_OVERRIDES, SCHEDULED, SCHEDULED_DENVER),
        (SCHEDULED, [], SCHEDULED, SCHEDULED),
        ([], None, [], DENVER),
        ([], [], [], []),
        (None, [], USUAL, USUAL),
    ],
)
def test_for_a_scheduled_first_call_null_falls_back_and_an_empty_list_means_none(
    scheduled_windows: list[TimeWindow] | None,
    scheduled_overrides: list[ScheduleOverride] | None,
    in_chicago: list[TimeWindow],
    in_denver: list[TimeWindow],
) -> None:
    the_schedule = schedule(scheduled_windows, scheduled_overrides)
    assert windows_for(the_schedule, "America/Chicago", scheduled_first_call=True) == in_chicago
    assert windows_for(the_schedule, "America/Denver", scheduled_first_call=True) == in_denver


def test_retries_of_a_scheduled_contact_use_the_usual_windows() -> None:
    the_schedule = schedule(SCHEDULED, SCHEDULED_OVERRIDES)
    assert windows_for(the_schedule, "America/Chicago", scheduled_first_call=False) == USUAL
    assert windows_for(the_schedule, "America/Denver", scheduled_first_call=False) == DENVER


def test_a_schedule_that_says_nothing_allows_no_calls() -> None:
    assert windows_for(Schedule(), "America/New_York", scheduled_first_call=True) == []
    assert Schedule().default_timezone == "America/New_York"
