"""Every country's example numbers in every usual spelling: read as that number, refused or warned of, never swapped."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from campanile.domain.phone import (
    AmbiguousPhoneNumber,
    InvalidPhoneNumber,
    PhoneNumber,
    normalize,
    normalize_e164,
    normalize_international,
)
from campanile.domain.phone_keys import line_key

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
FOREIGN = ("+1", "+49", "+61", "+62", "+39", "+44")
FULL_WIDTH = {ord(ascii_digit): ord(ascii_digit) + 0xFEE0 for ascii_digit in "+0123456789"}


class Case(NamedTuple):
    form: str
    text: str
    e164: str
    code: str
    is_national: bool


def examples(region: str) -> Iterator[phonenumbers.PhoneNumber]:
    for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE):
        if number := phonenumbers.example_number_for_type(region, kind):
            yield number


def own_prefixes(region: str) -> list[str]:
    """Up to three international prefixes of the region that are digits: the preferred, and the shortest of its own."""
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    return _prefixes(metadata.international_prefix or "00", metadata.preferred_international_prefix or "")


@cache
def _prefixes(pattern: str, preferred: str) -> list[str]:
    own = re.compile(pattern)
    short = [f"{n:0{length}}" for length in (1, 2, 3) for n in range(10**length)]
    found = [one for one in (re.sub("[^0-9]", "", preferred), *short, "0011") if one and own.fullmatch(one)]
    return list(dict.fromkeys(found))[:4]


@cache
def cases() -> tuple[Case, ...]:
    return tuple(one for region in REGIONS for number in examples(region) for one in spellings(region, number))


def spellings(region: str, number: phonenumbers.PhoneNumber) -> Iterator[Case]:
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    code, rest = f"+{number.country_code}", phonenumbers.national_significant_number(number)
    metadata = PhoneMetadata.metadata_for_region(region)
    trunk = metadata.national_prefix if metadata else None
    dashed = re.sub("[^+0-9]+", "-", international)
    spaced = dashed.replace("-", " ")
    abroad = {
        "E.164": e164,
        "without +": e164[1:],
        "spaced without +": spaced[1:],
        "00": f"00{e164[1:]}",
        "00 spaced": f"00 {spaced[1:]}",
        "(0)": f"{code} (0) {rest}",
        "(0) tight": f"{code}(0){rest}",
        "international": international,
        "dashed": dashed,
        "full width": e164.translate(FULL_WIDTH),
        "tel:": f"tel:{dashed}",
        **{f"own {prefix}": f"{prefix}{e164[1:]}" for prefix in own_prefixes(region)},
        **{f"own {prefix} spaced": f"{prefix} {spaced[1:]}" for prefix in own_prefixes(region)},
    }
    at_home = {
        "national": phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
        "without trunk": rest,
        **({"with trunk": f"{trunk}{rest}"} if trunk else {}),
        **({} if is_number(f"{code}0{rest}") else {"with 0": f"0{rest}"}),
    }
    for is_national, forms in ((False, abroad), (True, at_home)):
        for form, text in forms.items():
            yield Case(form, text, e164, code, is_national)


def is_number(e164: str) -> bool:
    """Whether, as in Italy, a 0 before the digits makes another number and not another spelling."""
    number = phonenumbers.parse(e164, None)
    return phonenumbers.is_valid_number(number) and phonenumbers.format_number(number, PhoneNumberFormat.E164) == e164


def defaults(one: Case) -> Iterable[str]:
    """The default codes to try: only its own for what is written for one's own country.

    A national number says nothing of its country; and an international prefix such as 0, 02 or 052 is a trunk zero
    and an area code to everybody else.
    """
    is_trunk_elsewhere = re.match("own 0(?!0|10|11)", one.form)
    return (one.code,) if one.is_national or is_trunk_elsewhere else dict.fromkeys((one.code, *FOREIGN))


def outcome(read: Callable[[], PhoneNumber], e164: str) -> str:
    try:
        number = read()
    except AmbiguousPhoneNumber as refusal:
        return "ambiguous" if len(set(refusal.readings)) == 2 else "AMBIGUOUS WITHOUT TWO READINGS"
    except InvalidPhoneNumber:
        return "refused"
    if number.e164 == e164:
        return "read, warned" if number.warnings else "read"
    # A key is one per line: Argentina's 9, and the like, are spellings and not another number.
    same = line_key(number.e164) == line_key(e164)
    return "read as the same line" if same else "another, warned" if number.warnings else "ANOTHER, SILENT"


def told(name: str, found: Counter[str], silent: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    forms = len({re.sub("own [0-9]+", "own", one.form) for one in cases()})
    with capsys.disabled():
        print(f"\n{name}: {len(REGIONS)} regions, {forms} forms, {found.total()} cases: {dict(sorted(found.items()))}")
    assert silent == []


def test_no_spelling_of_any_country_becomes_another_number_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    """A national spelling is tried under its own code: nothing in it tells the country that it is of."""
    found: Counter[str] = Counter()
    silent: list[str] = []
    for one in cases():
        for default in defaults(one):
            ended = outcome(lambda text=one.text, default=default: normalize(text, default), one.e164)  # type: ignore[misc]
            found[ended] += 1
            if ended.isupper():
                silent.append(f"{one.form} {one.text} under {default}: not {one.e164}")
    told("under a default country code", found, silent, capsys)


def test_no_spelling_becomes_another_number_on_a_do_not_call_list(capsys: pytest.CaptureFixture[str]) -> None:
    found: Counter[str] = Counter()
    silent: list[str] = []
    for one in cases():
        ended = outcome(lambda text=one.text: normalize_international(text), one.e164)  # type: ignore[misc]
        found[ended] += 1
        if ended.isupper():
            silent.append(f"{one.form} {one.text}: not {one.e164}")
    told("without a country", found, silent, capsys)


def test_no_spelling_becomes_another_number_in_a_path(capsys: pytest.CaptureFixture[str]) -> None:
    found: Counter[str] = Counter()
    silent: list[str] = []
    for one in cases():
        ended = outcome(lambda text=one.text: normalize_e164(text), one.e164)  # type: ignore[misc]
        found[ended] += 1
        if ended.isupper() or (one.form == "E.164" and not ended.startswith("read")):
            silent.append(f"{one.form} {one.text}: not {one.e164}")
    told("in a path", found, silent, capsys)


@pytest.mark.parametrize("form", ["E.164", "00 spaced", "international", "dashed", "full width", "tel:"])
def test_a_spelling_that_names_its_country_is_read(form: str) -> None:
    wrong = [one for one in cases() if one.form == form and not _is_read_everywhere(one)]
    assert wrong == []


def _is_read_everywhere(one: Case) -> bool:
    # 001 before a number is 00 and a 1 for most: where the digits are grouped, that is seen.
    return all(
        outcome(lambda default=default: normalize(one.text, default), one.e164).startswith("read")  # type: ignore[misc]
        for default in (one.code, "+1", "+49")
    )


@pytest.mark.parametrize("form", ["without +", "national", "with trunk"])
def test_at_home_a_number_is_read_as_its_people_write_it(form: str) -> None:
    """Of a few the digits are two numbers; those are refused or warned of, and counted."""
    ended = Counter(
        outcome(lambda one=one: normalize(one.text, one.code), one.e164)  # type: ignore[misc]
        for one in cases()
        if one.form == form
    )
    assert ended["read"] + ended["read, warned"] + ended["read as the same line"] > 0.9 * ended.total(), ended
