"""What kind of line a number reaches, in which country, and what a configuration allows of both."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final, Literal, get_args

import phonenumbers
from phonenumbers import PhoneNumberType

NumberType = Literal[
    "fixed_line",
    "mobile",
    "fixed_line_or_mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "satellite",
    "unknown",
]
NUMBER_TYPES: Final[tuple[NumberType, ...]] = get_args(NumberType)
COSTLY: Final[frozenset[NumberType]] = frozenset(("premium_rate", "shared_cost", "satellite"))
"""What is only called if the configuration names it."""
TYPE_REFUSED: Final = "number_type_refused"
COUNTRY_REFUSED: Final = "country_refused"
NO_COUNTRY: Final = "001"
"""The region of numbers that no country has: satellites, international toll-free (UN M.49: the world)."""

_TYPES: Final[Mapping[int, NumberType]] = {
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal_number",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "uan",
    PhoneNumberType.VOICEMAIL: "voicemail",
    PhoneNumberType.UNKNOWN: "unknown",
}
# ITU-T E.164, list of assigned codes: 870 Inmarsat, 881 global satellite systems, 882 international networks, among
# them Thuraya (882 16) and other satellites; 979 international premium rate, 808 international shared cost.
# 883 is voice over IP, and the library says so. +1 900 and British 09 are premium even where nobody has the number.
_BY_PREFIX: Final[Mapping[str, NumberType]] = {
    "+870": "satellite",
    "+881": "satellite",
    "+882": "satellite",
    "+979": "premium_rate",
    "+808": "shared_cost",
    "+1900": "premium_rate",
    "+449": "premium_rate",
}
_LENGTHS: Final = sorted({len(prefix) for prefix in _BY_PREFIX})


@lru_cache(4096)
def number_type(e164: str) -> NumberType:
    """The type of an E.164 number, or of the beginning of one, by its numbering plan."""
    for length in _LENGTHS:
        if found := _BY_PREFIX.get(e164[:length]):
            return found
    try:
        return _TYPES[phonenumbers.number_type(phonenumbers.parse(e164, None))]
    except phonenumbers.NumberParseException:
        return "unknown"


def refusal_of_type(e164: str, allowed_number_types: Collection[str]) -> str | None:
    """`TYPE_REFUSED` for a premium-rate, shared-cost or satellite number whose type is not named; else None."""
    found = number_type(e164)
    return TYPE_REFUSED if found in COSTLY and found not in allowed_number_types else None


@lru_cache(4096)
def country_of(e164: str) -> str:
    """The ISO 3166 code of the number's country, `001` if it has none.

    Of a code that countries share, the one whose plan has the number; for an unassigned one, the code's main country.
    """
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return NO_COUNTRY
    found = phonenumbers.region_code_for_number(number)
    return found or phonenumbers.region_code_for_country_code(number.country_code or 0)


def refusal_of_country(e164: str, allowed_countries: Collection[str] | None) -> str | None:
    """`COUNTRY_REFUSED` for a number of a country that is not among the allowed ones; None allows any."""
    if allowed_countries is None or country_of(e164) in allowed_countries:
        return None
    return COUNTRY_REFUSED
