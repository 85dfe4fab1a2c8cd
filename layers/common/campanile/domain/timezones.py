"""Names of timezones: which are accepted, which mean the same, and what to write instead of one that is not accepted.

The names and their links are tzdata's own files `zones` and `tzdata.zi` (IANA time zone database, `backward`).
"""

import pkgutil
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

# tzdata's name for "nobody has set a timezone": dialing by it would be dialing by UTC.
_NOT_A_PLACE = frozenset({"Factory"})

REFUSED: Final[Mapping[str, str]] = {
    "EST": "'America/New_York', or 'America/Panama' for a place without summer time",
    "MST": "'America/Denver', or 'America/Phoenix' for a place without summer time",
    "HST": "'Pacific/Honolulu'",
}
"""Names of tzdata that have no summer time, although the people who write them nearly always mean a place that has."""


def parse_timezone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as `America/New_York`; the name's case must be exact.

    Raises ValueError for anything else (empty, abbreviations, offsets, `localtime`, paths). The message quotes the
    name, for the caller's response: a mis-mapped column may hold personal data, so it does not belong in logs.
    """
    if name in REFUSED:
        raise ValueError(f"{name!r} has no summer time: write {REFUSED[name]}")
    return stored_timezone(name)


def stored_timezone(name: str) -> ZoneInfo:
    """The zone of a name that was accepted once; raises ValueError for a name that tzdata does not have."""
    if name not in _known_names():
        raise ValueError(_unknown_timezone(name))
    return _load_zone(name)


def canonical(name: str) -> str:
    """The name that all names of one zone share: what tzdata's links lead to, as `Asia/Calcutta` to `Asia/Kolkata`.

    Links also join places whose clocks have agreed since 1970; for calls from now on they are the same zone.
    """
    return _links().get(name, name)


def by_clock(moment: datetime, timezone: str) -> datetime:
    """A time by the zone's clock, made aware; in an hour that the clock leaves out, by the offset before.

    Raises ValueError for an unknown timezone.
    """
    return moment.replace(tzinfo=stored_timezone(timezone))


def timezone_names() -> list[str]:
    """Return every name that `parse_timezone` accepts, sorted."""
    return sorted(_known_names() - REFUSED.keys())


@cache
def _known_names() -> frozenset[str]:
    # tzdata's own index: zoneinfo.available_timezones() opens every file and depends on the host.
    return frozenset(_file("zones").split()) - _NOT_A_PLACE


@cache
def _links() -> dict[str, str]:
    """Each linked name with what it leads to in the end."""
    lines = (line.split() for line in _file("zoneinfo/tzdata.zi").splitlines() if line.startswith("L "))
    links = {name: target for _, target, name in lines}

    def end(name: str) -> str:
        return end(links[name]) if name in links else name

    return {name: end(name) for name in links}


def _file(name: str) -> str:
    data = pkgutil.get_data("tzdata", name)
    if data is None:
        raise RuntimeError(f"the tzdata package carries no {name}")
    return data.decode("ascii")


@cache
def _load_zone(name: str) -> ZoneInfo:
    # ZoneInfo keeps only the last eight zones alive; a campaign may use more.
    return ZoneInfo(name)


def advice(name: str) -> str:
    """What to write instead of a name that is no timezone; it does not quote the name."""
    if name in REFUSED:
        return f"write {REFUSED[name]}"
    # Loaded when somebody needs advice: no cold start pays for it.
    return str(import_module("campanile.domain.timezone_advice").advice_for(name, timezone_names()))


def _unknown_timezone(name: str) -> str:
    if not name:
        return "the timezone is empty: give an IANA name such as 'America/New_York'"
    shown = name if len(name) <= 40 else f"{name[:37]}..."
    return f"{shown!r} is not an IANA timezone: {advice(name)}"


def _check_timezone(name: str) -> str:
    parse_timezone(name)
    return name


TimezoneName = Annotated[str, AfterValidator(_check_timezone), Field(json_schema_extra={"minLength": 1})]
"""A pydantic field type: an IANA timezone name, kept as the string it is."""
