"""What to write instead of a text that is no timezone: near names, known abbreviations, places for an offset.

It never names `Etc/GMT+5`, which is five hours *behind* UTC: the sign of those names is the opposite of what people
write (IANA's file `etcetera`). No advice quotes the text, which may be anybody's data from a shifted row.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache

USUAL = "use a name of the IANA time zone database, such as 'America/New_York'"

_LONGEST_NAME = 40
_FARTHEST = 15 * 60  # minutes from UTC; beyond, it is something else with a sign
_OFFSET = re.compile(
    r"\(?(?:utc|gmt)?\s*([+-])\s*([0-9]{1,2})(?::?([0-9]{2}))?(?::?00)?\)?(?:\s*(?:utc|gmt|hours|hrs|h))?",
    re.IGNORECASE,
)
_MINUS_SIGNS = str.maketrans(
    {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{HYPHEN}": "-", "\N{FULLWIDTH PLUS SIGN}": "+"}
)

# By UTC offset in minutes: places that have it, the first all year where there is one, then some that have it in winter
# or in summer. Every offset that a place of tzdata's `zone.tab` has in 2026 is here; a test holds them to their clocks.
PLACES: Mapping[int, Sequence[str]] = {
    -660: ("Pacific/Pago_Pago", "Pacific/Niue"),
    -600: ("Pacific/Honolulu", "America/Adak"),
    -570: ("Pacific/Marquesas",),
    -540: ("Pacific/Gambier", "America/Anchorage"),
    -480: ("America/Los_Angeles", "Pacific/Pitcairn"),
    -420: ("America/Phoenix", "America/Denver"),
    -360: ("America/Chicago", "America/Mexico_City"),
    -300: ("America/New_York", "America/Bogota"),
    -240: ("America/Puerto_Rico", "America/Halifax"),
    -210: ("America/St_Johns",),
    -180: ("America/Sao_Paulo", "America/Argentina/Buenos_Aires"),
    -150: ("America/St_Johns",),
    -120: ("America/Noronha", "America/Nuuk"),
    -60: ("Atlantic/Cape_Verde", "Atlantic/Azores"),
    0: ("Africa/Abidjan", "Europe/London"),
    60: ("Africa/Lagos", "Europe/Paris"),
    120: ("Africa/Johannesburg", "Europe/Athens"),
    180: ("Europe/Istanbul", "Africa/Nairobi"),
    210: ("Asia/Tehran",),
    240: ("Asia/Dubai",),
    270: ("Asia/Kabul",),
    300: ("Asia/Karachi", "Asia/Tashkent"),
    330: ("Asia/Kolkata", "Asia/Colombo"),
    345: ("Asia/Kathmandu",),
    360: ("Asia/Dhaka",),
    390: ("Asia/Yangon",),
    420: ("Asia/Bangkok", "Asia/Jakarta"),
    480: ("Asia/Singapore", "Asia/Shanghai"),
    525: ("Australia/Eucla",),
    540: ("Asia/Tokyo", "Asia/Seoul"),
    570: ("Australia/Darwin", "Australia/Adelaide"),
    600: ("Australia/Brisbane", "Australia/Sydney"),
    630: ("Australia/Lord_Howe", "Australia/Adelaide"),
    660: ("Pacific/Guadalcanal", "Australia/Sydney"),
    720: ("Pacific/Fiji", "Pacific/Auckland"),
    765: ("Pacific/Chatham",),
    780: ("Pacific/Tongatapu", "Pacific/Auckland"),
    825: ("Pacific/Chatham",),
    840: ("Pacific/Kiritimati",),
}

# What people call zones: abbreviations (zic's, and those of daily speech) and the names that Windows has for them
# (Unicode CLDR, windowsZones.xml, territory 001). Where one means several places, the likelier in English is first.
_KNOWN_AS: Mapping[str, str] = {
    "est|edt|et|eastern|eastern standard time|eastern time|us eastern": "America/New_York",
    "cdt|ct|central|central standard time|central time|us central": "America/Chicago",
    "cst": "America/Chicago Asia/Shanghai",
    "mst|mdt|mt|mountain|mountain standard time|mountain time": "America/Denver",
    "us mountain standard time": "America/Phoenix",
    "pst|pdt|pt|pacific|pacific standard time|pacific time": "America/Los_Angeles",
    "akst|akdt|alaska|alaskan standard time": "America/Anchorage",
    "hst|hdt|hawaii|hawaiian standard time": "Pacific/Honolulu",
    "ast|adt|atlantic|atlantic standard time": "America/Halifax",
    "nst|ndt|newfoundland standard time": "America/St_Johns",
    "us eastern standard time": "America/Indiana/Indianapolis",
    "canada central standard time": "America/Regina",
    "central standard time (mexico)": "America/Mexico_City",
    "brt|e. south america standard time": "America/Sao_Paulo",
    "art|argentina standard time": "America/Argentina/Buenos_Aires",
    "clt|clst|pacific sa standard time": "America/Santiago",
    "cot|pet|sa pacific standard time": "America/Bogota",
    "sa western standard time": "America/La_Paz",
    "venezuela standard time": "America/Caracas",
    "bst": "Europe/London Asia/Dhaka",
    "gmt standard time|british summer time|uk": "Europe/London",
    "ist": "Asia/Kolkata Europe/Dublin",
    "west|greenwich standard time": "Europe/Lisbon Africa/Abidjan",
    "cest|romance standard time": "Europe/Paris",
    "w. europe standard time|central european time|mez|mesz": "Europe/Berlin",
    "central europe standard time": "Europe/Budapest",
    "central european standard time": "Europe/Warsaw",
    "eest|gtb standard time": "Europe/Athens",
    "fle standard time": "Europe/Kyiv",
    "e. europe standard time": "Europe/Chisinau",
    "msk|msd|russian standard time": "Europe/Moscow",
    "trt|turkey standard time": "Europe/Istanbul",
    "sast|cat|south africa standard time": "Africa/Johannesburg",
    "wat|w. central africa standard time": "Africa/Lagos",
    "eat|e. africa standard time": "Africa/Nairobi",
    "egypt standard time": "Africa/Cairo",
    "morocco standard time": "Africa/Casablanca",
    "israel standard time|idt": "Asia/Jerusalem",
    "arab standard time": "Asia/Riyadh",
    "arabian standard time|gst": "Asia/Dubai",
    "iran standard time|irst": "Asia/Tehran",
    "pkt|pakistan standard time": "Asia/Karachi",
    "india standard time|india|bombay|asia/bombay|asia/delhi": "Asia/Kolkata",
    "sri lanka standard time": "Asia/Colombo",
    "npt|nepal standard time": "Asia/Kathmandu",
    "bangladesh standard time": "Asia/Dhaka",
    "myanmar standard time|mmt": "Asia/Yangon",
    "ict|se asia standard time": "Asia/Bangkok",
    "wib": "Asia/Jakarta",
    "china standard time": "Asia/Shanghai",
    "hkt": "Asia/Hong_Kong",
    "sgt|singapore standard time|myt": "Asia/Singapore Asia/Kuala_Lumpur",
    "taipei standard time": "Asia/Taipei",
    "pht": "Asia/Manila",
    "jst|tokyo standard time": "Asia/Tokyo",
    "kst|korea standard time": "Asia/Seoul",
    "awst|w. australia standard time": "Australia/Perth",
    "acst|acdt|cen. australia standard time": "Australia/Adelaide",
    "aus central standard time": "Australia/Darwin",
    "aest|aedt|aet|aus eastern standard time": "Australia/Sydney",
    "e. australia standard time": "Australia/Brisbane",
    "nzst|nzdt|nzt|new zealand standard time": "Pacific/Auckland",
}


def for_name_without_summer(meant: Sequence[str]) -> str:
    """For `EST`, `MST` and `HST`: the place meant, and the one that truly has no summer time."""
    without = f", or {meant[1]!r} for a place that has no summer time" if meant[1:] else ""
    return f"write {meant[0]!r}{without}"


def for_text(text: str, names: Callable[[], list[str]]) -> str:
    """What to write instead of it, of the `names` there are."""
    if len(text) > _LONGEST_NAME:
        return USUAL
    text = " ".join(text.translate(_MINUS_SIGNS).split()).lower()
    if offset := re.match(r"\(utc[^)]*\)", text) or _OFFSET.fullmatch(text):
        return _for_offset(offset[0])
    near = _known_as().get(text) or _near(text, _spellings(tuple(names())))
    return f"did you mean {' or '.join(repr(each) for each in near)}?" if near else USUAL


def _for_offset(text: str) -> str:
    found = _OFFSET.fullmatch(text)
    minutes = 0 if found is None else (int(found[2]) * 60 + int(found[3] or 0)) * (-1 if found[1] == "-" else 1)
    if abs(minutes) > _FARTHEST:
        return USUAL
    shown = spelled(minutes)
    if places := PLACES.get(minutes, ())[:2]:
        return f"an offset is no place: write {' or '.join(repr(one) for one in places)} for {shown}, or another place"
    return f"no place has {shown}: name the place itself"


def turned_sign(name: str) -> str | None:
    """The warning for `Etc/GMT+5`, which is taken, as IANA has it; None for any other name."""
    found = re.fullmatch(r"Etc/GMT([+-])([1-9][0-9]?)", name)
    if found is None:
        return None
    minutes = int(found[2]) * 60 * (-1 if found[1] == "+" else 1)
    return f"{name!r} means {spelled(minutes)}: in these names of IANA the sign is turned"


def spelled(minutes: int) -> str:
    """An offset in words, such as `UTC-05:00 (5 hours behind UTC)`."""
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC+00:00 (the clock of UTC)"
    side = "behind" if minutes < 0 else "ahead of"
    amount = f"{hours} hours" if not rest else f"{hours}:{rest:02d} hours"
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d} ({amount} {side} UTC)"


@cache
def _known_as() -> dict[str, list[str]]:
    return {name: places.split() for names, places in _KNOWN_AS.items() for name in names.split("|")}


@cache
def _spellings(names: tuple[str, ...]) -> dict[str, list[str]]:
    """The names by their letters alone, whole and without the continent."""
    spellings: dict[str, list[str]] = {}
    for name in names:
        if name.startswith("Etc/") or re.search(r"GMT.", name):
            continue
        for spelling in {_letters(name), _letters(name.rpartition("/")[2])}:
            spellings.setdefault(spelling, []).append(name)
    return spellings


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _near(text: str, spellings: Mapping[str, list[str]]) -> list[str]:
    wanted = _letters(text)
    if wanted in spellings:
        return spellings[wanted][:3]
    # Of those with the same first letter only: a file may have a hundred thousand cells that are no timezone.
    candidates = [one for one in spellings if one[0] == wanted[:1]]
    is_word = len(wanted) > 3 and wanted.isalpha()  # `GMT5` is near `GMT`, and something else
    found = get_close_matches(wanted, candidates, n=2, cutoff=0.85) if is_word else []
    return list(dict.fromkeys(name for one in found for name in spellings[one]))[:2]
