"""One key for one line, whichever plan its number was written under."""

import random
from collections import defaultdict

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from campanile.domain.phone import InvalidPhoneNumber, normalize_international
from campanile.domain.phone_keys import line_key


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (["+5491123456789", "+541123456789", "+54111523456789"], "+541123456789"),
        (["+5492234567890", "+542234567890", "+54223154567890"], "+542234567890"),
        (["+5492901234567", "+542901234567", "+54290115234567"], "+542901234567"),
        (["+5511987654321", "+551187654321"], "+5511987654321"),
        (["+5511998765432", "+551198765432"], "+5511998765432"),
        (["+551133445566"], "+551133445566"),  # a fixed line of São Paulo
        (["+551178123456"], "+551178123456"),  # trunked radio never got a ninth digit
        (["+525512345678", "+5215512345678"], "+525512345678"),
        (["+2250708091011", "+22508091011"], "+2250708091011"),
        (["+22507123456", "+2250707123456"], "+2250707123456"),
        (["+22545123456", "+2250545123456"], "+2250545123456"),
        (["+22501123456", "+2250101123456"], "+2250101123456"),
        (["+22520212345", "+2252720212345"], "+2252720212345"),
        (["+22521012345", "+2252521012345"], "+2252521012345"),
        (["+22990011234", "+2290190011234"], "+2290190011234"),
        (["+24107280150", "+2417280150", "+24177280150", "+241077280150"], "+24177280150"),
        (["+24106111111", "+24166111111"], "+24166111111"),
        (["+24101441234", "+24111441234"], "+24111441234"),
        (["+841681234567", "+84381234567"], "+84381234567"),
        (["+841201234567", "+84701234567"], "+84701234567"),
        (["+841991234567", "+84591234567"], "+84591234567"),
        (["+5712345678", "+576012345678"], "+576012345678"),
        (["+14155550123"], "+14155550123"),
        (["+393912345678"], "+393912345678"),
    ],
)
def test_a_line_has_one_key(spellings: list[str], key: str) -> None:
    assert {line_key(one) for one in spellings} == {key}


@given(st.from_regex(r"\+(52|54|55|57|84|225|229|241|1|49)?[0-9]{5,12}", fullmatch=True))
@settings(deadline=None, max_examples=1500, derandomize=True)
def test_the_key_of_a_key_is_itself(e164: str) -> None:
    assert line_key(line_key(e164)) == line_key(e164)


def test_a_countrys_example_has_the_key_of_its_spellings() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None:
                continue
            e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            written = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
            assert line_key(normalize_international(written).e164) == line_key(e164)


STARTS = {
    "BR": ["+55{area}9{eight}", "+55{area}{eight}"],
    "MX": ["+52{ten}"],
    "VN": ["+84{nine}"],
    "CI": ["+22501{eight}", "+22505{eight}", "+22507{eight}", "+2252{eight}{one}"],
    "BJ": ["+22901{eight}"],
    "CO": ["+573{nine}", "+5760{eight}"],
    "AR": ["+54{ten}"],
}


@pytest.mark.parametrize("region", sorted(STARTS))
def test_no_two_numbers_that_are_valid_today_have_one_key(region: str) -> None:
    """In Argentina a number with 9 and one without are one line; so only those without are drawn."""
    drawn = random.Random(region)
    by_key: dict[str, set[str]] = defaultdict(set)
    for _ in range(3000):
        digits = {name: f"{drawn.randrange(10**n):0{n}}" for name, n in zip(NAMES, (1, 8, 9, 10), strict=True)}
        text = drawn.choice(STARTS[region]).format(area=drawn.choice([11, 21, 31, 41, 51, 61, 71, 81, 91]), **digits)
        try:
            number = normalize_international(text)
        except InvalidPhoneNumber:
            continue
        if number.warnings:
            continue
        by_key[line_key(number.e164)].add(number.e164)
    assert len(by_key) > 100
    assert [numbers for numbers in by_key.values() if len(numbers) > 1] == []


NAMES = ("one", "eight", "nine", "ten")


def test_neighbours_of_a_brazilian_mobile_keep_their_own_keys() -> None:
    """Of all that ends alike, no two valid numbers meet: the ninth digit is put where only a mobile can be."""
    met: dict[str, str] = {}
    for first in "23456789":
        for text in (f"+5511{first}1234567", f"+55119{first}1234567"):
            number = phonenumbers.parse(text, None)
            if phonenumbers.is_valid_number(number):
                assert met.setdefault(line_key(text), text) == text
