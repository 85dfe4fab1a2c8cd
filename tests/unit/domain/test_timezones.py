"""Timezone names: links are equal to what they lead to, offsets are answered by places, and EST is refused."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from campanile.domain import timezones
from campanile.domain.calling_window import Overrides, Schedule, ScheduleOverride, windows_for
from campanile.domain.timezone_advice import ABBREVIATIONS, PLACES

OVERRIDES = TypeAdapter(Overrides)
NOON_ONLY = {"days": ["mon"], "start": "12:00", "end": "13:00"}
ALL_NAMES = sorted(timezones._known_names())


def offsets(name: str) -> list[timedelta | None]:
    """The zone's clock every week of three years."""
    zone, start = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC)
    return [(start + timedelta(weeks=week)).astimezone(zone).utcoffset() for week in range(156)]


@pytest.mark.parametrize("name", ALL_NAMES)
def test_every_name_of_tzdata_is_bound_like_its_target_or_refused(name: str) -> None:
    if name in timezones.REFUSED:
        with pytest.raises(ValueError, match="no summer time"):
            timezones.parse_timezone(name)
        return
    target = timezones.canonical(name)
    assert timezones.canonical(target) == target
    override = ScheduleOverride.model_validate({"timezones": [target], "windows": []})
    schedule = Schedule.model_validate({"default_windows": [NOON_ONLY], "overrides": [override]})
    assert windows_for(schedule, name, False) == []
    assert timezones.parse_timezone(name)


def test_names_of_one_zone_show_the_same_time() -> None:
    links = [name for name in ALL_NAMES if timezones.canonical(name) != name]
    assert len(links) > 200
    assert [name for name in links if offsets(name) != offsets(timezones.canonical(name))] == []


@pytest.mark.parametrize(
    ("listed", "contact"), [("Asia/Kolkata", "Asia/Calcutta"), ("Europe/Kyiv", "Europe/Kiev"), ("UTC", "Zulu")]
)
def test_an_override_binds_a_contact_under_the_zones_other_name(listed: str, contact: str) -> None:
    for one, other in ((listed, contact), (contact, listed)):
        override = ScheduleOverride.model_validate({"timezones": [one], "windows": []})
        schedule = Schedule.model_validate({"default_windows": [NOON_ONLY], "overrides": [override]})
        assert windows_for(schedule, other, False) == []


def test_two_overrides_may_not_list_one_zone_by_two_names() -> None:
    rivals = [{"timezones": [name], "windows": []} for name in ("Asia/Kolkata", "Asia/Calcutta")]
    with pytest.raises(ValidationError, match=r"'Asia/Calcutta' is in two overrides, there as 'Asia/Kolkata'"):
        OVERRIDES.validate_python(rivals)
    OVERRIDES.validate_python([{"timezones": ["Asia/Kolkata", "Asia/Calcutta"], "windows": []}])


@pytest.mark.parametrize("name", ["EST", "MST", "HST"])
def test_a_name_without_summer_time_is_refused_with_what_to_write(name: str) -> None:
    with pytest.raises(ValueError, match=timezones.REFUSED[name].split("'")[1]):
        timezones.parse_timezone(name)
    assert name not in timezones.timezone_names()
    assert timezones.stored_timezone(name), "what was stored before goes on as it was"


SPELLINGS = ("GMT{sign}{hours}{minutes}", "UTC{sign}{hours}{minutes}", "{sign}{padded}{minutes}",
             "UTC{sign}{padded}{minutes}", "gmt {sign}{hours}{minutes}", "{sign}{padded}{bare}")  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("minutes", [*range(-720, 841, 60), -570, -210, 210, 270, 330, 345, 390, 525, 570, 630, 765])
def test_an_offset_is_answered_with_a_place_of_that_offset_and_never_with_an_etc_name(
    spelling: str, minutes: int
) -> None:
    hours, rest = divmod(abs(minutes), 60)
    written = spelling.format(
        sign="-" if minutes < 0 else "+",
        hours=hours,
        padded=f"{hours:02d}",
        minutes=f":{rest:02d}" if rest or "padded" in spelling else "",
        bare=f"{rest:02d}",
    )
    said = timezones.advice(written)
    assert "Etc/" not in said
    if f"Etc/{written}" in ALL_NAMES or minutes in PLACES:
        place = re.findall(r"'([A-Za-z_]+/[A-Za-z_/]+)'", said)[0]
        winter = {datetime(2026, month, 1, tzinfo=UTC).astimezone(ZoneInfo(place)).utcoffset() for month in (1, 7)}
        assert timedelta(minutes=minutes) in winter or minutes not in PLACES


def test_every_advised_place_is_an_accepted_name() -> None:
    assert {*PLACES.values(), *ABBREVIATIONS.values()} <= set(timezones.timezone_names())


@pytest.mark.parametrize(
    ("written", "place"),
    [("America/NewYork", "America/New_York"), ("PST", "America/Los_Angeles"), ("Eastern", "America/New_York"),
     ("new york", "America/New_York"), ("W. Europe Standard Time", "Europe/Berlin"), ("europe/berln", "Europe/Berlin")],
)  # fmt: skip
def test_what_people_write_is_answered_with_the_place_they_mean(written: str, place: str) -> None:
    assert place in timezones.advice(written)
