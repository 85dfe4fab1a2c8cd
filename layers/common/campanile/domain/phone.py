"""Phone numbers as people and spreadsheets write them, turned into E.164 or refused with a reason.

A dialer that calls a valid stranger is worse than one that refuses. So a text is read, with warnings; or it is
ambiguous, when it is two valid numbers and nothing decides; or it is refused with a reason that says what to write.

**How digits without `+` are read.** An international prefix comes first: the default region's own (011, 0011, 010),
then 00. Else there are two readings: *national*, behind the default country code, and *international*, as if `+` had
been lost, as spreadsheets lose it. The international one counts only if its number is valid.

1. A leading 0 (a trunk zero, or Italy's) makes it national: no country code begins with 0.
2. Digits grouped as the library groups one of the two numbers, as in 415-555-0123, are that number.
3. International under the default code itself (49151... under +49): that is what is meant, for a country that writes
   a trunk prefix would have written it, and others have one length. A mobile is taken silently; another number,
   if the national reading is valid too, with `country_code_found`. Where national numbers are written as they are
   typed (Italy's 39x), both valid is ambiguous.
4. International under another code (44770... under +49): ambiguous where the country writes a trunk prefix, which is
   missing (Germany, Australia; by the library's format of that number), or the national number is unassigned. There
   it need not be valid: of a plan with few lengths a right length is enough. Where
   numbers are written without one (America, Spain, India's mobiles) the national reading is the ordinary one and is
   taken, with `country_code_assumed`: of random bare ten-digit US numbers that is 1 in 16.
5. Neither valid: a possible number is taken with `number_unassigned`; two possible ones are ambiguous.

**International prefixes.** 001 is 00 and North America, or the 001 of Singapore and Hong Kong; 009 is 00 and India, or
Nigeria's. With a region its own prefix wins, with `international_prefix_assumed` if the other is valid too; without
a region two valid ones are ambiguous. Of other prefixes than 001 the other meaning counts only before the code of
the country that dials so. 004 93 00 01 23 under +33 has a zero too many, valid with one and short behind two: refused.
"""

import re
from dataclasses import dataclass
from typing import Final

from campanile.domain import phone_plans as plans
from campanile.domain import phone_readings as readings
from campanile.domain.phone_errors import (
    COUNTRY_CODE_ASSUMED,
    COUNTRY_CODE_FOUND,
    PREFIX_ASSUMED,
    TEXTS,
    UNASSIGNED,
    AmbiguousPhoneNumber,
    InvalidPhoneNumber,
)
from campanile.domain.phone_readings import Reading
from campanile.domain.phone_text import LONGEST_TEXT, digit_groups, is_empty_cell, plain_text

__all__ = [
    "COUNTRY_CODE_ASSUMED",
    "COUNTRY_CODE_FOUND",
    "LONGEST_TEXT",
    "PREFIX_ASSUMED",
    "TEXTS",
    "UNASSIGNED",
    "AmbiguousPhoneNumber",
    "InvalidPhoneNumber",
    "PhoneNumber",
    "is_empty_cell",
    "normalize",
    "normalize_e164",
    "normalize_for",
    "normalize_international",
    "parse_country_code",
]

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_BRACKETED_ZERO = re.compile(r"\( ?0+ ?\)")
_LONGEST_NATIONAL: Final = 11  # digits without a trunk prefix; Germany's longest, though the library allows more
_SHORT_E164: Final = 10  # characters: nine digits behind 00 are more often a national number with a zero too many


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number that can be dialed: `e164`, and `warnings`, codes that are keys of `TEXTS`."""

    e164: str
    warnings: tuple[str, ...] = ()


def normalize(raw: str, default_country_code: str = "+1") -> PhoneNumber:
    """Return the E.164 form of a number as written; one without a country code gets `default_country_code`.

    The rules stand at the head of this module. Raises InvalidPhoneNumber (AmbiguousPhoneNumber, if two numbers may be
    meant), or ValueError for a `default_country_code` that does not exist.
    """
    region = plans.region_of_code(default_country_code)
    text = plain_text(raw)
    if text.startswith("+"):
        return _with_plus(text)
    groups = digit_groups(text)
    digits = "".join(groups)
    code = default_country_code[1:]
    return _by_prefix(text, groups, region, code) or _bare(digits, groups, region, code)


def normalize_international(raw: str) -> PhoneNumber:
    """Return the E.164 form of a number as written, which must bear its country code behind `+` or `00`.

    For files without a configuration: guessing a country would list, or call, somebody else. Raises InvalidPhoneNumber.
    """
    text = plain_text(raw)
    if text.startswith("+"):
        return _with_plus(text)
    groups = digit_groups(text)
    if not "".join(groups).startswith("00"):
        raise InvalidPhoneNumber("not_e164")
    found = _by_prefix(text, groups, None, "")
    if found is None:
        raise InvalidPhoneNumber("not_e164")
    return found


def normalize_e164(raw: str) -> PhoneNumber:
    """Return `raw` if it is E.164 already: for ad-hoc contacts, which have no configuration to complete it.

    Raises InvalidPhoneNumber.
    """
    if not _E164.fullmatch(raw):
        raise InvalidPhoneNumber("not_e164")
    number = _with_plus(raw)
    # A trunk prefix left in, as in +4402079460018, is understood but is not E.164.
    if number.e164 != raw:
        raise InvalidPhoneNumber("not_e164")
    return number


def normalize_for(raw: str, default_country_code: str | None) -> PhoneNumber:
    """E.164 by a configuration's country; as it stands where there is none (None), as for ad-hoc contacts.

    Raises InvalidPhoneNumber.
    """
    return normalize_e164(raw) if default_country_code is None else normalize(raw, default_country_code)


def parse_country_code(value: str) -> str:
    """Return `value` if it is the calling code of a country, such as `+1` or `+91`; else raise ValueError."""
    plans.region_of_code(value)
    return value


def _with_plus(text: str) -> PhoneNumber:
    """Read plain text that begins with `+`."""
    if text[1:].isdecimal():
        return _taken(readings.international(text[1:]))
    digits = "".join(digit_groups(text))
    return _taken(readings.international(digits, bracketed_zero=_BRACKETED_ZERO.search(text) is not None))


def _taken(reading: Reading, *warnings: str) -> PhoneNumber:
    return PhoneNumber(reading.e164, warnings if reading.is_valid else (*warnings, UNASSIGNED))


def _by_prefix(text: str, groups: tuple[str, ...], region: str | None, code: str) -> PhoneNumber | None:
    """Read digits that begin with an international prefix; None if they do not, or can only be national."""
    digits = "".join(groups)
    own = plans.own_prefixes(digits, region) if region else ()
    zeros = digits.startswith("00")
    if not own and not zeros:
        return None
    bracketed = _BRACKETED_ZERO.search(text) is not None
    lengths = dict.fromkeys((*own, *((2, *plans.foreign_prefixes(digits)) if zeros else ())))
    tried = {n: readings.tried_international(digits[n:], n, bracketed) for n in lengths}
    for refusal in tried.values():
        if isinstance(refusal, AmbiguousPhoneNumber):
            raise refusal
    found = [one for one in tried.values() if isinstance(one, Reading)]
    valid = [one for one in found if one.is_valid]
    # A prefix of another country alone says nothing here: it only puts a reading in doubt.
    ours = [one for one in valid or found if one.prefix in (*own, 2)]
    if not ours and zeros:
        raise _refusal(tried[2], valid)
    if not ours:
        return None
    if region and not zeros:
        return _prefix_or_national(ours[0], digits, groups, region, code)
    decided = readings.decided_by_groups(groups, valid)
    if decided and (region or decided.prefix == 2):
        return _taken(decided)
    if region and ours[0].prefix == 2:
        _refuse_zero_too_many(ours[0], digits, region, code)
    others = _others(ours[0], valid, digits, region)
    if others and region is None:
        raise AmbiguousPhoneNumber(ours[0].e164, others[0].e164)
    return _taken(ours[0], PREFIX_ASSUMED) if others else _taken(ours[0])


def _others(taken: Reading, valid: list[Reading], digits: str, region: str | None) -> list[Reading]:
    """The other numbers that the digits are, word for word, behind a prefix."""
    prefix = digits[: taken.prefix]
    if region and prefix != "00" and plans.is_certain_prefix(prefix, region):
        return []
    return [one for one in valid if one.e164 != taken.e164 and one.e164 == f"+{digits[one.prefix :]}"]


def _refusal(tried: Reading | InvalidPhoneNumber, valid: list[Reading]) -> InvalidPhoneNumber:
    """Why digits behind 00 are no number: only behind another country's prefix, or not at all."""
    if isinstance(tried, InvalidPhoneNumber):
        return tried
    return AmbiguousPhoneNumber(tried.e164, valid[0].e164)


def _prefix_or_national(
    reading: Reading, digits: str, groups: tuple[str, ...], region: str, code: str
) -> PhoneNumber | None:
    """A prefix that does not begin with 00 (011, 010, 810, 990) may begin a national number, too."""
    own = readings.attempt(readings.tried_national(digits, code, region))
    if own is None or not own.is_valid or own.e164 == reading.e164:
        return _taken(reading)
    if not reading.is_valid:
        return None
    best = readings.decided_by_groups(groups, (reading, own))
    if best is None:
        raise AmbiguousPhoneNumber(reading.e164, own.e164)
    return _taken(best)


def _refuse_zero_too_many(reading: Reading, digits: str, region: str, code: str) -> None:
    """Refuse 00 where one zero makes a valid national number and 00 makes a short one, or lengths are telling."""
    if not plans.begins_with_zero_trunk(region) or (plans.is_open(code) and len(reading.e164) > _SHORT_E164):
        return
    meant = readings.attempt(readings.tried_national(digits[1:], code, region))
    if meant and meant.is_valid and meant.e164 != reading.e164:
        raise AmbiguousPhoneNumber(meant.e164, reading.e164, "zero_too_many")


def _bare(digits: str, groups: tuple[str, ...], region: str, code: str) -> PhoneNumber:
    """Read digits without `+` and without an international prefix, by the rules at the head of this module."""
    if not digits:
        raise InvalidPhoneNumber("too_short")
    own = readings.tried_national(digits, code, region)
    ordinary = isinstance(own, Reading) and own.is_valid and not own.is_doubtful
    other = _lost_plus(digits, only_valid=ordinary)
    if isinstance(own, InvalidPhoneNumber):
        if other is None or not digits.startswith(code):
            raise own  # a foreign number is not taken: nothing says that the digits begin with its code
        return _taken(other)
    if other is None and own.is_doubtful and len(digits) > _LONGEST_NATIONAL:
        raise InvalidPhoneNumber("too_long")
    if other is None or other.e164 == own.e164:
        return _taken(own)
    best = readings.decided_by_groups(groups, (own, other))
    if best and (best.is_valid or best is own):
        return _taken(best)
    return _default_code_or_not(own, other) if digits.startswith(code) else _foreign_or_not(own, other)


def _lost_plus(digits: str, only_valid: bool) -> Reading | None:
    """The number that the digits are behind `+`, if there is one."""
    code = plans.code_at_start(digits)
    if code is None or not plans.has_length(code, len(digits) - len(code)):
        return None
    if only_valid and plans.cannot_be_valid(code, digits[len(code) :]):
        return None
    return readings.attempt(readings.tried_international(digits))


def _default_code_or_not(own: Reading, other: Reading) -> PhoneNumber:
    """The digits begin with the default code: `own` would double it, `other` has it once."""
    if not other.is_valid:
        if own.is_valid and not own.is_doubtful:
            return _taken(own)
        raise AmbiguousPhoneNumber(other.e164, own.e164)
    if not own.is_valid:
        return _taken(other)
    if not own.is_doubtful:
        raise AmbiguousPhoneNumber(other.e164, own.e164)
    return _taken(other) if plans.is_mobile(other.number) else _taken(other, COUNTRY_CODE_FOUND)


def _foreign_or_not(own: Reading, other: Reading) -> PhoneNumber:
    """The digits begin with another country's code, behind which they are a valid or a possible number."""
    if own.is_doubtful:
        if own.is_valid and not other.is_valid and not _has_telling_length(other):
            return _taken(own)
        raise AmbiguousPhoneNumber(other.e164, own.e164)
    if not other.is_valid:
        return _taken(own)
    if not own.is_valid:
        raise AmbiguousPhoneNumber(other.e164, own.e164)
    return _taken(own, COUNTRY_CODE_ASSUMED)


def _has_telling_length(unassigned: Reading) -> bool:
    """Whether the length says that it may be a number: in an open plan, almost any digits are possible."""
    code = str(unassigned.number.country_code)
    return not plans.is_open(code) and len(unassigned.e164) - 1 - len(code) in plans.mobile_lengths(code)
