"""Names of timezones: which are taken, which are the same, and what is advised instead of what is none."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel, ValidationError

from campanile import timezone_advice
from campanile.calling_window import Overrides, Schedule, ScheduleOverride, TimeWindow, windows_for
from campanile.timezones import (
    STORED,
    WITHOUT_SUMMER,
    TimezoneName,
    advice,
    by_clock,
    canonical,
    clock_of,
    january_and_july,
    parse_timezone,
    refusal,
    stored_zones,
    timezone_names,
)
from tests.support.tzdata_files import LINKS, NAMES, PLACES

USUAL = [TimeWindow(days=["mon"], start="09:00", end="17:00")]
LONGER = [TimeWindow(days=["mon"], start="08:00", end="20:00")]
SHORTER = [TimeWindow(days=["mon"], start="12:00", end="13:00")]
MINUTES = range(-12 * 60, 14 * 60 + 1, 15)


def with_override(windows: list[TimeWindow], *zones: str) -> Schedule:
    return Schedule(default_windows=USUAL, overrides=[ScheduleOverride(timezones=list(zones), windows=windows)])


def bound(schedule: Schedule, zone: str) -> list[TimeWindow]:
    return windows_for(schedule, zone, scheduled_first_call=False)


def test_every_name_of_tzdata_is_bound_like_its_target_or_refused() -> None:
    assert len(NAMES) > 590
    for name in sorted(NAMES):
        if name in {*WITHOUT_SUMMER, "Factory"}:
            with pytest.raises(ValueError, match=r"write|not an IANA"):
                parse_timezone(name)
        elif target := LINKS.get(name):
            assert bound(with_override([], target), name) == [], name
            assert bound(with_override([], name), target) == [], name
            assert bound(with_override(LONGER, target), name) == LONGER, name
        else:
            assert bound(with_override([], name), name) == []


def test_a_name_has_the_clock_of_the_zone_it_leads_to() -> None:
    for name in timezone_names():
        for month in range(1, 13):
            at = datetime(2027, month, 15, tzinfo=UTC)
            offset = at.astimezone(parse_timezone(name)).utcoffset()
            assert at.astimezone(parse_timezone(canonical(name))).utcoffset() == offset, name
            assert at.astimezone(parse_timezone(clock_of(name))).utcoffset() == offset, name


def test_the_name_of_today_is_its_own_and_no_link_unless_a_place() -> None:
    for name in timezone_names():
        today = canonical(name)
        assert canonical(today) == today
        assert today not in LINKS or today in PLACES
        assert clock_of(name) not in LINKS or name.startswith("Etc/")


@pytest.mark.parametrize(
    ("old", "today"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("US/Pacific", "America/Los_Angeles"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("Iceland", "Atlantic/Reykjavik"),
        ("Zulu", "Etc/UTC"),
        ("UTC", "Etc/UTC"),
        ("GMT", "Etc/UTC"),
        ("EST5EDT", "America/New_York"),
        ("Europe/Oslo", "Europe/Oslo"),
        ("no zone", "no zone"),
    ],
)
def test_the_name_of_today(old: str, today: str) -> None:
    assert canonical(old) == today


@pytest.mark.parametrize(("one", "other"), [("Asia/Kolkata", "Asia/Calcutta"), ("Europe/Kiev", "Europe/Kyiv")])
def test_an_override_binds_a_zone_under_its_other_name(one: str, other: str) -> None:
    assert bound(with_override([], one), other) == []
    assert bound(with_override(LONGER, one), other) == LONGER


def test_an_override_of_the_country_itself_goes_before_one_for_the_zone_that_it_is_linked_to() -> None:
    both = Schedule(
        default_windows=USUAL,
        overrides=[
            ScheduleOverride(timezones=["Europe/Berlin"], windows=LONGER),
            ScheduleOverride(timezones=["Europe/Oslo"], windows=SHORTER),
        ],
    )
    assert bound(both, "Europe/Oslo") == SHORTER
    assert bound(both, "Europe/Berlin") == LONGER
    assert bound(both, "Europe/Stockholm") == LONGER


def test_an_override_for_a_country_with_the_same_clock_only_narrows() -> None:
    assert bound(with_override(SHORTER, "Europe/Oslo"), "Europe/Berlin") == SHORTER
    assert bound(with_override(LONGER, "Europe/Oslo"), "Europe/Berlin") == USUAL


def test_two_overrides_for_one_zone_by_two_names_are_rivals_that_the_refusal_names() -> None:
    rivals = [ScheduleOverride(timezones=[name], windows=USUAL) for name in ("Asia/Calcutta", "Asia/Kolkata")]
    with pytest.raises(ValidationError, match="'Asia/Calcutta' and 'Asia/Kolkata' are one timezone"):
        Schedule(overrides=rivals)


class Settings(BaseModel):
    zone: TimezoneName
    overrides: Overrides = []


def test_what_was_stored_under_earlier_rules_is_still_read() -> None:
    rivals = [{"timezones": [name], "windows": []} for name in ("Asia/Calcutta", "Asia/Kolkata")]
    old = {"zone": "EST", "overrides": rivals}
    assert Settings.model_validate(old, context=STORED).zone == "EST"
    with pytest.raises(ValidationError):
        Settings.model_validate(old)
    with pytest.raises(ValidationError):
        Settings.model_validate({"zone": "PST"}, context=STORED)


@pytest.mark.parametrize("name", sorted(WITHOUT_SUMMER))
def test_a_name_without_summer_time_is_refused_with_the_places_it_may_mean(name: str) -> None:
    with pytest.raises(ValueError, match="has no summer time and is not taken") as refused:
        parse_timezone(name)
    for place in WITHOUT_SUMMER[name]:
        assert repr(place) in str(refused.value)
    assert name not in timezone_names()
    assert name not in refusal(name)


def test_a_stored_name_means_every_place_it_may_mean_and_never_raises() -> None:
    assert stored_zones("EST") == ("America/New_York", "America/Panama")
    assert stored_zones("MST") == ("America/Denver", "America/Phoenix")
    assert stored_zones("HST") == ("Pacific/Honolulu",)
    assert stored_zones("Asia/Calcutta") == ("Asia/Calcutta",)
    assert stored_zones("PST") == stored_zones("") == stored_zones("Factory") == ()


def test_a_stored_est_is_the_clock_of_new_york_where_one_must_be_chosen() -> None:
    noon = datetime.fromisoformat("2026-07-01T12:00")
    assert by_clock(noon, "EST").isoformat() == "2026-07-01T12:00:00-04:00"
    with pytest.raises(ValueError, match="IANA"):
        by_clock(noon, "PST")


def test_every_place_of_the_advice_has_the_offset_it_stands_for() -> None:
    for minutes, places in timezone_advice.PLACES.items():
        for place in places:
            assert minutes in january_and_july(place, 2026), place
    there_are = {minutes for place in PLACES for minutes in january_and_july(place, 2026)}
    assert there_are == timezone_advice.PLACES.keys()


def spellings(minutes: int) -> list[str]:
    sign, hours, rest = "-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60
    short = f"{hours}:{rest:02}" if rest else f"{hours}"
    full = f"{hours:02}:{rest:02}"
    return [
        f"GMT{sign}{short}",
        f"UTC{sign}{short}",
        f"{sign}{full}",
        f"UTC{sign}{full}",
        f"gmt {sign}{hours:02}{rest:02}",
        f"(UTC{sign}{full}) Some Town",
        f"{sign}{full}".replace("-", "\N{MINUS SIGN}"),
    ]


def test_advice_for_an_offset_names_places_that_have_it_and_never_turns_the_sign() -> None:
    """Each offset from -12:00 to +14:00, in seven spellings."""
    with_places = 0
    for minutes in MINUTES:
        for text in spellings(minutes):
            if text in NAMES:  # GMT+0 and GMT-0
                continue
            said = advice(text)
            places = re.findall(r"'([^']+)'", said)
            with_places += bool(places)
            assert "Etc/" not in said
            assert bool(places) is (minutes in timezone_advice.PLACES), text
            assert timezone_advice.spelled(minutes) in said
            for place in places:
                year = (datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 13))
                offsets = {at.astimezone(parse_timezone(place)).utcoffset() for at in year}
                assert timedelta(minutes=minutes) in offsets, (text, place)
    assert with_places > 240


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("GMT+5", "Asia/Karachi"),
        ("GMT-3", "America/Sao_Paulo"),
        ("UTC+5", "Asia/Karachi"),
        ("+05:30", "Asia/Kolkata"),
        ("UTC-05:00", "America/New_York"),
        ("America/NewYork", "America/New_York"),
        ("america/new york", "America/New_York"),
        ("US/Pacfic", "US/Pacific"),
        ("PST", "America/Los_Angeles"),
        ("pdt", "America/Los_Angeles"),
        ("Eastern", "America/New_York"),
        ("est", "America/New_York"),
        ("Eastern Standard Time", "America/New_York"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("US Mountain Standard Time", "America/Phoenix"),
        ("IST", "Asia/Kolkata"),
        ("CEST", "Europe/Paris"),
        ("kolkata", "Asia/Kolkata"),
    ],
)
def test_what_people_write_is_answered_with_the_place_they_mean(text: str, place: str) -> None:
    assert repr(place) in advice(text)


@pytest.mark.parametrize("text", ["GMT5", "Etc/GMT+05", "etc/gmt+5", "+99", "John Smith", "+14155550123", "x" * 5000])
def test_what_nobody_understands_gets_no_guess(text: str) -> None:
    assert "did you mean" not in advice(text)
    assert "Etc/" not in advice(text)
    assert text not in refusal(text)


def test_a_turned_sign_is_warned_of_and_taken() -> None:
    assert parse_timezone("Etc/GMT+5").key == "Etc/GMT+5"
    assert "UTC-05:00 (5 hours behind UTC)" in (timezone_advice.turned_sign("Etc/GMT+5") or "")
    assert "UTC+14:00 (14 hours ahead of UTC)" in (timezone_advice.turned_sign("Etc/GMT-14") or "")
    assert [name for name in timezone_names() if timezone_advice.turned_sign(name)] == sorted(
        name for name in NAMES if name.startswith("Etc/GMT") and january_and_july(name, 2026) != (0, 0)
    )


def test_every_name_that_is_advised_is_taken() -> None:
    known_as = timezone_advice._known_as()
    assert {place for places in known_as.values() for place in places} <= set(timezone_names())
    assert not {name for name in known_as if name.upper() in timezone_names()}
