"""Names of timezones."""

import pkgutil
from datetime import datetime
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

# tzdata's name for "nobody has set a timezone": dialing by it would be dialing by UTC.
_NOT_A_PLACE = frozenset({"Factory"})


def parse_timezone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as `America/New_York`; the name's case must be exact.

    Raises ValueError for anything else (empty, abbreviations IANA does not list, `localtime`, paths). The
    message quotes the name, for the caller's answer: a mis-mapped column may hold personal data, so it does
    not belong in logs.
    """
    if name not in _known_names():
        raise ValueError(_unknown_timezone(name))
    return _load_zone(name)


def by_clock(moment: datetime, timezone: str) -> datetime:
    """A time by the zone's clock, made aware; in an hour that the clock leaves out, by the offset before.

    Raises ValueError for an unknown timezone.
    """
    return moment.replace(tzinfo=parse_timezone(timezone))


def timezone_names() -> list[str]:
    """Return every name that `parse_timezone` accepts, sorted."""
    return sorted(_known_names())


@cache
def _known_names() -> frozenset[str]:
    # tzdata's own index: zoneinfo.available_timezones() opens every file and depends on the host.
    index = pkgutil.get_data("tzdata", "zones")
    if index is None:
        raise RuntimeError("the tzdata package carries no list of zones")
    return frozenset(index.decode("ascii").split()) - _NOT_A_PLACE


@cache
def _load_zone(name: str) -> ZoneInfo:
    # ZoneInfo keeps only the last eight zones alive; a campaign may use more.
    return ZoneInfo(name)


@cache
def _names_by_spelling() -> dict[str, list[str]]:
    spellings: dict[str, list[str]] = {}
    for name in timezone_names():
        whole = name.lower()
        for spelling in {whole, whole.rpartition("/")[2]}:
            spellings.setdefault(spelling, []).append(name)
    return spellings


def advice(name: str) -> str:
    """What to write instead of a name that is no timezone; it does not quote the name."""
    near = _names_by_spelling().get("_".join(name.lower().split()), [])[:3]
    if near:
        return f"did you mean {' or '.join(repr(each) for each in near)}?"
    return "use a name of the IANA time zone database, such as 'America/New_York'"


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
