"""The zones that a number may be in: never fewer than phonenumbers knows, and all of an area code's."""

import subprocess
import sys
from datetime import UTC, datetime

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType
from phonenumbers.timezone import time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA

from campanile import number_zones
from campanile.calling_window import Schedule, TimeWindow
from campanile.dialable_hours import is_open_in_all, zones_considered
from campanile.number_zones import contradicts, zones_of
from campanile.timezones import canonical, parse_timezone, timezone_names
from tools import number_zones as tool

MADRID = ("Atlantic/Canary", "Europe/Madrid")
WINDOW = TimeWindow(days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"], start="08:00", end="21:00")
SCHEDULE = Schedule(default_windows=[WINDOW])
OF_NO_PLACE = number_zones._OF_NO_PLACE
AREA_CODES = sorted(prefix[1:] for prefix in number_zones._table() if prefix.startswith("1"))


def test_the_committed_table_is_what_the_data_say() -> None:
    """If it fails after an update of phonenumbers or tzdata: run `python -m tools.number_zones`."""
    assert tool.TABLE.read_text("utf-8") == tool.document()
    assert tool.assigned_without_zones() == []
    assert tool.TABLE.stat().st_size < 60_000


def test_all_zones_of_the_table_are_taken_by_their_names_of_today() -> None:
    zones = {zone for some in number_zones._table().values() for zone in some}
    assert zones <= set(timezone_names())
    assert {canonical(zone) for zone in zones} == zones
    assert all(list(some) == sorted(set(some)) for some in number_zones._table().values())


@pytest.mark.parametrize(
    ("code", "zones"),
    [
        ("423", "America/Chicago America/New_York"),
        ("729", "America/Chicago America/New_York"),
        ("850", "America/Chicago America/New_York"),
        ("448", "America/Chicago America/New_York"),
        ("270", "America/Chicago America/New_York"),
        ("364", "America/Chicago America/New_York"),
        ("219", "America/Chicago America/New_York"),
        ("812", "America/Chicago America/New_York"),
        ("930", "America/Chicago America/New_York"),
        ("906", "America/Chicago America/New_York"),
        ("250", "America/Edmonton America/Vancouver"),
        ("236", "America/Edmonton America/Vancouver"),
        ("807", "America/Toronto America/Winnipeg"),
        ("867", "America/Edmonton America/Fort_Nelson America/Toronto America/Vancouver America/Winnipeg"),
        ("208", "America/Boise America/Denver America/Los_Angeles"),
        ("986", "America/Boise America/Denver America/Los_Angeles"),
        ("541", "America/Denver America/Los_Angeles"),
        ("458", "America/Denver America/Los_Angeles"),
        ("308", "America/Chicago America/Denver"),
        ("620", "America/Chicago America/Denver"),
        ("785", "America/Chicago America/Denver"),
        ("928", "America/Denver America/Phoenix"),
        ("415", "America/Los_Angeles"),
        ("689", "America/New_York"),
        ("474", "America/Regina"),
    ],
)
def test_an_area_code_has_all_zones_below_it_and_below_its_overlays_whatever_the_exchange(
    code: str, zones: str
) -> None:
    for line in ("5550123", "2345678", "9870000"):
        assert zones_of(f"+1{code}{line}") == tuple(zones.split())


@pytest.mark.parametrize(
    "e164",
    [
        "+18005551234", "+18335551234", "+18885551234", "+19005551234", "+15005551234", "+15335551234", "+16005551234",
        "+15551234567", "+12005551234", "+448001234567", "+447012345678", "+448701234567", "+443301234567",
        "+80012345678", "+80812345678", "+870773111632", "+881612345678", "+883510012345", "+88812345678",
        "+979123456789", "+878101234567890", "+99912345678", "no number", "", "+",
    ],
)  # fmt: skip
def test_a_number_that_tells_nothing_of_a_place_has_no_zones(e164: str) -> None:
    assert zones_of(e164) == ()


@pytest.mark.parametrize(
    ("e164", "zones"),
    [
        ("+34612345678", MADRID),
        ("+34912345678", MADRID),  # the data list no 91
        ("+34922123456", ("Atlantic/Canary",)),
        ("+919876543210", ("Asia/Kolkata",)),
        ("+37052123456", ("Europe/Vilnius",)),
        ("+4721234567", ("Europe/Oslo",)),
        ("+442079460018", ("Europe/London",)),
        ("+97082345678", ("Asia/Gaza", "Asia/Hebron")),
        ("+15145550123", ("America/Toronto",)),
    ],
)
def test_numbers_of_other_countries(e164: str, zones: tuple[str, ...]) -> None:
    assert zones_of(e164) == zones


def test_a_mobile_of_a_wide_country_may_be_in_all_its_zones() -> None:
    russian, australian = zones_of("+79161234567"), zones_of("+61412345678")
    assert {"Europe/Kaliningrad", "Europe/Moscow", "Asia/Kamchatka", "Asia/Yekaterinburg"} <= set(russian)
    assert len(russian) >= 16
    assert {"Australia/Perth", "Australia/Sydney", "Australia/Darwin", "Australia/Lord_Howe"} <= set(australian)
    assert len(australian) >= 8
    assert {"Australia/Adelaide", "Australia/Perth"} <= set(zones_of("+61891234567"))


def of_the_library(number: phonenumbers.PhoneNumber) -> set[str]:
    """What the library says, in the country's own names; nothing where it only says that it is North America."""
    found = tuple(time_zones_for_number(number))
    if found in {("Etc/Unknown",), TIMEZONE_DATA["1"]}:
        return set()
    if number.country_code == 1:
        return {canonical(zone) for zone in found}
    return {one for zone in found for one in tool.own_names(str(number.country_code), zone)}


def assert_holds_what_the_library_says(e164: str) -> bool:
    """True when there was something to compare."""
    number = phonenumbers.parse(e164)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)  # without a trunk prefix
    kind = phonenumbers.number_type(number)
    if kind in OF_NO_PLACE or kind == PhoneNumberType.UNKNOWN or e164[2:5] in tool.WRONG:
        return False
    said = of_the_library(number)
    assert said <= set(zones_of(e164)), e164
    return bool(said)


def test_no_prefix_of_the_data_has_a_zone_that_the_table_lacks() -> None:
    compared = 0
    for prefix in TIMEZONE_DATA:
        for filling in ("23456789012", "55501234567", "91234567890"):
            for length in range(9, 12):
                compared += assert_holds_what_the_library_says(f"+{(prefix + filling)[:length]}")
    assert compared > 5_000


def test_every_example_number_of_every_region_has_zones_unless_it_is_of_no_place() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE):
            if number := phonenumbers.example_number_for_type(region, kind):
                e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
                assert zones_of(e164), (region, e164)
                assert_holds_what_the_library_says(e164)


COUNTRY_CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(
    st.sampled_from([1, 1, 7, 34, 44, 52, 55, 61, 62, 86, *COUNTRY_CODES]),
    st.text("0123456789", min_size=7, max_size=11),
)
def test_no_number_has_a_zone_that_the_table_lacks(country_code: int, rest: str) -> None:
    if phonenumbers.is_possible_number(number := phonenumbers.PhoneNumber(country_code, int(rest))):
        assert_holds_what_the_library_says(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@pytest.mark.parametrize("month", [1, 7])
def test_of_every_area_code_a_number_is_called_only_while_all_its_zones_are_open(month: int) -> None:
    assert len(AREA_CODES) > 440
    numbers = [f"+1{code}5550123" for code in AREA_CODES]
    for e164 in [*numbers, "+34612345678", "+79161234567", "+18005550123"]:
        zones = zones_of(e164)
        considered = zones_considered("America/New_York", None, zones, "narrow")
        assert set(considered.names) == {*zones, "America/New_York"}
        assert considered.warning == (None if zones else "zone_unknown")
        for quarter in range(0, 24 * 4, 2):
            now = datetime(2026, month, 6, quarter // 4, quarter % 4 * 15, tzinfo=UTC)
            hours = [now.astimezone(parse_timezone(zone)).hour for zone in (*zones, "America/New_York")]
            expected = all(8 <= hour < 21 for hour in hours)
            assert is_open_in_all(SCHEDULE, considered.names, False, now) is expected, (e164, now)


@pytest.mark.parametrize(
    ("e164", "january", "july"),
    [
        ("+14235550123", (14, 2), (13, 1)),  # 08:00 in Chicago to 21:00 in New York
        ("+18505550123", (14, 2), (13, 1)),
        ("+12085550123", (16, 2), (15, 1)),
        ("+19285550123", (15, 2), (15, 1)),  # in July Phoenix keeps the clock of Los Angeles
        ("+18005550123", (13, 2), (12, 1)),  # the default zone's alone
        ("+34612345678", (13, 20), (12, 19)),
    ],
)
def test_the_hours_in_utc_in_january_and_july(e164: str, january: tuple[int, int], july: tuple[int, int]) -> None:
    zones = zones_considered("America/New_York", None, zones_of(e164), "narrow").names
    for month, (opens, closes) in ((1, january), (7, july)):
        hours = [
            hour
            for hour in range(24)
            if is_open_in_all(SCHEDULE, zones, False, datetime(2026, month, 6, hour, tzinfo=UTC))
        ]
        wanted = [hour % 24 for hour in range(opens, closes if closes > opens else closes + 24)]
        assert hours == sorted(wanted), month


def test_a_stored_zone_contradicts_a_number_when_no_zone_of_it_has_its_clock() -> None:
    assert contradicts("America/New_York", "+14155550123", 2026)
    assert contradicts("America/Phoenix", "+13035550123", 2026)  # Denver: the same in January, not in July
    assert not contradicts("America/Detroit", "+12125550123", 2026)
    assert not contradicts("Asia/Calcutta", "+919876543210", 2026)
    assert not contradicts("America/Phoenix", "+19285550123", 2026)
    assert not contradicts("EST", "+12125550123", 2026)
    assert not contradicts("America/New_York", "+18005550123", 2026)
    assert not contradicts("PST", "+12125550123", 2026)


def test_a_look_up_imports_no_data_of_time_zones_or_places() -> None:
    program = (
        "import sys; from campanile.number_zones import zones_of; zones_of('+34612345678'); zones_of('+14155550123');"
        "print([one for one in sys.modules if one.startswith('phonenumbers.')"
        " and one.split('.')[1] in {'timezone', 'tzdata', 'geocoder', 'geodata', 'carrier', 'carrierdata'}])"
    )
    environment = {"PYTHONPATH": str(tool.TABLE.parents[1])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
