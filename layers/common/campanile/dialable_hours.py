"""When somebody may be called whose place is known only as a set of zones: while every one of them is open.

A contact's stored zone is the operator's word and decides alone. Without one the zones of the number only narrow what
the configuration's default zone allows; they never widen it (`number_zones` says which zones a number may be in).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from campanile import timezones
from campanile.calling_window import Schedule, TimeWindow, is_open, next_opening, windows_for

Mode = Literal["narrow", "strict", "ignore"]
"""What a number's zones do for a contact without a stored one; `ignore`: nothing, as in seed 003."""

ZONE_UNKNOWN: Final = "zone_unknown"
"""The warning, and with `strict` the refusal, where nothing tells where somebody is."""

_HORIZON = timedelta(days=400)
"""Windows that never meet may meet in the weeks in which clocks change apart: each change comes within a year."""
_SCANNED = timedelta(days=8)
"""Within a week of unchanged clocks all is seen that there is until one changes; a day more for the first one."""


@dataclass(frozen=True, slots=True)
class Zones:
    """The zones that must all be open, canonical and sorted; none with a `refusal`, which says why nobody is called."""

    names: tuple[str, ...]
    warning: Literal["zone_unknown"] | None = None
    refusal: Literal["zone_unknown"] | None = None


def zones_considered(default_zone: str, stored_zone: str | None, phone_zones: Sequence[str], mode: Mode) -> Zones:
    """Which zones bind a call.

    `phone_zones` are those of the number to be dialed; empty when it tells nothing of a place. Then the default zone
    alone decides, with a warning, or nobody is called (`strict`). With `strict`, too, a number's known zones are not
    enough: the default zone must be open as well, as it is with `narrow`. A stored name that no longer is a zone is a
    refusal in every mode: to fall back to another clock could call somebody at night.
    """
    own = timezones.stored_zones(stored_zone or default_zone)
    if not own:
        return Zones((), refusal=ZONE_UNKNOWN)
    if stored_zone or mode == "ignore":
        return Zones(_sorted(own))
    if phone_zones:
        return Zones(_sorted([*own, *phone_zones]))
    if mode == "strict":
        return Zones((), refusal=ZONE_UNKNOWN)
    return Zones(_sorted(own), warning=ZONE_UNKNOWN)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({timezones.canonical(name) for name in names}))


@dataclass(frozen=True, slots=True)
class Binding:
    """The windows that bind one zone, by its clock."""

    windows: tuple[TimeWindow, ...]
    clock: ZoneInfo


def bindings(schedule: Schedule, zones: Sequence[str], scheduled_first_call: bool) -> list[Binding]:
    """What must be open for a set of zones, each zone by the windows that bind a contact there: overrides too.

    An override for a zone that a number may be in thus narrows, and so do the usual windows beside an override that is
    wider. Zones of one clock and the same windows are one binding. Raises ValueError for a name that is no zone.
    """
    found: list[Binding] = []
    for name in zones:
        windows = tuple(windows_for(schedule, name, scheduled_first_call))
        one = Binding(windows, timezones.parse_timezone(timezones.clock_of(name)))
        if one not in found:
            found.append(one)
    return found


def is_open_in_all(schedule: Schedule, zones: Sequence[str], scheduled_first_call: bool, now: datetime) -> bool:
    """Whether a call may be placed at `now`: every zone is open, and there is at least one."""
    return are_open(bindings(schedule, zones, scheduled_first_call), now)


def next_opening_in_all(
    schedule: Schedule, zones: Sequence[str], scheduled_first_call: bool, now: datetime
) -> datetime | None:
    """The first UTC instant, `now` or later, at which every zone is open; None if there is none within 400 days.

    Windows of zones may never meet (09:00 to 10:00 in New York and in Madrid): then nobody can be called, which is for
    the caller to say. Exact to the second over clock changes.
    """
    return first_opening(bindings(schedule, zones, scheduled_first_call), now)


def are_open(bound: Sequence[Binding], now: datetime) -> bool:
    """Whether all bindings are open; without any, nothing is."""
    return bool(bound) and all(is_open(one.windows, one.clock, now) for one in bound)


def first_opening(bound: Sequence[Binding], now: datetime) -> datetime | None:
    """The first instant, `now` or later, at which all bindings are open."""
    if not bound or not all(one.windows for one in bound):
        return None
    begin, horizon = now.astimezone(UTC), now.astimezone(UTC) + _HORIZON
    while begin < horizon:
        until = begin + _SCANNED
        if found := _first_meeting(bound, begin, until):
            return found
        # Openings repeat each week until a clock changes: what did not meet now meets then at the earliest.
        begin = max(until, min(_next_change(one.clock, until - _SCANNED) for one in bound))
    return None


def _first_meeting(bound: Sequence[Binding], begin: datetime, until: datetime) -> datetime | None:
    """The first instant before `until`: while one is closed, none is earlier than its next opening."""
    moment, agreed = begin, 0
    while agreed < len(bound):
        for one in bound:
            opens = next_opening(one.windows, one.clock, moment)
            if opens is None or opens >= until:
                return None
            agreed = agreed + 1 if opens == moment else 1
            moment = opens
            if agreed >= len(bound):
                break
    return moment


def _next_change(clock: ZoneInfo, after: datetime) -> datetime:
    """A midnight (UTC) before which its clock does not change, from `after` on; beyond the horizon if it never does."""
    return _next_change_from(clock, after.replace(hour=0, minute=0, second=0, microsecond=0))


@lru_cache(maxsize=512)
def _next_change_from(clock: ZoneInfo, midnight: datetime) -> datetime:
    last = midnight + _HORIZON + _SCANNED
    offset = midnight.astimezone(clock).utcoffset()
    while midnight < last:
        following = midnight + timedelta(days=1)
        if following.astimezone(clock).utcoffset() != offset:
            return midnight
        midnight = following
    return last
