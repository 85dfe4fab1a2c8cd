"""The zones that a number may be in: what its area code or prefix tells, as a union, never a guess.

`number_zones.txt` is made by `tools.number_zones`, which says from what. A number is evidence and no proof: a mobile
keeps its code wherever it goes. So the zones only ever narrow when somebody is called.
"""

import pkgutil
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from campanile.timezones import clock_of, january_and_july, stored_zones

_NORTH_AMERICA = "+1"
_OF_NO_PLACE = frozenset(
    {
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)


@lru_cache(maxsize=4096)
def zones_of(e164: str) -> tuple[str, ...]:
    """The zones that a number in E.164 may be in, by their names of today, sorted.

    Empty: it tells nothing of a place. So do toll-free, premium, shared cost, personal and company-wide numbers, those
    of satellites and other networks without a country (+800, +870, +881 and so on), and codes that are not assigned.
    A number whose area code or country is known, though it is not assigned itself, may be there as any other of it.
    """
    digits = e164.removeprefix("+")
    if not e164.startswith("+") or not digits.isdecimal():
        return ()
    if e164.startswith(_NORTH_AMERICA):  # toll-free and personal numbers have area codes of their own there
        return _table().get(digits[:4], ())
    place = _digits_of_place(e164)
    return next((_table()[place[:end]] for end in range(len(place), 0, -1) if place[:end] in _table()), ())


def contradicts(stored_zone: str, e164: str, year: int) -> bool:
    """Whether no zone of the number has the clock of the stored one, in January and in July of a year.

    False where the number tells nothing of a place, or the stored name is no zone.
    """
    meant = {january_and_july(clock_of(name), year) for name in stored_zones(stored_zone)}
    by_number = {january_and_july(clock_of(name), year) for name in zones_of(e164)}
    return bool(meant) and bool(by_number) and meant.isdisjoint(by_number)


def _digits_of_place(e164: str) -> str:
    """The digits that tell where it is: of a mobile only the country, though `+34 6` looks like a prefix of Madrid."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return ""
    kind = phonenumbers.number_type(number)
    if kind in _OF_NO_PLACE:
        return ""
    is_geographical = phonenumbers.is_number_type_geographical(kind, number.country_code or 0)
    if not is_geographical:
        return str(number.country_code)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


@cache
def _table() -> dict[str, tuple[str, ...]]:
    """The zones by prefix, the longest counting. In North America each prefix is an area code."""
    text = pkgutil.get_data(__name__.rpartition(".")[0], "number_zones.txt")
    if text is None:
        raise RuntimeError("the layer carries no number_zones.txt")
    found: dict[str, tuple[str, ...]] = {}
    for line in text.decode("ascii").splitlines():
        if not line.startswith("#"):
            zones, _, prefixes = line.partition(": ")
            found.update(dict.fromkeys(prefixes.split(), tuple(zones.split())))
    return found
