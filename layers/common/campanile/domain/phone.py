"""Phone numbers as people and spreadsheets write them, turned into E.164 or refused with a reason.

A number that is possible but not assigned to anyone (+15551234567) is accepted with a warning; what cannot be
written as E.164 is refused. Nothing here ever puts the number itself into an error message, because messages
reach logs.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult

UNASSIGNED: Final = "number_unassigned"
"""The warning on a number that has a right length but that no numbering plan assigns."""

TEXTS: Final[Mapping[str, str]] = {
    UNASSIGNED: "the number has a possible length but is not assigned in its country's numbering plan",
    "empty": "the phone number is empty",
    "spreadsheet_number": "a spreadsheet made a decimal of the number: format the column as text",
    "extension": "the number has an extension, which cannot be dialed: give the number alone",
    "letters": "the number contains letters: write it in digits",
    "unexpected_character": "only digits, spaces and + - . ( ) / may stand in a number; give each by itself",
    "unknown_country_code": "the number does not begin with a country code that exists",
    "missing_area_code": "the number can only be dialed locally: add the area code",
    "too_short": "the number is too short",
    "too_long": "the number is too long; one that carries a country code must begin with +",
    "impossible_length": "no number of that country has this length",
    "not_e164": "the number must be E.164: + and the country code, then digits only, such as +14155550123",
}
"""What each reason and warning says to a person."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_COUNTRY_CODE = re.compile(r"\+[1-9][0-9]{0,2}")
_PLAIN = re.compile(r"\(?\+?[0-9 .()/-]+")
LONGEST_TEXT = 250  # characters; what the library reads, too
_SPREADSHEET = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]+|[0-9]{7,}\.0{1,2}")
_EXTENSION = re.compile(r"[0-9) ][,;]?\s*(?:x|ext|extn|extension|#)[\s.:=#]*[0-9]{1,9}\s*#?$", re.IGNORECASE)
_LOOKALIKES = str.maketrans({"\N{FULLWIDTH PLUS SIGN}": "+", "\N{MINUS SIGN}": "-", "\t": " "})
_NON_GEOGRAPHIC = "001"
_NO_REGION = "ZZ"
_POSSIBLE = ValidationResult.IS_POSSIBLE
_IMPOSSIBLE: Final[Mapping[int, str]] = {
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "missing_area_code",
    ValidationResult.INVALID_COUNTRY_CODE: "unknown_country_code",
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.TOO_LONG: "too_long",
    ValidationResult.INVALID_LENGTH: "impossible_length",
}
_UNPARSABLE: Final[Mapping[int, str]] = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "unknown_country_code",
    phonenumbers.NumberParseException.NOT_A_NUMBER: "too_short",
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    phonenumbers.NumberParseException.TOO_SHORT_NSN: "too_short",
    phonenumbers.NumberParseException.TOO_LONG: "too_long",
}


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number that can be dialed: `e164`, and a `warning` code (a key of `TEXTS`) or None."""

    e164: str
    warning: str | None


class InvalidPhoneNumber(ValueError):
    """The text is not a phone number; `reason` is a key of `TEXTS`. The message never contains the number."""

    def __init__(self, reason: str) -> None:
        super().__init__(TEXTS[reason])
        self.reason: Final = reason


def normalize(raw: str, default_country_code: str = "+1") -> PhoneNumber:
    """Return the E.164 form of a number as written; one without a country code gets `default_country_code`.

    A leading `'` (a spreadsheet's text mark) is dropped, a leading `00` is read as `+`, and a trunk prefix as
    in `+44 (0)20` is left out. Raises InvalidPhoneNumber, or ValueError for a `default_country_code` that
    does not exist.
    """
    region = _region(default_country_code)
    return _checked(_with_plus(raw), region)


def normalize_international(raw: str) -> PhoneNumber:
    """Return the E.164 form of a number as written, which must bear its country code behind `+` or `00`.

    For files without a configuration: guessing a country would list, or call, somebody else. Raises InvalidPhoneNumber.
    """
    text = _with_plus(raw)
    if not text.startswith("+"):
        raise InvalidPhoneNumber("not_e164")
    return _checked(text, None)


def normalize_e164(raw: str) -> PhoneNumber:
    """Return `raw` if it is E.164 already: for ad-hoc contacts, which have no configuration to complete it.

    Raises InvalidPhoneNumber.
    """
    if not _E164.fullmatch(raw):
        raise InvalidPhoneNumber("not_e164")
    number = _checked(raw, None)
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
    _region(value)
    return value


@cache
def _region(country_code: str) -> str:
    if not _COUNTRY_CODE.fullmatch(country_code):
        raise ValueError("the country code must be + and 1 to 3 digits, such as +1 or +91")
    region = phonenumbers.region_code_for_country_code(int(country_code))
    if region in (_NO_REGION, _NON_GEOGRAPHIC):
        raise ValueError(f"{country_code} is not the calling code of a country: use one such as +1 or +91")
    return region


def _plain_text(raw: str) -> str:
    """Return the number in ASCII digits and punctuation; refuse what a parser would guess its way through."""
    if len(raw) > LONGEST_TEXT:
        raise InvalidPhoneNumber("too_long")
    text = "".join(_ascii(character) for character in raw.translate(_LOOKALIKES)).strip()
    text = text.removeprefix("'").strip()
    if not text:
        raise InvalidPhoneNumber("empty")
    if _SPREADSHEET.fullmatch(text):
        raise InvalidPhoneNumber("spreadsheet_number")
    if _EXTENSION.search(text):
        raise InvalidPhoneNumber("extension")
    if any(character.isalpha() for character in text):
        raise InvalidPhoneNumber("letters")
    if not _PLAIN.fullmatch(text):
        raise InvalidPhoneNumber("unexpected_character")
    return text.lstrip("( ")


def _with_plus(raw: str) -> str:
    text = _plain_text(raw)
    return f"+{text[2:].lstrip(' .()/-')}" if text.startswith("00") else text


def _ascii(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    # Cf: invisible direction marks and joiners, which come along when a number is copied from a phone.
    return {"Cf": "", "Zs": " ", "Pd": "-"}.get(category, character)


def _checked(text: str, region: str | None) -> PhoneNumber:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhoneNumber(_UNPARSABLE[error.error_type]) from None
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict != _POSSIBLE:
        raise InvalidPhoneNumber(_IMPOSSIBLE[verdict])
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    # Some plans call very short numbers possible; nothing that short is a subscriber's.
    if not _E164.fullmatch(e164):
        raise InvalidPhoneNumber("too_short" if len(e164) < len("+1234567") else "too_long")
    if phonenumbers.is_valid_number(number):
        return PhoneNumber(e164, None)
    # Of trunk prefixes written twice one is left: E.164 is what reads as itself.
    return PhoneNumber(e164, UNASSIGNED) if e164 == text else _checked(e164, None)
