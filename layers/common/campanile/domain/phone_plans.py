"""What numbering plans say, from the phone number library's tables: all of it looked up once and only when needed."""

import re
from functools import cache, lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

_COUNTRY_CODE = re.compile(r"\+[1-9][0-9]{0,2}")
_NON_GEOGRAPHIC = "001"
_NO_REGION = "ZZ"
_PLACEHOLDER = re.compile(r"\$[0-9FN][GP]?")
_LONGEST_PREFIX = 9
OPEN_PLAN: Final = 4
"""A plan that knows so many lengths of number says little by a length: Germany, Austria, Indonesia, Sweden."""

_REWRITTEN: Final = frozenset(("52", "54"))  # Mexico's 1 and Argentina's 15 are taken out before a number is judged
_NANP_AREA = re.compile(r"[2-9](?!11)[0-8][0-9]")


@cache
def region_of_code(country_code: str) -> str:
    """The main region of a calling code such as `+1`; raises ValueError for one that is no country's."""
    if not _COUNTRY_CODE.fullmatch(country_code):
        raise ValueError("the country code must be + and 1 to 3 digits, such as +1 or +91")
    region = phonenumbers.region_code_for_country_code(int(country_code))
    if region in (_NO_REGION, _NON_GEOGRAPHIC):
        raise ValueError(f"{country_code} is not the calling code of a country: use one such as +1 or +91")
    return region


def code_at_start(digits: str) -> str | None:
    """The calling code that digits begin with: codes are prefix-free, so there is one at most."""
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    if digits.startswith("0"):
        return None
    return next((digits[:n] for n in (1, 2, 3) if digits[:n] and int(digits[:n]) in known), None)


@cache
def _metadata(code: str) -> tuple[PhoneMetadata, ...]:
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)]
    if regions[0] == _NON_GEOGRAPHIC:
        found = [PhoneMetadata.metadata_for_nongeo_region(int(code))]
    else:
        found = [PhoneMetadata.metadata_for_region(region) for region in regions]
    return tuple(one for one in found if one is not None)


@cache
def lengths(code: str) -> frozenset[int]:
    """How many digits the numbers behind a calling code can have."""
    return frozenset(n for one in _metadata(code) if one.general_desc for n in one.general_desc.possible_length)


def has_length(code: str, length: int) -> bool:
    """Whether a number behind the code can have so many digits; `length` may be one too many by a trunk prefix."""
    return length in lengths(code) or (length - 1 in lengths(code) and code == "52")


@cache
def mobile_lengths(code: str) -> frozenset[int]:
    """How many digits the mobiles behind a calling code can have."""
    return frozenset(n for one in _metadata(code) if one.mobile for n in one.mobile.possible_length)


@cache
def _patterns(code: str) -> re.Pattern[str]:
    found = [one.general_desc.national_number_pattern for one in _metadata(code) if one.general_desc]
    return re.compile("|".join(f"(?:{pattern})" for pattern in found if pattern))


def cannot_be_valid(code: str, national: str) -> bool:
    """Whether the digits are surely no valid number behind the code; a fast answer for most."""
    return not national.startswith("0") and code not in _REWRITTEN and not _patterns(code).fullmatch(national)


@cache
def zero_belongs(code: str) -> bool:
    """Whether numbers behind the code can begin with 0, as in Italy, San Marino, Ivory Coast, Benin and Congo.

    Elsewhere a 0 behind the code is a trunk prefix, which is for calls within the country. From the plans' examples.
    """
    descriptions = [kind for one in _metadata(code) for kind in (one.fixed_line, one.mobile) if kind is not None]
    return any((kind.example_number or "").startswith("0") for kind in descriptions)


@cache
def _own_prefix(region: str) -> re.Pattern[str]:
    metadata = PhoneMetadata.metadata_for_region(region)
    return re.compile((metadata.international_prefix if metadata else None) or "00")


@cache
def _any_prefix() -> re.Pattern[str]:
    """Every international prefix of two zeros and more that is some country's."""
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    patterns = sorted({_own_prefix(region).pattern for region in regions})
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _prefix_lengths(pattern: re.Pattern[str], start: str) -> tuple[int, ...]:
    if not pattern.match(start):
        return ()
    return tuple(n for n in range(len(start), 0, -1) if pattern.fullmatch(start[:n]))


def own_prefixes(digits: str, region: str) -> tuple[int, ...]:
    """The lengths of the region's own international prefixes that the digits begin with, longest first."""
    return _prefix_lengths(_own_prefix(region), digits[:_LONGEST_PREFIX])


@cache
def is_certain_prefix(prefix: str, region: str) -> bool:
    """Whether the prefix is the one that the region prefers, as Australia does 0011."""
    metadata = PhoneMetadata.metadata_for_region(region)
    return metadata is not None and metadata.preferred_international_prefix == prefix


def foreign_prefixes(digits: str) -> tuple[int, ...]:
    """The lengths of what may be another country's prefix at the start of digits that begin with 00.

    001 is reckoned with always, any other before the code of the country that dials so: 004 is a prefix in Thailand,
    but 0049 151 is Germany all over the world.
    """
    lengths = _foreign_lengths(digits[:4])
    if digits.startswith("001"):
        return lengths
    return tuple(n for n in lengths if _dials_so(code_at_start(digits[n : n + 3]), digits[:n]))


@lru_cache(128)
def _foreign_lengths(start: str) -> tuple[int, ...]:
    return tuple(n for n in _prefix_lengths(_any_prefix(), start) if n > 2)


@lru_cache(1024)
def _dials_so(code: str | None, prefix: str) -> bool:
    """Whether the code's own country dials abroad with the prefix."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)] if code else ()
    return any(_own_prefix(region).fullmatch(prefix) for region in regions if region != _NON_GEOGRAPHIC)


@cache
def begins_with_zero_trunk(region: str) -> bool:
    """Whether the region's trunk prefix begins with 0, as no calling code does."""
    metadata = PhoneMetadata.metadata_for_region(region)
    return metadata is not None and (metadata.national_prefix or "").startswith("0")


def is_open(code: str) -> bool:
    """Whether numbers behind the code have many lengths, so that almost any digits are some valid number."""
    return len(lengths(code)) >= OPEN_PLAN


def is_written_with_trunk(number: phonenumbers.PhoneNumber, region: str) -> bool:
    """Whether the number's country writes it with a trunk prefix, and does not call the prefix optional.

    By the library's formats: 0151 in Germany, 0412 in Australia; but 98765 in India, (11) in Brazil, 415 in America.
    """
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None or not metadata.national_prefix:
        return False
    digits = phonenumbers.national_significant_number(number)
    for style in metadata.number_format:
        leading = style.leading_digits_pattern
        if (leading and not re.match(leading[-1], digits)) or not re.fullmatch(style.pattern or "", digits):
            continue
        rule = _PLACEHOLDER.sub("", style.national_prefix_formatting_rule or "")
        return metadata.national_prefix in rule and not style.national_prefix_optional_when_formatting
    return not _has_formats_without(metadata)


def _has_formats_without(metadata: PhoneMetadata) -> bool:
    """Whether the trunk prefix stands in none of the region's formats, as in America, whose 1 is its code."""
    prefix = metadata.national_prefix or ""
    return all(
        prefix not in _PLACEHOLDER.sub("", s.national_prefix_formatting_rule or "") for s in metadata.number_format
    )


def is_impossible(code: str, national: str) -> bool:
    """Whether an unassigned number cannot exist: one digit all through, or what the North American plan excludes.

    There an area code is never 0xx or 1xx, N11 (service codes) or N9X (kept for the plan's expansion), and an
    exchange is never 0xx or 1xx (NANPA, "About the North American Numbering Plan": NXX-NXX-XXXX, N being 2 to 9).
    Area code 555 belongs to nobody and is what examples are written with (seed 002): its exchanges are not judged.
    """
    if len(set(national)) == 1:
        return True
    if code != "1" or len(national) != 10:
        return False
    if not _NANP_AREA.match(national):
        return True
    return national[3] in "01" and not national.startswith("555")


def groups_of(number: phonenumbers.PhoneNumber) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The digit groups of a number as written internationally, its calling code first, and nationally."""
    styles = (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
    first, second = (tuple(re.findall("[0-9]+", phonenumbers.format_number(number, style))) for style in styles)
    return first, second


def is_mobile(number: phonenumbers.PhoneNumber) -> bool:
    """Whether the number is a mobile, or of a plan that does not tell mobile from fixed."""
    return phonenumbers.number_type(number) in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
