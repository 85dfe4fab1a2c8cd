"""The names of columns that a CSV file may have, and what each means. Case, spaces, `_` and `-` never matter."""

import re
from typing import Final

PHONE_HEADERS: Final = ("phone", "phone_number", "mobile", "cell", "tel")
"""Phone columns (seed 000); a number after one (`phone 2`, `mobile_2`) makes it a further phone column."""

DATA_COLUMN: Final = "data"
"""In a file with an id column, as exports are: an object of JSON with what has no column of its own."""

READ_ONLY_HEADERS: Final = (
    "status",
    "last_outcome",
    "attempts",
    "last_attempt_at",
    "next_attempt_at",
    "created_at",
    "updated_at",
)
"""What an export tells beyond what may be changed; left alone in a file with an id column."""

REPORT_HEADERS: Final = ("campanile_row", "campanile_error")
"""What the file of failing rows has beside each row; left alone in every file."""

REPORT_PREFIX: Final = "campanile:"
"""Begins a header there that says what its column is (`campanile:ignore`), where its own would say otherwise."""


def fold(header: str) -> str:
    """The header as it is compared."""
    return re.sub(r"[\s_-]+", "", header).lower()


def names_phone(folded: str) -> bool:
    """Whether a folded header is that of a phone column."""
    return re.sub(r"[0-9]{1,2}$", "", folded) in _FOLDED_PHONE_HEADERS


_FOLDED_PHONE_HEADERS: Final = frozenset(map(fold, PHONE_HEADERS))
