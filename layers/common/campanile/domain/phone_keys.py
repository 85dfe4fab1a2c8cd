"""One key for one telephone line, however its number was written before its country changed the numbering plan.

Lock, do-not-call list, uniqueness and daily cap compare keys; what is dialed stays as it was given. A key is not
always a number to dial. Each rule turns a form that its plan no longer assigns (or, in Argentina, that says no more
than the mobile's sign) into the one that it does, by digits alone, so a key's key is itself.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

# Viet Nam: mobiles of eleven digits, the trunk 0 included, became ten on 15 September 2018 (Ministry of Information
# and Communications).
_VIET_NAM: Final[Mapping[str, str]] = {
    **{f"16{n}": f"3{n}" for n in range(2, 10)},
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "186": "56", "188": "58", "199": "59",
}  # fmt: skip
# Ivory Coast: since 31 January 2021 the operator's two digits stand before eight digits, of which a mobile's second
# and a fixed line's third had told the operator (ARTCI).
_IVORIAN_MOBILE: Final[Mapping[str, str]] = {
    **dict.fromkeys("0123", "01"),  # Moov
    **dict.fromkeys("456", "05"),  # MTN
    **dict.fromkeys("789", "07"),  # Orange
}
_IVORIAN_FIXED: Final[Mapping[str, str]] = {"8": "21", "0": "25"}  # Moov, MTN; all others are Orange's 27


_GABON: Final[Mapping[str, str]] = {"1": "1", "2": "6", "5": "6", "6": "6", "4": "7", "7": "7"}


@lru_cache(4096)
def line_key(e164: str) -> str:
    """The key of the line that an E.164 number reaches; the number itself in countries without a rule."""
    for code in (e164[1:3], e164[1:4]):
        if rule := _RULES.get(code):
            return f"+{code}{rule(e164[1 + len(code) :])}"
    return e164


def _argentina(number: str) -> str:
    """Without the 9 of a mobile called from abroad, and without the 15 of one called at home (ENACOM).

    Area code and subscriber number have ten digits together and are given to one line, mobile or fixed.
    """
    if len(number) == 11 and number.startswith("9"):
        number = number[1:]
    if len(number) == 12:
        for area in (2, 3, 4):
            if number[area : area + 2] == "15" and _AREA[area].match(number):
                return number[:area] + number[area + 2 :]
    return number


_AREA: Final = {2: re.compile("11"), 3: re.compile("[23][0-9]{2}"), 4: re.compile("[23][0-9]{3}")}


def _brazil(number: str) -> str:
    """With the ninth digit that mobiles got until 2016 (Anatel, Resolution 553/2010).

    Mobiles of eight digits began with 6, 8 or 9; those with 7 are trunked radio, which kept eight, and 2 to 5 is fixed.
    """
    return f"{number[:2]}9{number[2:]}" if re.fullmatch("[1-9]{2}[689][0-9]{7}", number) else number


def _mexico(number: str) -> str:
    """Without the 1 that stood before mobiles called from abroad until 3 August 2019 (IFT)."""
    return number[1:] if len(number) == 11 and number.startswith("1") else number


def _ivory_coast(number: str) -> str:
    if len(number) != 8 or number[0] == "1":
        return number
    return (_IVORIAN_FIXED.get(number[2], "27") if number[0] in "23" else _IVORIAN_MOBILE[number[1]]) + number


def _benin(number: str) -> str:
    """With the 01 before eight digits, since 30 November 2024 (ARCEP Benin)."""
    return f"01{number}" if len(number) == 8 else number


def _gabon(number: str) -> str:
    """With the operator's digit, since 15 November 2019: 07 became 77, 04 74, 02, 05, 06 62, 65, 66, and 01 11 (ARCEP).

    Before 2019 the 0 was dialed from abroad, too.
    """
    if old := re.fullmatch("0?([1-7])([0-9]{6})", number):
        return _GABON.get(old[1], "") + old[1] + old[2]
    return number[1:] if re.fullmatch("0[167][0-9]{7}", number) else number


def _viet_nam(number: str) -> str:
    return _VIET_NAM.get(number[:3], number[:3]) + number[3:] if len(number) == 10 else number


def _colombia(number: str) -> str:
    """Fixed lines with 60 before their area digit, since 1 September 2021 (CRC, Resolution 5826 of 2019)."""
    return f"60{number}" if re.fullmatch("[124-8][0-9]{7}", number) else number


_RULES: Final[Mapping[str, Callable[[str], str]]] = {
    "52": _mexico,
    "54": _argentina,
    "55": _brazil,
    "57": _colombia,
    "84": _viet_nam,
    "225": _ivory_coast,
    "229": _benin,
    "241": _gabon,
}
