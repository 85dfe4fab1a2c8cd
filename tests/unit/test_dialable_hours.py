"""Hours in which every zone is open, held to a scan of all minutes around every clock change of three years."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from campanile.calling_window import Day, Schedule, ScheduleOverride, TimeWindow, is_open, next_opening
from campanile.dialable_hours import (
    ZONE_UNKNOWN,
    Zones,
    bindings,
    first_opening,
    is_open_in_all,
    next_opening_in_all,
    zones_considered,
)
from campanile.timezones import clock_of, parse_timezone, timezone_names

WEEK: list[Day] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MINUTE = timedelta(minutes=1)
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
AROUND = 36 * 60

# Clocks that are odd in one way each: changes of half an hour and of two, at midnight and on a Friday, in Ramadan, a
# summer time that is negative, offsets of three quarters, no change at all, and the plain ones of most people.
ZONES = [
    "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Johannesburg", "America/Adak", "America/Asuncion",
    "America/Chicago", "America/Havana", "America/Los_Angeles", "America/New_York", "America/Nuuk", "America/Phoenix",
    "America/Santiago", "America/Scoresbysund", "America/St_Johns", "Antarctica/Troll", "Asia/Beirut", "Asia/Gaza",
    "Asia/Jerusalem", "Asia/Kathmandu", "Asia/Kolkata", "Australia/Adelaide", "Australia/Lord_Howe", "Europe/Dublin",
    "Europe/Kyiv", "Europe/Lisbon", "Pacific/Apia", "Pacific/Chatham", "Pacific/Easter",
]  # fmt: skip
SETS = [
    ("America/Denver", "America/Phoenix"),
    ("America/Chicago", "America/New_York"),
    ("America/Boise", "America/Denver", "America/Los_Angeles"),
    ("Atlantic/Canary", "Europe/Madrid"),
    ("Australia/Lord_Howe", "Australia/Adelaide", "Australia/Brisbane"),
    ("Africa/Casablanca", "Europe/London"),
    ("America/St_Johns", "America/Nuuk"),
]


def window(start: str, end: str, days: Sequence[Day] = WEEK) -> TimeWindow:
    return TimeWindow(days=list(days), start=start, end=end)


# They begin, end and lie in the hours that clocks leave out or repeat, cross midnight, and leave out days.
WINDOWS = [
    window("00:10", "00:40", ["fri", "sat", "sun", "mon"]),
    window("01:20", "02:05"),
    window("02:15", "02:45", ["sat", "sun"]),
    window("03:30", "08:00", ["sun"]),
    window("09:00", "18:30", ["mon", "tue", "wed", "thu", "fri"]),
    window("22:50", "00:05", ["sat", "thu"]),
]


@cache
def open_minutes() -> frozenset[tuple[int, int]]:
    """The weekday and the minute of the day of each minute that is open, found by walking."""
    found = set()
    for each in WINDOWS:
        for day in each.days:
            at = WEEK.index(day) * 1440 + int(each.start[:2]) * 60 + int(each.start[3:])
            while divmod(at % 1440, 60) != (int(each.end[:2]), int(each.end[3:])):
                found.add(divmod(at % (7 * 1440), 1440))
                at += 1
    return frozenset(found)


def is_open_by_clock(zone: ZoneInfo, instant: datetime) -> bool:
    wall = instant.astimezone(zone)
    return (wall.weekday(), wall.hour * 60 + wall.minute) in open_minutes()


@cache
def clock_changes(name: str) -> list[datetime]:
    """The first minutes of a new offset, found by walking by the hour and then by the minute."""
    zone, found, at = ZoneInfo(name), [], FIRST
    while at < LAST:
        following = at + timedelta(days=1)
        if at.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            minute = at
            while minute.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset():
                minute += MINUTE
            found.append(minute)
        at = following
    return found


def scanned(names: Sequence[str]) -> list[tuple[datetime, bool]]:
    """Every minute around every clock change of any of them, or of a week in winter, and whether all are open then."""
    zones = [ZoneInfo(name) for name in names]
    changes = sorted({change for name in names for change in clock_changes(name)}) or [FIRST + timedelta(days=9)]
    minutes = sorted({change + step * MINUTE for change in changes for step in range(-AROUND, AROUND)})
    return [(minute, all(is_open_by_clock(zone, minute) for zone in zones)) for minute in minutes]


def assert_as_scanned(names: Sequence[str], step: int) -> int:
    """Compare with the scan: every minute for openness, some for the next opening. Returns how many were compared."""
    bound = bindings(Schedule(default_windows=WINDOWS), names, scheduled_first_call=False)
    opens: datetime | None = None
    later = LAST + timedelta(days=99)
    minutes = scanned(names)
    for minute, is_open_there in reversed(minutes):
        opens = None if later - minute > MINUTE else opens  # a gap between two changes: what comes next is not known
        opens = minute if is_open_there else opens
        later = minute
        assert all(is_open(one.windows, one.clock, minute) for one in bound) is is_open_there, (names, minute)
        if opens and (int(minute.timestamp()) // 60) % step == 0:
            assert first_opening(bound, minute) == opens, (names, minute)
            if len(bound) == 1:
                assert next_opening(bound[0].windows, bound[0].clock, minute) == opens, (names, minute)
    return len(minutes)


@pytest.mark.parametrize("name", ZONES)
def test_a_zone_is_open_as_its_clock_says_around_every_clock_change_of_three_years(name: str) -> None:
    assert assert_as_scanned([name], step=17) >= 2 * AROUND


@pytest.mark.parametrize("names", SETS, ids=" ".join)
def test_a_set_is_open_when_all_its_zones_are(names: tuple[str, ...]) -> None:
    assert assert_as_scanned(names, step=53) >= 2 * AROUND


def test_the_zones_scanned_are_29_and_their_other_names_have_the_same_hours() -> None:
    schedule = Schedule(default_windows=WINDOWS)
    assert len(set(ZONES)) == 29
    by_clock: dict[str, list[str]] = {}
    for name in timezone_names():
        by_clock.setdefault(clock_of(name), []).append(name)
    others = [(zone, other) for zone in ZONES for other in by_clock[clock_of(zone)] if other != zone]
    assert ("Asia/Kolkata", "Asia/Calcutta") in others
    assert len(others) > 30
    for zone, other in others:
        assert bindings(schedule, [zone], False) == bindings(schedule, [other], False)
        for change in clock_changes(zone):
            for minutes in (-61, -1, 0, 1, 59, 61):
                at = change + timedelta(minutes=minutes)
                assert at.astimezone(parse_timezone(other)).utcoffset() == at.astimezone(ZoneInfo(zone)).utcoffset()


OFFICE = Schedule(default_windows=[window("08:00", "20:00")])


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opening(schedule: Schedule, zones: Sequence[str], now: str) -> datetime | None:
    return next_opening_in_all(schedule, zones, False, utc(now))


def test_california_is_not_called_by_the_clock_of_new_york() -> None:
    zones = ("America/Los_Angeles", "America/New_York")
    assert is_open_in_all(OFFICE, ["America/New_York"], False, utc("2026-07-06T12:05"))
    assert not is_open_in_all(OFFICE, zones, False, utc("2026-07-06T12:05"))
    assert opening(OFFICE, zones, "2026-07-06T12:05") == utc("2026-07-06T15:00")
    assert opening(OFFICE, zones, "2026-12-07T13:05") == utc("2026-12-07T16:00")
    assert opening(OFFICE, zones, "2026-07-07T00:00") == utc("2026-07-07T15:00")  # closed in New York


def test_windows_that_never_meet_have_no_opening() -> None:
    morning = Schedule(default_windows=[window("09:00", "10:00")])
    assert opening(morning, ["America/New_York", "Europe/Madrid"], "2026-07-06T12:00") is None
    assert opening(morning, [], "2026-07-06T12:00") is None
    assert not is_open_in_all(morning, [], False, utc("2026-07-06T13:30"))


def test_windows_that_meet_only_while_clocks_have_changed_apart_open_then() -> None:
    """New York is four hours behind London from 8 to 29 March 2026 and five otherwise (but for a week of autumn)."""
    overrides = [ScheduleOverride(timezones=["Europe/London"], windows=[window("13:00", "13:30")])]
    apart = Schedule(default_windows=[window("09:00", "09:30")], overrides=overrides)
    zones = ("America/New_York", "Europe/London")
    assert opening(apart, zones, "2026-01-05T00:00") == utc("2026-03-08T13:00")
    assert opening(apart, zones, "2026-03-28T13:29:59") == utc("2026-03-28T13:29:59")
    assert opening(apart, zones, "2026-03-28T13:30:00") == utc("2026-10-25T13:00")


def test_the_opening_is_exact_to_the_second_and_now_within_the_window() -> None:
    zones = ("America/Denver", "America/Phoenix")
    now = utc("2026-07-06T15:30:00.5")
    assert next_opening_in_all(OFFICE, zones, False, now) == now
    assert opening(OFFICE, zones, "2026-07-06T14:59:59") == utc("2026-07-06T15:00:00")


def test_an_override_for_a_zone_of_the_number_narrows_and_a_wider_one_does_not_widen() -> None:
    closed = Schedule(
        default_windows=OFFICE.default_windows, overrides=[ScheduleOverride(timezones=["US/Arizona"], windows=[])]
    )
    assert opening(closed, ["America/Denver", "America/Phoenix"], "2026-07-06T12:00") is None
    night = [window("00:00", "23:59")]
    wide = Schedule(
        default_windows=OFFICE.default_windows, overrides=[ScheduleOverride(timezones=["US/Arizona"], windows=night)]
    )
    assert opening(wide, ["America/Denver", "America/Phoenix"], "2026-07-06T12:00") == utc("2026-07-06T14:00")


EAST, PHONE = "America/New_York", ("America/Denver", "America/Phoenix")


def test_a_stored_zone_decides_alone_in_every_mode() -> None:
    for mode in ("narrow", "strict", "ignore"):
        assert zones_considered(EAST, "Asia/Calcutta", PHONE, mode) == Zones(("Asia/Kolkata",))
        assert zones_considered(EAST, "Asia/Calcutta", (), mode) == Zones(("Asia/Kolkata",))


def test_without_a_stored_zone_the_number_narrows_the_default() -> None:
    three = Zones(("America/Denver", "America/New_York", "America/Phoenix"))
    assert zones_considered(EAST, None, PHONE, "narrow") == three
    assert zones_considered(EAST, None, PHONE, "strict") == three
    assert zones_considered(EAST, None, PHONE, "ignore") == Zones((EAST,))


def test_a_number_that_tells_nothing_falls_back_to_the_default_or_is_refused() -> None:
    assert zones_considered(EAST, None, (), "narrow") == Zones((EAST,), warning=ZONE_UNKNOWN)
    assert zones_considered(EAST, None, (), "strict") == Zones((), refusal=ZONE_UNKNOWN)
    assert zones_considered(EAST, None, (), "ignore") == Zones((EAST,))


def test_a_stored_name_that_is_no_zone_any_more_is_read_as_all_it_may_mean_or_refused() -> None:
    assert zones_considered(EAST, "EST", (), "narrow") == Zones(("America/New_York", "America/Panama"))
    assert zones_considered("MST", None, (), "ignore") == Zones(("America/Denver", "America/Phoenix"))
    assert zones_considered(EAST, "PST", PHONE, "ignore") == Zones((), refusal=ZONE_UNKNOWN)
