"""Names of timezones: which are taken, which of them mean the same, and how to read those stored earlier.

All of it is read from the tzdata package, never from the host:

- `zones` lists every name;
- `tzdata.zi` has the links (its `L` lines, made of IANA's files `backward` and `etcetera`);
- `zone.tab` lists the places: one or more rows for each country.

Two kinds of sameness follow. *One place*: `Asia/Calcutta` is an old name of `Asia/Kolkata` (`canonical`). *One clock*:
`Europe/Oslo` is a place of its own, for which `tzdata.zi` has the clock of `Europe/Berlin` since 2022 (`clock_of`).
"""

import pkgutil
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo

from campanile import timezone_advice

# tzdata's name for "nobody has set a timezone": dialing by it would be dialing by UTC.
_NOT_A_PLACE = frozenset({"Factory"})

WITHOUT_SUMMER: Final[Mapping[str, tuple[str, ...]]] = {
    "EST": ("America/New_York", "America/Panama"),
    "MST": ("America/Denver", "America/Phoenix"),
    "HST": ("Pacific/Honolulu",),
}
"""Names of tzdata that are refused, as people mean a place that has summer time by them; and what they may mean."""

# Names that `tzdata.zi` links to a clock rather than to the place that they are another name of. Source: the remarks
# "#= Atlantic/Reykjavik" and so on in IANA's file `backward`; the last five had links there from 2024b on.
_OTHER_NAMES: Mapping[str, str] = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Atlantic/Jan_Mayen": "Europe/Oslo",
    "Europe/Nicosia": "Asia/Nicosia",
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
    "Etc/GMT": "Etc/UTC",
    "EST5EDT": "America/New_York",
    "CST6CDT": "America/Chicago",
    "MST7MDT": "America/Denver",
    "PST8PDT": "America/Los_Angeles",
}

STORED: Final[Mapping[str, bool]] = {"stored": True}
"""Validation context for what was stored under earlier rules: names that are refused today must not stop the dialer."""


def parse_timezone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as `America/New_York`; the name's case must be exact.

    Raises ValueError for anything else (empty, `EST`, abbreviations IANA does not list, `localtime`, paths). The
    message quotes the name, for the caller's answer: a mis-mapped column may hold personal data, so it does not
    belong in logs.
    """
    if name not in _known_names():
        raise ValueError(_unknown_timezone(name))
    return _load_zone(name)


def stored_zones(name: str) -> tuple[str, ...]:
    """The zones that a stored name may mean; all must be open. Empty: it is none, and nobody may be called by it.

    Never raises. A name that is taken means itself; `EST`, once taken, New York or a place without summer time.
    """
    if name in WITHOUT_SUMMER:
        return WITHOUT_SUMMER[name]
    return (name,) if name in _known_names() else ()


def by_clock(moment: datetime, timezone: str) -> datetime:
    """A time by the zone's clock, made aware; in an hour that the clock leaves out, by the offset before.

    Raises ValueError for an unknown timezone. A stored `EST` is read as the clock of New York.
    """
    return moment.replace(tzinfo=parse_timezone(next(iter(stored_zones(timezone)), timezone)))


def timezone_names() -> list[str]:
    """Return every name that `parse_timezone` accepts, sorted."""
    return sorted(_known_names())


@lru_cache(maxsize=2048)
def canonical(name: str) -> str:
    """The name of today for the same place: `Asia/Kolkata` for `Asia/Calcutta`. Any other text is returned as it is.

    A place that `zone.tab` lists keeps its name even where tzdata has no clock for it any more: Oslo is not Berlin.
    """
    name = _OTHER_NAMES.get(name, name)
    while name not in _places() and name in _links():
        name = _links()[name]
        name = _OTHER_NAMES.get(name, name)
    return name


@lru_cache(maxsize=2048)
def clock_of(name: str) -> str:
    """The zone whose clock it has, by tzdata's links: `Europe/Berlin` for `Europe/Oslo`, `Asia/Kolkata` for itself."""
    name = canonical(name)
    while name in _links():
        name = _links()[name]
    return name


def january_and_july(name: str, year: int) -> tuple[int, int]:
    """UTC offsets in minutes in January and July of a year: how zones are told apart by what people see of them."""
    zone = _load_zone(name)
    january, july = (zone.utcoffset(datetime(year, month, 15, tzinfo=zone)) for month in (1, 7))
    if january is None or july is None:
        raise ValueError(f"{name} gives no UTC offset")
    return int(january.total_seconds() // 60), int(july.total_seconds() // 60)


def advice(name: str) -> str:
    """What to write instead of a name that is not taken; it does not quote the name."""
    if name in WITHOUT_SUMMER:
        return timezone_advice.for_name_without_summer(WITHOUT_SUMMER[name])
    return timezone_advice.for_text(name, timezone_names)


def refusal(name: str) -> str:
    """What is wrong with it and what to write instead, without quoting it: for reports that are kept."""
    if not name:
        return "is empty: give an IANA name such as 'America/New_York'"
    wrong = "has no summer time and is not taken" if name in WITHOUT_SUMMER else "is not an IANA timezone"
    return f"{wrong}: {advice(name)}"


def _unknown_timezone(name: str) -> str:
    shown = name if len(name) <= 40 else f"{name[:37]}..."
    return f"{shown!r} {refusal(name)}" if name else f"the timezone {refusal(name)}"


def _check_timezone(name: str, info: ValidationInfo) -> str:
    if not (is_stored(info) and stored_zones(name)):
        parse_timezone(name)
    return name


def is_stored(info: ValidationInfo) -> bool:
    """Whether what is validated was stored earlier."""
    context: Any = info.context
    return bool(context) and bool(context.get("stored"))


TimezoneName = Annotated[str, AfterValidator(_check_timezone), Field(json_schema_extra={"minLength": 1})]
"""A pydantic field type: an IANA timezone name, kept as the string it is."""


def _file(name: str) -> list[str]:
    # zoneinfo.available_timezones() opens every file and depends on the host.
    found = pkgutil.get_data("tzdata", name)
    if found is None:
        raise RuntimeError(f"the tzdata package carries no {name}")
    return found.decode("utf-8").splitlines()


@cache
def _known_names() -> frozenset[str]:
    return frozenset(_file("zones")) - _NOT_A_PLACE - WITHOUT_SUMMER.keys()


@cache
def _links() -> dict[str, str]:
    """What each link leads to."""
    lines = (line.split() for line in _file("zoneinfo/tzdata.zi") if line.startswith("L "))
    return {link: target for _, target, link in lines}


@cache
def _places() -> frozenset[str]:
    rows = (line.split("\t") for line in _file("zoneinfo/zone.tab") if not line.startswith("#"))
    return frozenset(row[2] for row in rows)


@cache
def _load_zone(name: str) -> ZoneInfo:
    # ZoneInfo keeps only the last eight zones alive; a campaign may use more.
    return ZoneInfo(name)
