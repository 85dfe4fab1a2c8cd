"""What to write instead of something that is no timezone name: a place, never an `Etc/` name.

`Etc/GMT+5` is UTC-05:00, as POSIX counts west as plus, so advice that repeats a sign names the wrong side of the world.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

PLACES: Final[Mapping[int, str]] = {
    -660: "Pacific/Pago_Pago", -600: "Pacific/Honolulu", -570: "Pacific/Marquesas", -540: "America/Anchorage",
    -480: "America/Los_Angeles", -420: "America/Denver", -360: "America/Chicago", -300: "America/New_York",
    -240: "America/Halifax", -210: "America/St_Johns", -180: "America/Sao_Paulo", -120: "America/Noronha",
    -60: "Atlantic/Cape_Verde", 0: "Europe/London", 60: "Europe/Berlin", 120: "Europe/Athens", 180: "Europe/Istanbul",
    210: "Asia/Tehran", 240: "Asia/Dubai", 270: "Asia/Kabul", 300: "Asia/Karachi", 330: "Asia/Kolkata",
    345: "Asia/Kathmandu", 360: "Asia/Dhaka", 390: "Asia/Yangon", 420: "Asia/Bangkok", 480: "Asia/Shanghai",
    525: "Australia/Eucla", 540: "Asia/Tokyo", 570: "Australia/Darwin", 600: "Australia/Brisbane",
    630: "Australia/Lord_Howe", 660: "Pacific/Guadalcanal", 720: "Pacific/Auckland", 765: "Pacific/Chatham",
    780: "Pacific/Tongatapu", 840: "Pacific/Kiritimati",
}  # fmt: skip
"""Minutes east of UTC in standard time, and a place that people know."""

ABBREVIATIONS: Final[Mapping[str, str]] = {
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "pt": "America/Los_Angeles",
    "pacific": "America/Los_Angeles", "pacific standard time": "America/Los_Angeles",
    "mdt": "America/Denver", "mt": "America/Denver", "mountain": "America/Denver",
    "mountain standard time": "America/Denver",
    "cst": "America/Chicago", "cdt": "America/Chicago", "ct": "America/Chicago", "central": "America/Chicago",
    "central standard time": "America/Chicago",
    "edt": "America/New_York", "et": "America/New_York", "eastern": "America/New_York",
    "eastern standard time": "America/New_York",
    "akst": "America/Anchorage", "akdt": "America/Anchorage", "ast": "America/Halifax", "nst": "America/St_Johns",
    "bst": "Europe/London", "gmt standard time": "Europe/London", "ist": "Asia/Kolkata",
    "india standard time": "Asia/Kolkata", "cest": "Europe/Berlin", "w. europe standard time": "Europe/Berlin",
    "romance standard time": "Europe/Paris", "eest": "Europe/Athens", "jst": "Asia/Tokyo",
    "tokyo standard time": "Asia/Tokyo", "kst": "Asia/Seoul", "sgt": "Asia/Singapore", "hkt": "Asia/Hong_Kong",
    "china standard time": "Asia/Shanghai", "aest": "Australia/Sydney", "aedt": "Australia/Sydney",
    "aus eastern standard time": "Australia/Sydney", "awst": "Australia/Perth", "acst": "Australia/Adelaide",
    "nzst": "Pacific/Auckland", "nzdt": "Pacific/Auckland", "brt": "America/Sao_Paulo", "msk": "Europe/Moscow",
}  # fmt: skip
"""Abbreviations and names of Windows that people write, in lower case. Several mean more than one place."""

_OFFSET = re.compile(r"(?:etc/)?(?:gmt|utc|z)?\s*([+\-\u2212])\s*(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_USUAL = "use a name of the IANA time zone database, such as 'America/New_York'"


def advice_for(name: str, names: Sequence[str]) -> str:
    """What to write instead of `name`; `names` are those that are accepted. It does not quote `name`."""
    if offset := _OFFSET.fullmatch(name.strip()):
        return _for_offset(offset)
    spoken = " ".join(name.lower().replace("_", " ").split())
    if spoken in ABBREVIATIONS:
        return f"write a place, such as {ABBREVIATIONS[spoken]!r}"
    near = _near(name, names)
    return f"did you mean {' or '.join(repr(one) for one in near)}?" if near else _USUAL


def _for_offset(offset: re.Match[str]) -> str:
    minutes = (60 * int(offset[2]) + int(offset[3] or 0)) * (1 if offset[1] == "+" else -1)
    place = PLACES.get(minutes)
    if place is None:
        return f"an offset is not a timezone: {_USUAL}"
    hours, rest = divmod(abs(minutes), 60)
    shown = f"UTC{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
    return f"an offset is not a timezone: write a place, such as {place!r} ({shown} in standard time)"


def _near(name: str, names: Sequence[str]) -> list[str]:
    """Accepted places whose spelling is close, or that end in the same word."""
    wanted = _plain(name)
    places = [one for one in names if not one.startswith("Etc/")]
    same = [one for one in places if wanted in (_plain(one), _plain(one.rpartition("/")[2]))]
    if same:
        return same[:3]
    by_spelling = {_plain(one): one for one in places if "/" in one}
    return [by_spelling[one] for one in get_close_matches(wanted, by_spelling, n=2, cutoff=0.85)]


def _plain(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum() or character == "/")
