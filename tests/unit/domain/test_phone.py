"""Phone numbers as people and spreadsheets write them."""

import subprocess
import sys
from collections.abc import Callable

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campanile.domain.phone import (
    TEXTS,
    UNASSIGNED,
    InvalidPhoneNumber,
    PhoneNumber,
    normalize,
    normalize_e164,
    normalize_international,
    parse_country_code,
)


@pytest.mark.parametrize(
    ("raw", "default_country_code", "e164"),
    [
        ("+14155550123", "+1", "+14155550123"),
        ("4155550123", "+1", "+14155550123"),
        ("14155550123", "+1", "+14155550123"),
        ("1-415-555-0123", "+1", "+14155550123"),
        ("(415) 555-0123", "+1", "+14155550123"),
        ("415.555.0123", "+1", "+14155550123"),
        (" +1 (415) 555-0123 ", "+44", "+14155550123"),
        ("'+14155550123", "+1", "+14155550123"),
        ("' 4155550123", "+1", "+14155550123"),
        ("416 555 0123", "+1", "+14165550123"),  # Canada shares the code
        ("+44 (0)20 7946 0018", "+1", "+442079460018"),
        ("+44(0)2079460018", "+1", "+442079460018"),
        ("+44 020 7946 0018", "+1", "+442079460018"),
        ("(+44) 20 7946 0018", "+1", "+442079460018"),
        ("0044 20 7946 0018", "+1", "+442079460018"),
        ("00 44 (0)20 7946 0018", "+44", "+442079460018"),
        ("(0044) 20 7946 0018", "+1", "+442079460018"),
        ("011 44 20 7946 0018", "+1", "+442079460018"),
        ("020 7946 0018", "+44", "+442079460018"),
        ("030/901820", "+49", "+4930901820"),
        ("+39 06 6982 1234", "+1", "+390669821234"),  # an Italian 0 is part of the number
        ("06 6982 1234", "+39", "+390669821234"),
        ("9876543210", "+91", "+919876543210"),
        ("09876543210", "+91", "+919876543210"),
        ("919876543210", "+91", "+919876543210"),
        ("+919876500000", "+1", "+919876500000"),
        ("+1\N{NO-BREAK SPACE}415\N{EN DASH}555\N{NON-BREAKING HYPHEN}0123", "+1", "+14155550123"),
        ("\N{LEFT-TO-RIGHT EMBEDDING}+14155550123\N{POP DIRECTIONAL FORMATTING}", "+1", "+14155550123"),
        ("\N{FULLWIDTH PLUS SIGN}14155550123", "+1", "+14155550123"),
        ("٩٨٧٦٥٤٣٢١٠", "+91", "+919876543210"),
    ],
)
def test_a_number_is_understood_as_people_write_it(raw: str, default_country_code: str, e164: str) -> None:
    assert normalize(raw, default_country_code) == PhoneNumber(e164)


@pytest.mark.parametrize("raw", ["+15551234567", "+15559876543", "+15555551234", "5551234567"])
def test_a_possible_number_that_nobody_is_assigned_is_accepted_with_a_warning(raw: str) -> None:
    number = normalize(raw)
    assert number == PhoneNumber(f"+1{raw[-10:]}", (UNASSIGNED,))
    assert "not assigned" in TEXTS[UNASSIGNED]


@pytest.mark.parametrize("last_two", range(100))
def test_every_magic_number_of_the_simulated_carrier_is_a_number_without_warning(last_two: int) -> None:
    magic = f"+141555501{last_two:02}"
    assert normalize(magic) == normalize_e164(magic) == PhoneNumber(magic)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("'", "empty"),
        ("\N{ZERO WIDTH SPACE}", "empty"),
        ("1.41556E+10", "spreadsheet_number"),
        ("1,41556E+10", "spreadsheet_number"),
        ("4.41E+11", "spreadsheet_number"),
        ("1e10", "spreadsheet_number"),
        ("+14155550123 x123", "extension"),
        ("4155550123x5", "extension"),
        ("(415) 555-0123 ext. 12", "extension"),
        ("415-555-0123, extension 12", "extension"),
        ("+14155550123#12", "extension"),
        ("call me", "letters"),
        ("call me at 4155550123", "letters"),
        ("1-800-FLOWERS", "letters"),
        ("+1415555O123", "letters"),  # the letter O
        ("n/a", "empty"),
        ("4155550123; 4155550124", "two_numbers"),
        ("4155550123,4155550124", "two_numbers"),
        ("4155550123\n4155550124", "two_numbers"),
        ("4155550123 or 4155550124", "two_numbers"),
        ("4155550123/4155550124", "two_numbers"),
        ("4155550123 4155550124", "two_numbers"),
        ("+14155550123+14155550124", "two_numbers"),
        ("tel:+14155550123;4155550124", "two_numbers"),
        ("1+4155550123", "unexpected_character"),
        ("415*5550123", "unexpected_character"),
        ("?", "unexpected_character"),
        ("4155550123 / 4155550124", "two_numbers"),
        ("-", "empty"),
        ("+", "unexpected_character"),
        ("00", "too_short"),
        ("7", "too_short"),
        ("911", "too_short"),
        ("+1415555012", "too_short"),
        ("+491234", "too_short"),  # the German plan calls it possible
        ("5550123", "missing_area_code"),
        ("+141555501234", "too_long"),
        ("447911123456", "too_long"),
        ("+52155123456789", "too_long"),
        ("9" * 300, "too_long"),
        ("9" * 100_000 + "!", "too_long"),
        ("+999123456789", "unknown_country_code"),
        ("000 14155550123", "unknown_country_code"),
    ],
)
def test_what_cannot_be_e164_is_refused_with_its_reason(raw: str, reason: str) -> None:
    with pytest.raises(InvalidPhoneNumber) as refusal:
        normalize(raw)
    assert refusal.value.reason == reason
    assert str(refusal.value) == TEXTS[reason]


@pytest.mark.parametrize(
    "raw", ["1111111111", "9999999999", "1234567890", "+12911234567", "+14111234567", "4150234567"]
)
def test_an_area_code_or_exchange_that_the_north_american_plan_excludes_is_refused(raw: str) -> None:
    for read in (normalize, normalize_international if raw.startswith("+") else normalize):
        with pytest.raises(InvalidPhoneNumber) as refusal:
            read(raw)
        assert refusal.value.reason == "impossible_number"


@pytest.mark.parametrize("raw", ["+441111111111", "+9199999999"])
def test_one_digit_all_through_is_refused_where_nobody_is_assigned_it(raw: str) -> None:
    with pytest.raises(InvalidPhoneNumber):
        normalize(raw)
    assert normalize("+33666666666") == PhoneNumber("+33666666666")  # somebody's, in France


def test_an_emergency_number_is_never_dialed() -> None:
    for raw, country_code in [("110", "+49"), ("112", "+44"), ("999", "+44"), ("100", "+91"), ("000", "+61")]:
        with pytest.raises(InvalidPhoneNumber):
            normalize(raw, country_code)


@given(st.text(st.one_of(st.sampled_from("0123456789+ ()-./x'"), st.characters()), max_size=24))
@example("+14155550123 and more")
@settings(deadline=None, max_examples=300, derandomize=True)
def test_whatever_is_typed_is_either_e164_or_refused_without_being_quoted(raw: str) -> None:
    result = accepted_or_refused(raw)
    if isinstance(result, InvalidPhoneNumber):
        assert str(result) == TEXTS[result.reason]
    else:
        assert normalize_e164(result.e164) == result


def read_or_none(read: Callable[..., PhoneNumber], *arguments: str) -> PhoneNumber | None:
    try:
        return read(*arguments)
    except InvalidPhoneNumber:
        return None


def accepted_or_refused(raw: str) -> PhoneNumber | InvalidPhoneNumber:
    try:
        return normalize(raw)
    except InvalidPhoneNumber as refusal:
        return refusal


@given(
    st.text(st.one_of(st.sampled_from("0123456789+ ()-./;=\"'"), st.characters()), max_size=30),
    st.sampled_from(["+1", "+49", "+39", "+52", "+7", "+852", "+61", "+55", "+225"]),
)
@settings(deadline=None, max_examples=300, derandomize=True)
def test_under_any_country_what_was_read_is_read_as_itself(raw: str, code: str) -> None:
    for number in (read_or_none(normalize, raw, code), read_or_none(normalize_international, raw)):
        if number is None:
            continue
        assert set(number.warnings) <= set(TEXTS)
        assert normalize(number.e164, code).e164 == normalize_e164(number.e164).e164 == number.e164


@given(st.from_regex(r"(\+|00|0|011)?[1-9][0-9]{5,14}", fullmatch=True), st.sampled_from(["+1", "+49", "+39", "+7"]))
@settings(deadline=None, max_examples=500, derandomize=True)
def test_any_digits_are_read_as_themselves_or_refused(raw: str, code: str) -> None:
    number = read_or_none(normalize, raw, code)
    assert number is None or normalize_e164(number.e164).e164 == number.e164


@given(
    st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)),
    st.sampled_from([phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.NATIONAL]),
)
@settings(deadline=None, max_examples=200, derandomize=True)
def test_every_countrys_own_way_of_writing_is_understood(region: str, style: int) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    code = f"+{number.country_code}"
    written = phonenumbers.format_number(number, style)
    main_region = phonenumbers.region_code_for_country_code(int(code)) == region
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if style == phonenumbers.PhoneNumberFormat.INTERNATIONAL or main_region:
        assert normalize(written, code) == PhoneNumber(expected)


@pytest.mark.parametrize("raw", ["+14155550123", "+15551234567", "+442079460018", "+919876543210"])
def test_an_ad_hoc_number_that_is_e164_already_is_taken(raw: str) -> None:
    assert normalize_e164(raw).e164 == raw


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("4155550123", "not_e164"),
        ("+1 415 555 0123", "not_e164"),
        (" +14155550123", "not_e164"),
        ("+14155550123\n", "not_e164"),
        ("+4402079460018", "not_e164"),
        ("+0442079460018", "not_e164"),
        ("+1", "not_e164"),
        ("", "not_e164"),
        ("+٩١٩٨٧٦٥٤٣٢١٠", "not_e164"),
        ("+1415555012", "too_short"),
        ("+141555501234", "too_long"),
        ("+999123456789", "unknown_country_code"),
    ],
)
def test_an_ad_hoc_number_must_be_e164_already(raw: str, reason: str) -> None:
    with pytest.raises(InvalidPhoneNumber) as refusal:
        normalize_e164(raw)
    assert refusal.value.reason == reason


@pytest.mark.parametrize("code", ["+1", "+7", "+44", "+91", "+353"])
def test_the_calling_code_of_a_country_is_a_default_country_code(code: str) -> None:
    assert parse_country_code(code) == code


@pytest.mark.parametrize("code", ["", "1", "+", "US", "+01", "+1234", "+1 ", "+1\n", "+\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_default_country_code_is_written_with_plus_and_digits(code: str) -> None:
    with pytest.raises(ValueError, match=r"must be \+ and 1 to 3 digits"):
        parse_country_code(code)


@pytest.mark.parametrize("code", ["+999", "+210", "+800", "+883"])
def test_a_default_country_code_belongs_to_a_country(code: str) -> None:
    with pytest.raises(ValueError, match="not the calling code of a country"):
        parse_country_code(code)


def test_an_unusable_default_country_code_is_not_taken_for_a_bad_number() -> None:
    with pytest.raises(ValueError, match="country code") as refusal:
        normalize("4155550123", "US")
    assert not isinstance(refusal.value, InvalidPhoneNumber)


def test_the_large_tables_of_the_library_are_not_loaded() -> None:
    code = (
        "import sys, campanile.domain.phone as phone; phone.normalize('+14155550123');"
        "print([name for name in sys.modules if name.startswith('phonenumbers.') and name.split('.')[1] in"
        " ('geodata', 'geocoder', 'carrier', 'carrierdata', 'timezone', 'tzdata')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("written", ["+44 00 444788588", "+49 (0)0345221", "+381 0 013337432", "+91 00 74490955211"])
def test_a_number_with_two_trunk_prefixes_becomes_one_that_is_read_as_itself(written: str) -> None:
    """Else the import of an export would change it."""
    number = normalize(written).e164
    assert normalize(number).e164 == number
