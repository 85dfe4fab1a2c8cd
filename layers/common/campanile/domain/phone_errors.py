"""What may be said of a phone number: warnings on one that was read, reasons for one that was refused.

No text and no message ever contains the number, because messages reach logs. Where a refusal must name numbers, as an
ambiguous one must, they stand in `readings`, and only `explanation()`, made for the caller's answer, writes them out.
"""

from collections.abc import Mapping
from typing import Final

UNASSIGNED: Final = "number_unassigned"
"""The warning on a number that has a right length but that no numbering plan assigns."""
COUNTRY_CODE_ASSUMED: Final = "country_code_assumed"
"""The warning on digits that got the default country's code and would be a valid foreign number behind `+`."""
COUNTRY_CODE_FOUND: Final = "country_code_found"
"""The warning on digits that begin with the default country's code and would be a valid number behind it, too."""
PREFIX_ASSUMED: Final = "international_prefix_assumed"
"""The warning on an international prefix that, in another country, is another prefix and another number."""

TEXTS: Final[Mapping[str, str]] = {
    UNASSIGNED: "the number has a possible length but is not assigned in its country's numbering plan",
    COUNTRY_CODE_ASSUMED: "the number was given the default country code, but with + before it, it would be a valid"
    " number of another country: write the country code with +",
    COUNTRY_CODE_FOUND: "the number begins with the default country code and was read so, but it would be valid behind"
    " that code, too: write the country code with +",
    PREFIX_ASSUMED: "the number begins with an international prefix that has another meaning in other countries:"
    " write + instead",
    "ambiguous": "the number can be read as two different numbers: write it with + and its country code",
    "zero_too_many": "00 was read as an international prefix, but behind it the number is too short for one: write +"
    " and the country code, or a national number with one zero",
    "trunk_zero": "no number of the country begins with 0 after its country code: leave the 0 out, or write + and the"
    " country code",
    "impossible_number": "no such number can exist: its area code or its digits are impossible; one of another"
    " country must begin with + and its country code",
    "two_numbers": "two numbers in one cell: give each by itself",
    "empty": "the phone number is empty",
    "spreadsheet_number": "a spreadsheet made a decimal of the number: format the column as text",
    "extension": "the number has an extension, which cannot be dialed: give the number alone",
    "phone_context": "the number is local to a network that is not a country: write + and the country code",
    "letters": "the number contains letters: write it in digits",
    "unexpected_character": "only digits, spaces and + - . ( ) / may stand in a number; give each by itself",
    "unknown_country_code": "the number does not begin with a country code that exists",
    "missing_area_code": "the number can only be dialed locally: add the area code",
    "too_short": "the number is too short",
    "too_long": "the number is too long; one that carries a country code must begin with +",
    "impossible_length": "no number of that country has this length; one that carries a country code must begin with +",
    "not_e164": "the number must be E.164: + and the country code, then digits only, such as +14155550123",
    "number_type_refused": "numbers of this type are not called unless allowed_number_types names the type",
    "country_refused": "numbers of this country are not called: allowed_countries does not name it",
}
"""What each reason and warning says to a person."""


class InvalidPhoneNumber(ValueError):
    """The text is not a phone number; `reason` is a key of `TEXTS`. The message never contains the number."""

    def __init__(self, reason: str) -> None:
        super().__init__(TEXTS[reason])
        self.reason: Final = reason

    def explanation(self) -> str:
        """What to answer to whoever sent the number: unlike the message, it may contain numbers. Not for logs."""
        return str(self)


class AmbiguousPhoneNumber(InvalidPhoneNumber):
    """The text is two numbers, both of which may be meant: `readings`, in E.164, the likelier first."""

    def __init__(self, first: str, second: str, reason: str = "ambiguous") -> None:
        super().__init__(reason)
        self.readings: Final[tuple[str, str]] = (first, second)

    def explanation(self) -> str:
        return f"{self} ({self.readings[0]} or {self.readings[1]})"
