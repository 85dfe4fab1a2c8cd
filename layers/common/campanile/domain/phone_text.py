"""The text of a cell, as people and spreadsheets write it, turned into a number in ASCII digits and punctuation.

What the text means is decided elsewhere (phone.py); here wrappings are taken off (`="..."`, `'`, `tel:`, `.0`), other
scripts' digits and dashes become ASCII, and what a parser would guess its way through is refused.
"""

import re
import unicodedata
from typing import Final

from campanile.domain.phone_errors import InvalidPhoneNumber

LONGEST_TEXT = 250  # characters; what the library reads, too
LONGEST_NUMBER = 15  # digits, country code included (ITU-T E.164, 6.2.1)

_PLAIN = re.compile(r"\(?\+?[0-9 .()/-]+")
_ORDINARY = re.compile(r"\+?[0-9]{7,15}")
_SPREADSHEET = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eE][+-]?[0-9]+")
_DECIMAL = re.compile(r"(\+?[0-9]{7,15})[.,]0{1,2}")
_FORMULA = re.compile(r"=\s*(?:\"([^\"]*)\"|'([^']*)'|(\+?[0-9 ().-]+))\s*")
_EXTENSION = re.compile(r"[0-9) ][,;]?\s*(?:x|ext|extn|extension|#)[\s.:=#]*[0-9]{1,9}\s*#?$", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:tel|phone|ph|p|t|m|mob|mobile|cell|callto|sms|whatsapp)(?:\.\s*:?|\s*:)\s*(?://)?(?=[+0-9(%])", re.IGNORECASE
)
_URI = re.compile(r"(?:tel|callto|sms):", re.IGNORECASE)
_SEPARATORS = re.compile(r"[;|&\n\r,]|\b(?:or|and|oder|und|ou|et|o|y|e)\b", re.IGNORECASE)
_TWO_WITH_SPACE = re.compile(r"[/ ]|(?<=[0-9)]) ?[-+(]")
_SHORTHAND = re.compile(r"[^/]*/ ?[0-9]{1,2}")  # 030 1234567/8 is two numbers, whose last digits are 7 and 8
_LONGEST_PREFIX = 4  # digits of an international prefix such as 0011
_SUBSCRIBER = 7  # digits that make a part of a cell a number by itself: what stands before a slash is shorter
_LOOKALIKES = str.maketrans({
    "\N{MINUS SIGN}": "-",
    "\N{KATAKANA-HIRAGANA PROLONGED SOUND MARK}": "-",
    "\N{MIDDLE DOT}": ".",
    "\N{TILDE}": " ",  # 8~10, the pause for a second dial tone
    "\t": " ",
    "\v": "\n",
    "\f": "\n",
    "\N{LINE SEPARATOR}": "\n",
    "\N{PARAGRAPH SEPARATOR}": "\n",
    "[": "(",
    "]": ")",
})  # fmt: skip
_EMPTY: Final = frozenset({
    "", "0", "n/a", "na", "n.a.", "n.a", "n/d", "nil", "null", "none", "nan", "undefined", "empty", "blank", "missing",
    "unknown", "not available", "not applicable", "no phone", "no number", "tbd", "\\n",
    "#n/a", "#na", "#value!", "#ref!", "#null!", "#name?", "#num!", "#div/0!", "#error!",
})  # fmt: skip


def is_empty_cell(text: str) -> bool:
    """Whether the cell says that there is no number: blank, dashes, or what machines write for nothing (N/A, #REF!)."""
    if len(text) > LONGEST_TEXT:
        return False
    bare = _ascii_text(text).removeprefix("'").strip()
    if formula := _FORMULA.fullmatch(bare):
        bare = (formula[1] or formula[2] or formula[3] or "").strip()
    return bare.strip("-_. ") == "" or bare.strip("<>()[]\"' ").casefold() in _EMPTY


def plain_text(raw: str) -> str:
    """Return the number in ASCII digits and punctuation; raises InvalidPhoneNumber for what cannot be one."""
    if _ORDINARY.fullmatch(raw) and raw.isascii():
        return raw
    if len(raw) > LONGEST_TEXT:
        raise InvalidPhoneNumber("too_long")
    if is_empty_cell(raw):
        raise InvalidPhoneNumber("empty")
    text = _unwrapped(_ascii_text(raw))
    if _SPREADSHEET.fullmatch(text):
        raise InvalidPhoneNumber("spreadsheet_number")
    if _EXTENSION.search(text):
        raise InvalidPhoneNumber("extension")
    if _is_two_numbers(text):
        raise InvalidPhoneNumber("two_numbers")
    if any(character.isalpha() for character in text):
        raise InvalidPhoneNumber("letters")
    if not _PLAIN.fullmatch(text):
        raise InvalidPhoneNumber("unexpected_character")
    return text.lstrip("( ")


def digit_groups(text: str) -> tuple[str, ...]:
    """The runs of digits in plain text, which show how its writer divided the number."""
    return tuple(re.findall("[0-9]+", text))


def _ascii_text(raw: str) -> str:
    if raw.isascii():
        return raw.translate(_LOOKALIKES).strip()
    return "".join(map(_ascii, raw.translate(_LOOKALIKES))).strip()


def _ascii(character: str) -> str:
    if character.isascii():
        return character
    if "\N{FULLWIDTH EXCLAMATION MARK}" <= character <= "\N{FULLWIDTH TILDE}":
        return chr(ord(character) - 0xFEE0).translate(_LOOKALIKES)
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    # Cf: invisible direction marks and joiners, which come along when a number is copied from a phone.
    return {"Cf": "", "Zs": " ", "Pd": "-"}.get(category, character)


def _unwrapped(text: str) -> str:
    """Take off a spreadsheet's marks (`'`, `="..."`, `.0`), quotes, a label or a scheme, and a separator at the end."""
    text = text.removeprefix("'").strip()
    if formula := _FORMULA.fullmatch(text):
        text = next(part for part in formula.groups() if part is not None).strip()
    elif len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].strip()
    if label := _LABEL.match(text):
        rest = text[label.end() :]
        text = _from_uri(rest) if _URI.match(text) else rest
    if decimal := _DECIMAL.fullmatch(text):
        text = decimal[1]
    return text.rstrip(",;| ")


def _from_uri(text: str) -> str:
    """A tel URI's number with its parameters applied (RFC 3966, 3 and 5.1): extension refused, context put before."""
    number, *parameters = text.replace("%2B", "+").replace("%2b", "+").replace("%20", " ").split(";")
    named = {name.strip().lower(): value.strip() for name, _, value in (one.partition("=") for one in parameters)}
    if "ext" in named or "isub" in named:
        raise InvalidPhoneNumber("extension")
    context = named.pop("phone-context", "")
    if any(_digits(name) >= _SUBSCRIBER for name in named):
        return text  # a second number behind the separator, not a parameter
    if not context or number.startswith("+"):
        return number.strip()
    if not context.startswith("+"):
        raise InvalidPhoneNumber("phone_context")  # a domain: local to somebody's own network
    return context + number.strip()


def _is_two_numbers(text: str) -> bool:
    parts = text.split("/")
    if _several(_SEPARATORS.split(text)) or (len(parts) == 2 and _several(parts)):
        return True
    if _SHORTHAND.fullmatch(text) and _digits(parts[0]) >= _SUBSCRIBER:
        return True
    if text.count("+") > 1 and _several(text.split("+")):
        return True
    if _digits(text) <= LONGEST_NUMBER + (_LONGEST_PREFIX if text.lstrip("( ").startswith("0") else 0):
        return False
    middle = [match.start() for match in _TWO_WITH_SPACE.finditer(text)]
    return any(_several([text[:place], text[place:]]) for place in middle)


def _several(parts: list[str]) -> bool:
    return sum(_digits(part) >= _SUBSCRIBER for part in parts) > 1


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)
