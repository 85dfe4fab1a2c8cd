"""One way to read a run of digits: as an international number, or as a national number behind a given code."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult

from campanile.domain import phone_plans as plans
from campanile.domain.phone_errors import AmbiguousPhoneNumber, InvalidPhoneNumber

SHORTEST_E164: Final = 8  # characters; some plans call shorter numbers possible, but none is a subscriber's
LONGEST_E164: Final = 16
_POSSIBLE = ValidationResult.IS_POSSIBLE
_IMPOSSIBLE: Final = {
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "missing_area_code",
    ValidationResult.INVALID_COUNTRY_CODE: "unknown_country_code",
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.TOO_LONG: "too_long",
    ValidationResult.INVALID_LENGTH: "impossible_length",
}
_UNPARSABLE: Final = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "unknown_country_code",
    phonenumbers.NumberParseException.NOT_A_NUMBER: "too_short",
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    phonenumbers.NumberParseException.TOO_SHORT_NSN: "too_short",
    phonenumbers.NumberParseException.TOO_LONG: "too_long",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that digits can be read as; `is_valid`: its plan assigns it. `prefix`: the digits that are not its own.

    Of a national reading `is_doubtful` says that its country would have written a trunk prefix, which is missing.
    """

    e164: str
    number: phonenumbers.PhoneNumber
    is_valid: bool
    prefix: int = 0
    is_national: bool = False
    is_doubtful: bool = False

    def is_grouped_as(self, groups: tuple[str, ...]) -> bool:
        """Whether the digits stand in groups as the library writes this very number."""
        international, national = plans.groups_of(self.number)
        if self.is_national:
            return groups in (national, international[1:])
        return _without(groups, self.prefix) == international


def international(digits: str, prefix: int = 0, bracketed_zero: bool = False) -> Reading:
    """Read digits that begin with a country code; raises InvalidPhoneNumber. `prefix` is only noted."""
    code = plans.code_at_start(digits)
    if not digits:
        raise InvalidPhoneNumber("too_short")
    if code is None:
        raise InvalidPhoneNumber("unknown_country_code")
    return _read(code, digits[len(code) :], prefix, bracketed_zero)


def national(digits: str, code: str, region: str) -> Reading:
    """Read digits as a number of the country behind `code`, whose trunk prefix they may bear; raises if impossible."""
    if code == "52":
        digits = _without_mexican_prefix(digits)
    found = _read(code, digits, 0, None)
    if not found.is_valid and found.e164.startswith(f"+{code}0") and not plans.zero_belongs(code):
        raise InvalidPhoneNumber("trunk_zero")
    as_typed = found.e164 == f"+{code}{digits}"
    doubtful = as_typed and plans.is_written_with_trunk(found.number, region)
    return Reading(found.e164, found.number, found.is_valid, is_national=True, is_doubtful=doubtful)


def attempt(read: Reading | InvalidPhoneNumber | None) -> Reading | None:
    """The reading, if it is one."""
    return read if isinstance(read, Reading) else None


def tried_international(digits: str, prefix: int = 0, bracketed_zero: bool = False) -> Reading | InvalidPhoneNumber:
    """As `international`, with the refusal returned: for one of several ways to read."""
    try:
        return international(digits, prefix, bracketed_zero)
    except InvalidPhoneNumber as refusal:
        return refusal


def tried_national(digits: str, code: str, region: str) -> Reading | InvalidPhoneNumber:
    """As `national`, with the refusal returned: for one of several ways to read."""
    try:
        return national(digits, code, region)
    except InvalidPhoneNumber as refusal:
        return refusal


def decided_by_groups(groups: tuple[str, ...], readings: Iterable[Reading]) -> Reading | None:
    """The only reading whose own digit groups are the ones written, as in 415-555-0123; else None."""
    if len(groups) < 2:
        return None
    agreeing = [one for one in readings if one.is_grouped_as(groups)]
    return agreeing[0] if len(agreeing) == 1 else None


def _read(code: str, rest: str, prefix: int, bracketed_zero: bool | None) -> Reading:
    """Read `rest` behind a code. `bracketed_zero` None: the digits are national, where a 0 in front says something."""
    found = _parsed(f"+{code}{rest}")
    if isinstance(found, Reading) and found.is_valid and not bracketed_zero:
        return _noted(found, prefix)
    if bracketed_zero is not None and rest.startswith("0"):
        found = _with_or_without_zero(code, rest, found, bracketed_zero)
    if code == "52" and bracketed_zero is not None and not (isinstance(found, Reading) and found.is_valid):
        # Mexico dropped the 1 before mobiles on 3 August 2019 (IFT).
        found = _parsed(f"+52{_without_mexican_prefix(rest)}")
    if isinstance(found, InvalidPhoneNumber):
        raise found
    return _noted(found, prefix)


def _with_or_without_zero(
    code: str, rest: str, found: Reading | InvalidPhoneNumber, bracketed: bool
) -> Reading | InvalidPhoneNumber:
    """A 0 behind the code: kept where the number is valid with it, or its country has such; else a trunk prefix."""
    without = _parsed(f"+{code}{rest.lstrip('0')}") if rest.strip("0") else InvalidPhoneNumber("too_short")
    with_zero = attempt(found)
    if with_zero is None:
        return without
    if with_zero.is_valid:
        other = attempt(without)
        if bracketed and other and other.is_valid and other.e164 != with_zero.e164:
            raise AmbiguousPhoneNumber(with_zero.e164, other.e164)
        return with_zero
    keeps = plans.zero_belongs(code) and not (isinstance(without, Reading) and without.is_valid)
    return with_zero if keeps or not with_zero.e164.startswith(f"+{code}0") else without


def _without_mexican_prefix(digits: str) -> str:
    """Without what stood before the ten digits until 2019: 1 or 01 (trunk), 044 and 045 (mobiles)."""
    for mark in ("044", "045", "01", "1"):
        if digits.startswith(mark) and len(digits) == len(mark) + 10:
            return digits[len(mark) :]
    return digits


def _noted(found: Reading, prefix: int) -> Reading:
    return Reading(found.e164, found.number, found.is_valid, prefix) if prefix else found


def _parsed(text: str) -> Reading | InvalidPhoneNumber:
    """Read `+` and digits by the library; what it changes of an unassigned number is read again until it stays."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        return InvalidPhoneNumber(_UNPARSABLE[error.error_type])
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict != _POSSIBLE:
        return InvalidPhoneNumber(_IMPOSSIBLE[verdict])
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if not SHORTEST_E164 <= len(e164) <= LONGEST_E164:
        return InvalidPhoneNumber("too_short" if len(e164) < SHORTEST_E164 else "too_long")
    if phonenumbers.is_valid_number(number):
        return Reading(e164, number, True)
    if e164 != text:  # of trunk prefixes written twice one is left: E.164 is what reads as itself
        return _parsed(e164)
    code = str(number.country_code)
    if plans.is_impossible(code, e164[1 + len(code) :]):
        return InvalidPhoneNumber("impossible_number")
    return Reading(e164, number, False)


def _without(groups: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The groups without their first `count` digits."""
    left = list(groups)
    while left and count >= len(left[0]):
        count -= len(left.pop(0))
    return (left[0][count:], *left[1:]) if left else ()
