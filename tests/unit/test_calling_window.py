"""Calling windows: which instants are open, and when the next one begins."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campanile.calling_window import (
    Day,
    TimeWindow,
    is_open,
    next_opening,
)
from campanile.timezones import parse_timezone, timezone_names

WEEK: list[Day] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WORKDAYS: list[Day] = WEEK[:5]
MINUTE = timedelta(minutes=1)

NEW_YORK = parse_timezone("America/New_York")
# One zone for each way a clock can be odd: offsets of half and quarter hours, daylight saving of half
# an hour, of two hours, none at all, in winter or in Ramadan, and changes at midnight.
ODD_ZONES = [
    "America/New_York",
    "America/Phoenix",
    "America/St_Johns",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Santiago",
    "America/Havana",
    "Asia/Beirut",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Pacific/Kiritimati",
]


def window(start: str, end: str, days: Sequence[Day] = WEEK) -> TimeWindow:
    return TimeWindow(days=list(days), start=start, end=end)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: ZoneInfo, fold: int = 0) -> datetime:
    """An instant named by the wall clock of `zone`, in UTC; `fold=1` is the second time autumn shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def open_minutes(windows: Sequence[TimeWindow]) -> set[tuple[int, int, int]]:
    """The naive model: every (weekday, hour, minute) of a week that is open, found by walking."""
    minutes = set()
    for each in windows:
        end = "24:00" if each.end == "23:59" else each.end
        for day in each.days:
            weekday, hour, minute = WEEK.index(day), int(each.start[:2]), int(each.start[3:])
            while f"{hour:02}:{minute:02}" != end:
                minutes.add((weekday, hour, minute))
                minute += 1
                if minute == 60:
                    hour, minute = hour + 1, 0
                if hour == 24 and end != "24:00":
                    weekday, hour = (weekday + 1) % 7, 0
    return minutes


def open_by_the_clock(minutes: set[tuple[int, int, int]], zone: ZoneInfo, instant: datetime) -> bool:
    wall = instant.astimezone(zone)
    return (wall.weekday(), wall.hour, wall.minute) in minutes


@cache
def clock_changes(zone: ZoneInfo) -> list[datetime]:
    """The clock changes of two years, to the minute, found by search."""
    days = [utc("2026-01-01") + timedelta(days=n) for n in range(0, 731, 7)]
    changes = []
    for before, after in pairwise(days):
        low, high = before, after
        if low.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset():
            continue
        while high - low > MINUTE:
            middle = low + (high - low) // MINUTE // 2 * MINUTE
            same = middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset()
            low, high = (middle, high) if same else (low, middle)
        changes.append(high)
    return changes


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-07-06 08:59:59.999999", False),
        ("2026-07-06 09:00:00", True),
        ("2026-07-06 16:59:59.999999", True),
        ("2026-07-06 17:00:00", False),
        ("2026-07-04 12:00:00", False),  # a Saturday
    ],
)
def test_a_window_is_open_from_its_start_until_just_before_its_end(moment: str, expected: bool) -> None:
    assert is_open([window("09:00", "17:00", WORKDAYS)], NEW_YORK, local(moment, NEW_YORK)) is expected


def test_an_end_of_2359_closes_at_midnight() -> None:
    evening = [window("20:00", "23:59", ["mon"])]
    assert is_open(evening, NEW_YORK, local("2026-07-06 23:59:59.999999", NEW_YORK))
    assert not is_open(evening, NEW_YORK, local("2026-07-07 00:00:00", NEW_YORK))


@pytest.mark.parametrize("zone_name", ODD_ZONES)
def test_every_day_from_0000_to_2359_is_never_closed(zone_name: str) -> None:
    zone = parse_timezone(zone_name)
    always = [window("00:00", "23:59")]
    for change in [utc("2026-07-06"), *clock_changes(zone)]:
        for minutes in range(-26 * 60, 26 * 60, 7):
            instant = change + timedelta(minutes=minutes, seconds=-1)
            assert is_open(always, zone, instant)
            assert next_opening(always, zone, instant) == instant


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        ("2026-07-10 22:29:59", ["fri"], False),
        ("2026-07-10 22:30:00", ["fri"], True),
        ("2026-07-11 02:00:00", ["fri"], True),  # Saturday 02:00 belongs to Friday
        ("2026-07-11 03:30:00", ["fri"], False),
        ("2026-07-10 02:00:00", ["fri"], False),  # Friday 02:00 belongs to Thursday
        ("2026-07-10 02:00:00", ["thu"], True),
        ("2026-07-13 02:00:00", ["sun"], True),  # and Monday 02:00 to Sunday
    ],
)
def test_a_window_crossing_midnight_belongs_to_the_previous_day(moment: str, days: list[Day], expected: bool) -> None:
    assert is_open([window("22:30", "03:30", days)], NEW_YORK, local(moment, NEW_YORK)) is expected


def test_an_end_of_0000_closes_at_midnight_too() -> None:
    evening = [window("22:00", "00:00", ["fri"])]
    assert is_open(evening, NEW_YORK, local("2026-07-10 23:59:59", NEW_YORK))
    assert not is_open(evening, NEW_YORK, local("2026-07-11 00:00:00", NEW_YORK))


def test_without_windows_it_is_never_open() -> None:
    assert not is_open([], NEW_YORK, utc("2026-07-06T16:00"))
    assert next_opening([], NEW_YORK, utc("2026-07-06T16:00")) is None


@pytest.mark.parametrize(
    ("zone_name", "now", "expected"),
    [
        ("America/New_York", "2026-07-06T12:00:00", "2026-07-06T13:00:00"),
        ("America/New_York", "2026-07-06T12:59:59.5", "2026-07-06T13:00:00"),
        ("America/New_York", "2026-07-10T21:00:00", "2026-07-13T13:00:00"),  # Friday's end to Monday
        ("America/New_York", "2026-12-07T12:00:00", "2026-12-07T14:00:00"),
        ("America/Phoenix", "2026-07-06T12:00:00", "2026-07-06T16:00:00"),
        ("America/Phoenix", "2026-12-07T12:00:00", "2026-12-07T16:00:00"),  # Arizona keeps no daylight saving
        ("America/St_Johns", "2026-07-06T10:00:00", "2026-07-06T11:30:00"),  # UTC-02:30
        ("Asia/Kolkata", "2026-07-06T00:00:00", "2026-07-06T03:30:00"),  # UTC+05:30
        ("Asia/Kathmandu", "2026-07-06T00:00:00", "2026-07-06T03:15:00"),  # UTC+05:45
        ("Pacific/Chatham", "2026-07-05T12:00:00", "2026-07-05T20:15:00"),  # UTC+12:45
    ],
)
def test_the_next_opening_is_the_start_by_the_contacts_clock(zone_name: str, now: str, expected: str) -> None:
    windows = [window("09:00", "17:00", WORKDAYS)]
    assert next_opening(windows, parse_timezone(zone_name), utc(now)) == utc(expected)


def test_an_open_window_opens_now_to_the_microsecond() -> None:
    now = utc("2026-07-06T16:00:00.123456")
    assert next_opening([window("09:00", "17:00")], NEW_YORK, now) == now


def test_the_earliest_of_several_windows_opens_first() -> None:
    windows = [window("15:00", "17:00"), window("09:00", "10:00"), window("22:00", "02:00", ["sun"])]
    assert next_opening(windows, NEW_YORK, local("2026-07-06 03:00", NEW_YORK)) == local("2026-07-06 09:00", NEW_YORK)
    assert next_opening(windows, NEW_YORK, local("2026-07-06 12:00", NEW_YORK)) == local("2026-07-06 15:00", NEW_YORK)


# New York, Sunday 2026-03-08: 01:59:59 is followed by 03:00:00 (07:00 UTC).
def test_a_window_that_spring_forward_cuts_opens_when_the_clock_has_jumped() -> None:
    assert next_opening([window("02:30", "04:00")], NEW_YORK, utc("2026-03-08T06:00")) == utc("2026-03-08T07:00")


def test_a_window_wholly_in_the_spring_gap_does_not_exist_that_day() -> None:
    gap = [window("02:10", "02:50")]
    assert next_opening(gap, NEW_YORK, utc("2026-03-08T06:00")) == local("2026-03-09 02:10", NEW_YORK)


def test_a_weekly_window_in_the_spring_gap_waits_for_the_next_week() -> None:
    gap = [window("02:10", "02:50", ["sun"])]
    assert next_opening(gap, NEW_YORK, local("2026-03-01 02:50", NEW_YORK)) == local("2026-03-15 02:10", NEW_YORK)


# New York, Sunday 2026-11-01: 01:59:59 is followed by 01:00:00 (06:00 UTC).
@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-11-01T05:29:59", "2026-11-01T05:30:00"),
        ("2026-11-01T05:45:00", "2026-11-01T06:30:00"),
        ("2026-11-01T06:29:00", "2026-11-01T06:30:00"),
        ("2026-11-01T06:45:00", "2026-11-02T06:30:00"),
    ],
)
def test_a_window_in_the_autumn_repeat_opens_both_times(now: str, opening: str) -> None:
    assert next_opening([window("01:30", "01:45")], NEW_YORK, utc(now)) == utc(opening)


def test_a_window_that_closed_reopens_when_the_clock_falls_back_into_it() -> None:
    night = [window("00:30", "01:30", ["sun"])]
    assert not is_open(night, NEW_YORK, utc("2026-11-01T05:30"))
    assert next_opening(night, NEW_YORK, utc("2026-11-01T05:30")) == utc("2026-11-01T06:00")


# Lord Howe moves its clock by half an hour: 2026-10-04 02:00 +10:30 becomes 02:30 +11:00.
def test_lord_howe_skips_half_an_hour() -> None:
    zone = parse_timezone("Australia/Lord_Howe")
    assert next_opening([window("02:15", "03:00")], zone, utc("2026-10-03T15:00")) == utc("2026-10-03T15:30")
    assert next_opening([window("02:00", "02:30")], zone, utc("2026-10-03T15:00")) == utc("2026-10-04T15:00")


# Cairo's clock jumps at midnight: Friday 2026-04-24 begins at 01:00.
def test_a_day_that_begins_at_one_opens_at_one() -> None:
    zone = parse_timezone("Africa/Cairo")
    assert next_opening([window("00:00", "08:00", ["fri"])], zone, utc("2026-04-23T12:00")) == local(
        "2026-04-24 01:00", zone
    )


def test_a_naive_now_is_refused_rather_than_read_in_the_hosts_timezone() -> None:
    naive = datetime.fromisoformat("2026-07-06T12:00")
    for ask in (is_open, next_opening):
        with pytest.raises(ValueError, match="aware"):
            ask([window("09:00", "17:00")], NEW_YORK, naive)


times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 10, 29, 30, 45, 59]))
time_windows = (
    st.tuples(times, times, st.sets(st.sampled_from(WEEK), min_size=1))
    .filter(lambda parts: parts[0] != parts[1])
    .map(lambda parts: window(parts[0], parts[1], sorted(parts[2])))
)


@st.composite
def zones_and_moments(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """A zone and an instant, more often than not within two days of a clock change."""
    zone = parse_timezone(draw(st.sampled_from(ODD_ZONES)))
    around = draw(st.sampled_from([*clock_changes(zone), utc("2026-07-06")]))
    return zone, around + timedelta(seconds=draw(st.integers(-2 * 86400, 2 * 86400)))


@settings(deadline=None, max_examples=150, derandomize=True)
@given(st.lists(time_windows, max_size=3), zones_and_moments())
def test_is_open_agrees_with_walking_through_the_minutes_of_the_week(
    windows: list[TimeWindow], where_and_when: tuple[ZoneInfo, datetime]
) -> None:
    zone, start = where_and_when
    minutes = open_minutes(windows)
    for step in range(0, 36 * 60, 11):
        instant = start + step * MINUTE
        assert is_open(windows, zone, instant) == open_by_the_clock(minutes, zone, instant)


@settings(deadline=None, max_examples=100, derandomize=True)
@example([window("02:10", "02:50", ["sun"])], (NEW_YORK, local("2026-03-01 02:50", NEW_YORK)))
@given(st.lists(time_windows, min_size=1, max_size=3), zones_and_moments())
def test_the_next_opening_is_open_and_no_minute_before_it_is(
    windows: list[TimeWindow], where_and_when: tuple[ZoneInfo, datetime]
) -> None:
    zone, now = where_and_when
    opening = next_opening(windows, zone, now)
    assert opening is not None
    assert opening >= now
    assert opening == now or (opening.second, opening.microsecond) == (0, 0)
    assert is_open(windows, zone, opening)
    minutes = open_minutes(windows)
    assert not any(open_by_the_clock(minutes, zone, instant) for instant in instants(now, opening))


def instants(now: datetime, until: datetime) -> Iterator[datetime]:
    """`now`, then every whole minute before `until`, and the last moment before it."""
    if now == until:
        return
    yield now
    instant = now.replace(second=0, microsecond=0) + MINUTE
    while instant < until:
        yield instant
        instant += MINUTE
    yield until - timedelta(microseconds=1)


def test_next_openings_are_right_around_every_clock_change_of_every_zone() -> None:
    windows = [
        window("00:20", "00:50"),
        window("01:40", "02:10"),
        window("02:30", "03:00"),
        window("23:10", "23:59"),
    ]
    minutes = open_minutes(windows)
    seen = set()
    for zone_name in timezone_names():
        zone = parse_timezone(zone_name)
        for change in clock_changes(zone):
            offsets = [(change - MINUTE).astimezone(zone).utcoffset(), change.astimezone(zone).utcoffset()]
            if (change, *offsets) in seen:
                continue
            seen.add((change, *offsets))
            expected: datetime | None = None
            for step in range(4 * 60, -4 * 60, -1):
                instant = change + step * MINUTE
                expected = instant if open_by_the_clock(minutes, zone, instant) else expected
                if expected is not None and step % 7 == 0:
                    assert next_opening(windows, zone, instant) == expected, (zone_name, instant)
    assert len(seen) > 50
