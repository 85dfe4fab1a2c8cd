"""Makes the table of the zones that a number may be in: `python -m tools.number_zones`, with `--check` to compare.

It is made of phonenumbers' timezone data, which guesses for exchanges that it does not list: `+1 423 555` gets Chicago,
though most of that area code keeps New York's time. So for area codes of the North American plan the table has the
union of all that is below them and below the codes that overlay them; for other countries, a prefix below which finer
ones lie has the union of them all. Where phonenumbers names another country's zone that has the same clock, as
Bucharest for Lithuania, the country's own stands in its place, so that an override for it binds.
"""

import pkgutil
import sys
from collections.abc import Iterable, Mapping
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers.tzdata import TIMEZONE_DATA

from campanile.timezones import canonical, clock_of, january_and_july
from tools.bootstrap import ROOT

TABLE = ROOT / "layers" / "common" / "campanile" / "number_zones.txt"
YEAR = 2026
"""In which clocks are compared."""
PLACED = {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}

OVERLAYS = """
205/659 256/938 480/602/623 501 870/327 209/350 213/323/738 310/424 408/669 415/628 510/341 530/837 559/357 619/858
657/714 707/369 747/818 760/442 805/820 909/840 916/279 303/720/983 970/748 203/475 860/959 202/771 305/786/645
321/407/689 561/728 754/954 813/656 850/448 904/324 404/470/678/770/943 706/762 912/565 208/986 217/447 309/861
312/773/872 618/730 630/331 708/464 815/779 847/224 317/463 812/930 270/364 318/457 301/240/227 410/443/667 617/857
781/339 508/774 978/351 248/947 313/679 507/924 601/769 662/471 314/557 573/235 816/975 402/531 702/725 201/551
609/640 732/848 862/973 212/646/332/917 718/347/929/917/465 315/680 516/363 518/838 631/934 716/624 845/329 336/743
704/980 910/472 919/984 234/330 220/740 283/513 326/937 380/614 419/567 440/436 405/572 539/918 503/971 541/458
215/267/445 272/570 412/724/878 484/610/835 582/814 717/223 803/839 843/854 864/821 423/729 615/629 210/726
214/469/972/945 281/713/832/346/621 430/903 512/737 682/817 385/801 540/826 571/703 757/948 804/686
206/253/360/425/564 304/681 608/353 715/534 920/274 204/431/584 226/519/548/382 236/250/604/672/778/257 249/705/683
289/905/365/742 306/639/474 343/613/753 354/450/579 403/780/587/825/368 416/437/647/942 418/581/367 438/514/263
506/428 782/902 819/873/468 709/879 809/829/849 787/939 876/658
"""
"""Area codes of one territory, or of territories that a later code overlays together. Source: the North American
Numbering Plan Administrator's area code maps and planning letters (nanpa.com), and the Canadian administrator's
(cnac.ca). What is assigned and missing here must have zones of its own, or making the table fails."""

WRONG: Mapping[str, str] = {"689": "America/New_York", "474": "America/Regina"}
"""The true zone of area codes for which phonenumbers has a false one: 689 overlays 407 in Orlando (NANPA), 474 overlays
306 in Saskatchewan (CNAC)."""

ADDED: Mapping[str, tuple[str, ...]] = {
    "740": ("Europe/Kaliningrad",),
    "5632": ("Pacific/Easter",),
    "566": ("America/Punta_Arenas", "America/Coyhaique"),
    "6188": ("Australia/Darwin",),
}
"""Zones that phonenumbers lacks for a region of a country, by the prefix of its numbers (from the countries' numbering
plans; `zone.tab` has the places). What it lacks for a whole country is found by comparison, see `zones_missing`."""

LEFT_OUT = {
    "Asia/Urumqi": "the whole of China keeps Beijing's time by law",
    "America/Danmarkshavn": "a station that nobody lives at",
    "Europe/Simferopol": "the codes +380 65 and +380 69 lead nowhere since 2014",
}
"""Zones of `zone.tab` that no number is taken to be in, and why."""


def table() -> dict[str, tuple[str, ...]]:
    """The zones by prefix, the longest counting; prefixes that say no more than a shorter one are left out."""
    return {**_north_american(), **_elsewhere()}


def document() -> str:
    """The table as it is committed: a line for each set of zones, with the prefixes of numbers that may be in them."""
    by_zones: dict[tuple[str, ...], list[str]] = {}
    for prefix, zones in table().items():
        by_zones.setdefault(zones, []).append(prefix)
    lines = [f"{' '.join(zones)}: {' '.join(sorted(prefixes))}" for zones, prefixes in sorted(by_zones.items())]
    made = f"# Made by `python -m tools.number_zones` of phonenumbers {phonenumbers.__version__}; do not edit."
    return "\n".join([made, *lines, ""])


def overlays() -> list[set[str]]:
    """The complexes of area codes."""
    return [set(one.split("/")) for one in OVERLAYS.split()]


def _north_american() -> dict[str, tuple[str, ...]]:
    own: dict[str, set[str]] = {}
    for prefix, zones in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 4:
            own.setdefault(prefix[1:4], set()).update(map(canonical, zones))
    own |= {code: {zone} for code, zone in WRONG.items()}
    whole = {code: set(zones) for code, zones in own.items()}
    for codes in overlays():
        for code in codes:
            whole.setdefault(code, set()).update(*(own.get(one, ()) for one in codes))
    return {f"1{code}": tuple(sorted(zones)) for code, zones in whole.items() if zones}


def _elsewhere() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for country_code in sorted(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE)):
        if country_code != "1":
            found |= _country(country_code)
    return found


def _country(country_code: str) -> dict[str, tuple[str, ...]]:
    own = {prefix: set(zones) for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith(country_code)}
    if not own:
        return {}
    own[country_code] |= zones_missing(country_code)
    for prefix, zones in ADDED.items():
        if prefix.startswith(country_code):
            own[prefix] = {*_longest(own, prefix), *zones}
    found: dict[str, tuple[str, ...]] = {}
    for prefix in sorted(own):
        below = set().union(*(zones for other, zones in own.items() if other.startswith(prefix)))
        zones_there = tuple(sorted({one for zone in below for one in own_names(country_code, zone)}))
        if zones_there != tuple(_longest(found, prefix)):
            found[prefix] = zones_there
    return found


def _longest(by_prefix: Mapping[str, Iterable[str]], digits: str) -> Iterable[str]:
    return next((by_prefix[digits[:end]] for end in range(len(digits), 0, -1) if digits[:end] in by_prefix), ())


def zones_of_country(country_code: str) -> set[str]:
    """What `zone.tab` has for the regions of a country code."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(country_code)]
    return {zone for region in regions for zone in _zone_tab().get(region, ())}


def own_names(country_code: str, zone: str) -> set[str]:
    """The country's own zones for one that is another country's, if any have its clock; else the zone itself."""
    own = zones_of_country(country_code) - LEFT_OUT.keys()
    if canonical(zone) in own:
        return {canonical(zone)}
    return {one for one in own if _clock(one) == _clock(zone)} or {canonical(zone)}


def zones_missing(country_code: str) -> set[str]:
    """Those of them whose clock no zone has that phonenumbers knows there, other than those left out."""
    known = {zone for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith(country_code) for zone in zones}
    clocks = {_clock(zone) for zone in known}
    return {zone for zone in zones_of_country(country_code) - LEFT_OUT.keys() if _clock(zone) not in clocks}


def _clock(zone: str) -> tuple[int, int]:
    return january_and_july(clock_of(zone), YEAR)


@cache
def _zone_tab() -> dict[str, list[str]]:
    text = pkgutil.get_data("tzdata", "zoneinfo/zone.tab") or b""
    found: dict[str, list[str]] = {}
    for line in text.decode().splitlines():
        if not line.startswith("#"):
            region, _, zone = line.split("\t")[:3]
            found.setdefault(region, []).append(zone)
    return found


def assigned_without_zones() -> list[str]:
    """Area codes that are assigned to a place by phonenumbers' metadata, of whose zones nothing is known."""
    known = _north_american()
    tried = (f"+1{code}{line}" for code in range(200, 1000) for line in ("2345678", "4567890"))
    numbers = [phonenumbers.parse(one) for one in tried]
    placed = {str(one.national_number)[:3] for one in numbers if phonenumbers.number_type(one) in PLACED}
    return sorted(code for code in placed if f"1{code}" not in known)


def main(arguments: list[str]) -> int:
    """Exit code 0, 1 when the table is stale or an area code is unknown, 2 for a wrong command."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    if unknown := assigned_without_zones():
        print(f"Area codes of which nothing is known: {', '.join(unknown)}. Add them to OVERLAYS in {__name__}.")
        return 1
    is_stale = not TABLE.is_file() or TABLE.read_text("utf-8") != document()
    if arguments and is_stale:
        print(f"Not what the data say: {TABLE.name}. Run `python -m tools.number_zones` and commit what it writes.")
        return 1
    if is_stale:
        TABLE.write_text(document(), encoding="utf-8")
    print(f"[number zones] {'wrote ' + TABLE.name if is_stale else 'current'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
