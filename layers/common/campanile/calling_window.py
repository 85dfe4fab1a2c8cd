"""Calling windows: when, by a contact's wall clock, a call may be placed.

A window is wall-clock time in one timezone. It is open from `start` (inclusive) to `end` (exclusive), except
that an `end` of 23:59 closes at midnight, so 00:00-23:59 on all seven days has no gap. A window whose `start`
is later than its `end` crosses midnight, and its early part belongs to the day it began on. Daylight saving
follows from reading the wall clock: minutes that spring forward skips are never open, minutes that autumn
repeats are open both times.

`now` is always an argument: an aware datetime, UTC by convention.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from campanile.timezones import TimezoneName, canonical, clock_of, is_stored

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_LOOSE_TIME = re.compile(r"([0-9]{1,2})(?::([0-9]{1,2}))?(?::[0-9]{2})?\s*(?:([ap])\.?m?\.?)?", re.IGNORECASE)
_CLOSES_AT_MIDNIGHT = "23:59"
_ONE_DAY = timedelta(days=1)
_ONE_SECOND = timedelta(seconds=1)
# A weekly window can be skipped once, by a clock change that swallows it; the second week always has it.
_HORIZON = timedelta(days=22)

TimeOfDay = Annotated[str, Field(json_schema_extra={"pattern": f"^({_TIME_OF_DAY.pattern})$"})]
"""A pydantic field type: 24-hour HH:MM. The pattern is only for documents, the check says what is wrong."""


class TimeWindow(BaseModel):
    """Days and hours of one window, such as `{"days": ["mon", "fri"], "start": "09:00", "end": "17:00"}`.

    `days` names at least one of mon to sun; repeated days are folded. `start` and `end` are 24-hour HH:MM and
    differ.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[list[Day], Field(json_schema_extra={"minItems": 1})]
    """Days of the week on which it begins."""
    start: TimeOfDay
    """Open from here on, by the contact's clock. Later than `end`: the window crosses midnight."""
    end: TimeOfDay
    """Closed from here on; 23:59 closes at midnight."""

    @field_validator("days")
    @classmethod
    def _fold_days(cls, days: list[Day]) -> list[Day]:
        if not days:
            raise ValueError(f"name at least one day: {', '.join(_WEEK)}")
        return list(dict.fromkeys(days))

    @field_validator("start", "end")
    @classmethod
    def _check_time(cls, value: str) -> str:
        if not _TIME_OF_DAY.fullmatch(value):
            raise ValueError(_time_advice(value))
        return value

    @model_validator(mode="after")
    def _check_length(self) -> Self:
        if self.start == self.end:
            raise ValueError('start and end must differ: for the whole day use "00:00" to "23:59"')
        return self


def _time_advice(value: str) -> str:
    rule = "times are 24-hour HH:MM"
    loose = _LOOSE_TIME.fullmatch(value.strip())
    if loose is None:
        return f'{rule}, such as "09:00"'
    hour, minute, half = int(loose[1]), int(loose[2] or 0), (loose[3] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour == 24 and minute == 0:
        return f'{rule}, up to "23:59": as an end, "23:59" closes at midnight; as a start, write "00:00"'
    if hour > 23 or minute > 59:
        return f'{rule}, hours 00 to 23 and minutes 00 to 59, such as "09:00"'
    return f'{rule}: write "{hour:02d}:{minute:02d}"'


class ScheduleOverride(BaseModel):
    """Windows that replace the usual ones for contacts in the listed timezones; none means no calls.

    A zone is known by any of its names: an override for `Asia/Kolkata` binds a contact in `Asia/Calcutta`, and one for
    `Europe/Berlin`, whose clock `Europe/Oslo` has by tzdata's links, a contact in Oslo that none lists itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    timezones: Annotated[list[TimezoneName], Field(json_schema_extra={"minItems": 1})]
    """IANA names; each place in one override only, by whichever of its names."""
    windows: list[TimeWindow]
    """When contacts there may be called; none: never."""

    @field_validator("timezones")
    @classmethod
    def _fold_timezones(cls, timezones: list[str]) -> list[str]:
        if not timezones:
            raise ValueError("name at least one timezone, such as 'America/New_York'")
        return list(dict.fromkeys(timezones))


def _refuse_rivals(overrides: list[ScheduleOverride], info: ValidationInfo) -> list[ScheduleOverride]:
    listed: dict[str, str] = {}
    for override in overrides:
        places = {canonical(name): name for name in override.timezones}
        for place in places.keys() & listed.keys():
            name, rival = places[place], listed[place]
            if name == rival:
                raise ValueError(f"{name!r} is in two overrides: list it once, with all its windows")
            if not is_stored(info):  # two names of one place were no rivals once
                raise ValueError(f"{rival!r} and {name!r} are one timezone, in two overrides: list it once")
        listed |= places
    return overrides


Overrides = Annotated[list[ScheduleOverride], AfterValidator(_refuse_rivals)]
"""A pydantic field type: overrides of which no two list the same timezone."""


class Schedule(BaseModel):
    """When contacts may be called: usual windows, exceptions by timezone, and those for scheduled calls.

    `scheduled_windows` and `scheduled_overrides` serve only the first call of a contact with a
    `scheduled_at`; there null falls back to `default_windows` and `overrides`, while an empty list means
    none. No windows means no calls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    default_timezone: TimezoneName = "America/New_York"
    default_windows: list[TimeWindow] = []
    overrides: Overrides = []
    scheduled_windows: list[TimeWindow] | None = None
    scheduled_overrides: Overrides | None = None


def windows_for(schedule: Schedule, zone_name: str | None, scheduled_first_call: bool) -> list[TimeWindow]:
    """Return the windows that bind a contact in `zone_name` (None: the schedule's default timezone).

    The two scheduled fields fall back one by one, as Anyreach documents them: "`scheduled_windows`: when
    null, falls back to `default_windows`" and "`scheduled_overrides`: when null, falls back to `overrides`".
    So with `scheduled_windows` set and `scheduled_overrides` null, a zone listed in `overrides` keeps its
    override for scheduled first calls too: an exception made for a timezone is only lifted by saying so, with
    `scheduled_overrides: []`.

    An override binds its zones under all their names (see `_binding`).
    """
    windows, overrides = schedule.default_windows, schedule.overrides
    if scheduled_first_call and schedule.scheduled_windows is not None:
        windows = schedule.scheduled_windows
    if scheduled_first_call and schedule.scheduled_overrides is not None:
        overrides = schedule.scheduled_overrides
    zone_name = zone_name or schedule.default_timezone
    override = _binding(overrides, zone_name, windows)
    return list(windows if override is None else override.windows)


def _binding(
    overrides: Sequence[ScheduleOverride], zone_name: str, usual: Sequence[TimeWindow]
) -> ScheduleOverride | None:
    """The override that binds a zone; None when the usual windows do. What comes first of:

    1. one that lists this very name (only overrides stored under earlier rules may list another name, too);
    2. one that lists the same place: `Asia/Kolkata` binds `Asia/Calcutta`;
    3. one that lists the zone whose clock it has, by tzdata's links: `Europe/Berlin` binds `Europe/Oslo`;
    4. one that lists a zone of that clock: `Europe/Oslo` binds `Europe/Berlin`, which is another country. Such a one
       may only narrow: of these and the usual windows, those count that are open the shortest.
    """
    clock = clock_of(zone_name)
    for is_meant in (
        lambda name: name == zone_name,
        lambda name: canonical(name) == canonical(zone_name),
        lambda name: canonical(name) == clock,
    ):
        for override in overrides:
            if any(is_meant(name) for name in override.timezones):
                return override
    kin = [one for one in overrides if any(clock_of(name) == clock for name in one.timezones)]
    shortest = min(kin, key=lambda one: _open_minutes(one.windows), default=None)
    return shortest if shortest and _open_minutes(shortest.windows) < _open_minutes(usual) else None


def _open_minutes(windows: Sequence[TimeWindow]) -> int:
    """How long they are open in a week, counting twice where two overlap."""
    monday = date(2001, 1, 1)
    return sum(
        (end - start) // timedelta(minutes=1)
        for start, end in _spans(windows, monday + _ONE_DAY, monday + 6 * _ONE_DAY)
    )


def is_open(windows: Sequence[TimeWindow], zone: ZoneInfo, now: datetime) -> bool:
    """Return whether any window is open at `now` by the wall clock of `zone`. No windows: never.

    Raises ValueError if `now` is naive.
    """
    local = _aware(now).astimezone(zone)
    today, time_of_day = local.weekday(), f"{local.hour:02d}:{local.minute:02d}"
    return any(_shows_open(window, today, time_of_day) for window in windows)


def _shows_open(window: TimeWindow, today: int, time_of_day: str) -> bool:
    """Whether it is open when a clock shows this; times of day compare as the texts they are."""
    begins_today = _WEEK[today] in window.days and time_of_day >= window.start
    if window.end == _CLOSES_AT_MIDNIGHT:
        return begins_today
    if window.start < window.end:
        return begins_today and time_of_day < window.end
    return begins_today or (_WEEK[today - 1] in window.days and time_of_day < window.end)


def next_opening(windows: Sequence[TimeWindow], zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the first UTC instant, `now` or later, at which a window is open; None if there are no windows.

    Exact to the second over clock changes: a window that spring forward cuts opens when the clock has jumped,
    one that lies wholly in the gap does not exist that day. Raises ValueError if `now` is naive.
    """
    if not windows:
        return None
    for begin, until, offset in _spells_of_one_offset(zone, _aware(now).astimezone(UTC)):
        first, last = (begin + offset).replace(tzinfo=None), (until + offset).replace(tzinfo=None)
        openings = [
            max(start, first)
            for start, end in _spans(windows, first.date(), last.date())
            if max(start, first) < min(end, last)
        ]
        if openings:
            return (min(openings) - offset).replace(tzinfo=UTC)
    return None


def _spans(windows: Sequence[TimeWindow], first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield [start, end) in naive local time of every window that may touch the dates `first` to `last`."""
    midnight = datetime.combine(first, time.min) - _ONE_DAY  # what began yesterday may reach past midnight
    while midnight.date() <= last:
        weekday = _WEEK[midnight.weekday()]
        for window in windows:
            if weekday in window.days:
                start = midnight + _since_midnight(window.start)
                end = midnight + (_ONE_DAY if window.end == _CLOSES_AT_MIDNIGHT else _since_midnight(window.end))
                yield start, end if start < end else end + _ONE_DAY
        midnight += _ONE_DAY


def _since_midnight(time_of_day: str) -> timedelta:
    return timedelta(hours=int(time_of_day[:2]), minutes=int(time_of_day[3:]))


def _spells_of_one_offset(zone: ZoneInfo, begin: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield [begin, until), at most a day, and its one UTC offset: local time is UTC plus a constant."""
    horizon = begin + _HORIZON
    while begin < horizon:
        offset = _offset(zone, begin)
        until = begin + _ONE_DAY  # no zone changes its clock twice within a day
        if _offset(zone, until) != offset:
            until = _clock_change(zone, begin, until)
        yield begin, until, offset
        begin = until


def _clock_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first whole second at which `zone` no longer has the UTC offset it had at `before`."""
    offset = _offset(zone, before)
    low, high = before.replace(microsecond=0), after.replace(microsecond=0)
    while high - low > _ONE_SECOND:
        middle = low + timedelta(seconds=(high - low) // _ONE_SECOND // 2)
        if _offset(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    if offset is None:
        raise ValueError(f"{zone} gives no UTC offset")
    return offset


def _aware(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime: a naive one would be read in the host's timezone")
    return now
