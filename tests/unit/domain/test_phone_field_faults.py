"""Inputs of real lists that became another person's number, or were refused for no reason a person would accept."""

import random

import pytest

from campanile.domain.phone import (
    COUNTRY_CODE_ASSUMED,
    COUNTRY_CODE_FOUND,
    PREFIX_ASSUMED,
    UNASSIGNED,
    AmbiguousPhoneNumber,
    InvalidPhoneNumber,
    PhoneNumber,
    is_empty_cell,
    normalize,
    normalize_e164,
    normalize_for,
    normalize_international,
)


@pytest.mark.parametrize(
    ("raw", "code", "e164"),
    [
        # The country code without +, which spreadsheets strip.
        ("4915112345678", "+49", "+4915112345678"),
        ("491701234567", "+49", "+491701234567"),
        ("62811234567", "+62", "+62811234567"),
        ("393401234567", "+39", "+393401234567"),
        ("390669821234", "+39", "+390669821234"),
        ("44 7400 123456", "+49", "+447400123456"),  # grouped as only one of the two is
        ("4155550123", "+1", "+14155550123"),
        ("212-555-0123", "+1", "+12125550123"),
        ("658-200-4567", "+1", "+16582004567"),
        ("3912345678", "+39", "+393912345678"),  # an Italian mobile's own 39
        ("84 912 345 678", "+7", "+84912345678"),
        # The region's own international prefix.
        ("0011 65 6321 4567", "+61", "+6563214567"),
        ("001165 63214567", "+61", "+6563214567"),
        ("0011 44 20 7946 0018", "+61", "+442079460018"),
        ("001 65 6321 4567", "+852", "+6563214567"),
        ("00 1 415 555 0123", "+852", "+14155550123"),
        ("0014155550123", "+61", "+14155550123"),
        ("0061 2 9876 5432", "+61", "+61298765432"),
        ("010 44 20 7946 0018", "+81", "+442079460018"),
        ("810 44 20 7946 0018", "+7", "+442079460018"),
        ("8~10 44 20 7946 0018", "+7", "+442079460018"),
        ("009 44 20 7946 0018", "+234", "+442079460018"),
        ("00 376 312 345", "+49", "+376312345"),
        # Trunk zeros.
        ("+48 (0) 22 512 3456", "+1", "+48225123456"),
        ("+48 022 512 3456", "+1", "+48225123456"),
        ("0048 (0) 22 512 3456", "+49", "+48225123456"),
        ("+44 (0)20 7946 0018", "+1", "+442079460018"),
        ("+420 (0) 601 123 456", "+1", "+420601123456"),
        ("+30 (0) 691 234 5678", "+1", "+306912345678"),
        ("+34 (0) 612 345 678", "+1", "+34612345678"),
        ("+36 (0) 20 123 4567", "+1", "+36201234567"),
        ("+351 (0) 912 345 678", "+1", "+351912345678"),
        ("+45 (0) 25 12 34 56", "+1", "+4525123456"),
        ("+47 (0) 406 12 345", "+1", "+4740612345"),
        ("+39 (0) 6 6982 1234", "+1", "+390669821234"),
        ("+378 (0549) 886377", "+1", "+3780549886377"),
        # Mexico's 1, 01, 044 and 045.
        ("+52 1 55 1234 5678", "+1", "+525512345678"),
        ("+5215512345678", "+1", "+525512345678"),
        ("5215512345678", "+52", "+525512345678"),
        ("044 55 1234 5678", "+52", "+525512345678"),
        ("01 55 1234 5678", "+52", "+525512345678"),
        # Wrappings.
        ('="4155550123"', "+1", "+14155550123"),
        ('="+994501234567"', "+1", "+994501234567"),
        ("=+994501234567", "+1", "+994501234567"),
        ('"4155550123"', "+1", "+14155550123"),
        ("4155550123.0", "+1", "+14155550123"),
        ("+14155550123.00", "+44", "+14155550123"),
        ("4155550123;", "+1", "+14155550123"),
        ("tel:+1-415-555-0123", "+44", "+14155550123"),
        ("TEL:4155550123", "+1", "+14155550123"),
        ("tel:555-0123;phone-context=+1415", "+44", "+14155550123"),
        ("tel:415-555-0123;phone-context=+1", "+44", "+14155550123"),
        ("tel:%2B14155550123", "+44", "+14155550123"),
        ("Tel.: 415 555 0123", "+1", "+14155550123"),
        ("callto:+14155550123", "+44", "+14155550123"),
        ("callto://+14155550123", "+44", "+14155550123"),
        ("p:+14155550123", "+44", "+14155550123"),
        ("\N{FULLWIDTH LEFT PARENTHESIS}415\N{FULLWIDTH RIGHT PARENTHESIS}555\N{FULLWIDTH HYPHEN-MINUS}0123", "+1",
         "+14155550123"),
        # A slash, and a line of digits, that is one number.
        ("030/123456", "+49", "+4930123456"),
        ("0151/12345678", "+49", "+4915112345678"),
        ("04/93/00/01/23", "+33", "+33493000123"),
    ],
)  # fmt: skip
def test_it_is_read_as_it_was_meant(raw: str, code: str, e164: str) -> None:
    assert normalize(raw, code) == PhoneNumber(e164)


def test_a_fixed_line_behind_the_default_code_is_taken_with_a_word() -> None:
    assert normalize("468126503", "+46") == PhoneNumber("+468126503", (COUNTRY_CODE_FOUND,))
    assert normalize("08-12 65 03", "+46") == PhoneNumber("+468126503")


def test_every_german_mobile_without_plus_is_that_mobile() -> None:
    numbers = random.Random(4915)
    for _ in range(130):
        start, length = numbers.choice([("151", 8), ("160", 7), ("170", 7), ("171", 7), ("175", 7), ("159", 8)])
        mobile = f"49{start}{numbers.randrange(10**length):0{length}}"
        assert normalize(mobile, "+49") == PhoneNumber(f"+{mobile}")


@pytest.mark.parametrize(
    ("raw", "code", "readings"),
    [
        ("447700900123", "+49", ("+447700900123", "+49447700900123")),
        ("447400123456", "+49", ("+447400123456", "+49447400123456")),
        ("4915112345678", "+43", ("+4915112345678", "+434915112345678")),
        ("39 0612 3456", "+39", ("+3906123456", "+393906123456")),
        ("+39 (0)312 345 6789", "+1", ("+3903123456789", "+393123456789")),
        ("4525123456", "+1", ("+4525123456", "+14525123456")),  # nobody's in America, somebody's in Denmark
    ],
)
def test_two_readings_and_nothing_to_decide_is_refused_naming_both(
    raw: str, code: str, readings: tuple[str, str]
) -> None:
    with pytest.raises(AmbiguousPhoneNumber) as refusal:
        normalize(raw, code)
    assert refusal.value.reason == "ambiguous"
    assert refusal.value.readings == readings
    assert all(number in refusal.value.explanation() for number in readings)
    assert not any(character.isdigit() for character in str(refusal.value))


def test_one_zero_too_many_is_refused() -> None:
    with pytest.raises(AmbiguousPhoneNumber) as refusal:
        normalize("004 93 00 01 23", "+33")
    assert refusal.value.reason == "zero_too_many"
    assert refusal.value.readings == ("+33493000123", "+493000123")
    assert normalize("04 93 00 01 23", "+33") == PhoneNumber("+33493000123")
    assert normalize("0049 30 901820", "+33") == PhoneNumber("+4930901820")


def test_where_numbers_are_written_without_a_trunk_prefix_a_doubt_is_a_warning() -> None:
    """Ten digits are how America writes: refusing 658 200 4567 because Singapore exists would refuse 1 in 16."""
    assert normalize("6582004567") == PhoneNumber("+16582004567", (COUNTRY_CODE_ASSUMED,))
    assert normalize("(658) 200-4567") == PhoneNumber("+16582004567")
    assert normalize("84912345678", "+7") == PhoneNumber("+74912345678", (COUNTRY_CODE_ASSUMED,))


def test_a_prefix_of_two_meanings_is_warned_of_with_a_region_and_refused_without() -> None:
    assert normalize("0016563214567", "+852") == PhoneNumber("+6563214567", (PREFIX_ASSUMED,))
    assert normalize("0016563214567", "+49") == PhoneNumber("+16563214567", (PREFIX_ASSUMED,))
    with pytest.raises(AmbiguousPhoneNumber) as refusal:
        normalize_international("0016563214567")
    assert refusal.value.readings == ("+16563214567", "+6563214567")
    assert normalize_international("00 1 656-321-4567") == PhoneNumber("+16563214567")
    assert normalize_international("0014155550123") == PhoneNumber("+14155550123")


@pytest.mark.parametrize(
    ("raw", "e164"), [("+52 1 55 1234 5678", "+525512345678"), ("0044 20 7946 0018", "+442079460018")]
)
def test_a_do_not_call_file_is_read_alike(raw: str, e164: str) -> None:
    assert normalize_international(raw) == PhoneNumber(e164)


@pytest.mark.parametrize("raw", ["0011 65 6321 4567", "001 65 6321 4567", "011 44 20 7946 0018", "4155550123", "00"])
def test_a_do_not_call_file_must_name_the_country(raw: str) -> None:
    with pytest.raises(InvalidPhoneNumber):
        normalize_international(raw)


@pytest.mark.parametrize(
    "text",
    ["", " ", "'", "-", "--", "\N{EM DASH}", "N/A", "n/a", "NA", "n.a.", "nil", "null", "NULL", "(null)", "None", "NaN",
     "#N/A", "#VALUE!", "#REF!", "#NAME?", "#DIV/0!", '=""', "unknown", "undefined", "0", "."],
)  # fmt: skip
def test_a_cell_that_says_nothing_is_empty(text: str) -> None:
    assert is_empty_cell(text)
    with pytest.raises(InvalidPhoneNumber) as refusal:
        normalize(text)
    assert refusal.value.reason == "empty"


@pytest.mark.parametrize("text", ["4155550123", "no", "call me", "+", "12", "x" * 300, "0049"])
def test_any_other_cell_is_not(text: str) -> None:
    assert not is_empty_cell(text)


@pytest.mark.parametrize("text", ["030 1234567/8", "4155550123 | 4155550124", "4155550123 und 4155550124",
    "+49 30 123456, +49 30 123457", "4155550123 - 4155550124", "(415) 555-0123 (415) 555-0124"])  # fmt: skip
def test_two_numbers_in_a_cell_are_told(text: str) -> None:
    with pytest.raises(InvalidPhoneNumber) as refusal:
        normalize(text, "+1")
    assert refusal.value.reason == "two_numbers"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("tel:+14155550123;ext=12", "extension"), ("tel:0123;phone-context=example.com", "phone_context"),
     ("0612345678", "trunk_zero"), ("4.1556E+9", "spreadsheet_number"), ("tel:", "letters")],
)  # fmt: skip
def test_what_stays_refused_says_why(text: str, reason: str) -> None:
    with pytest.raises(InvalidPhoneNumber) as refusal:
        normalize(text, "+48")
    assert refusal.value.reason == reason


def test_an_unassigned_number_is_still_taken_and_one_without_a_country_is_e164() -> None:
    for raw in ("+15551234567", "+15559876543", "+15555551234"):
        assert normalize_for(raw, None) == normalize_e164(raw) == PhoneNumber(raw, (UNASSIGNED,))
    for area in ("212", "213", "415", "702"):
        for last in range(100):
            assert normalize(f"{area}55501{last:02}") == PhoneNumber(f"+1{area}55501{last:02}")
