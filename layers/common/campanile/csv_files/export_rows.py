"""A contact as a row of a CSV export: which column has what, so that importing the row changes nothing.

A value of `data` gets a cell only if reading the cell gives the very same value; all the rest is in the column `data`,
as JSON. An entry is what an export keeps of a contact until all columns are known.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypedDict

from campanile.csv_files.cells import guarded
from campanile.csv_files.headers import (
    DATA_COLUMN,
    PHONE_HEADERS,
    READ_ONLY_HEADERS,
    REPORT_HEADERS,
    REPORT_PREFIX,
    fold,
)
from campanile.domain.contact_fields import PLAIN_FIELDS, PLAIN_NAMES, STRUCTURED_COLUMNS

MAX_DATA_COLUMNS: Final = 200
MAX_HEADER_CHARACTERS: Final = 100
"""A longer key of `data` gets no column."""

BEFORE_PHONES = ("id", "external_id")
AFTER_PHONES = ("timezone", "scheduled_at", *READ_ONLY_HEADERS)
_NUMBERED = re.compile(r"[0-9]+$")
_PHONES = {fold(name) for name in PHONE_HEADERS}
_MEANT = {
    fold(name)
    for name in (
        *READ_ONLY_HEADERS,
        *REPORT_HEADERS,
        DATA_COLUMN,
        *(one for all_ in STRUCTURED_COLUMNS.values() for one in all_),
    )
}
_PLAIN = {fold(header): one.name for one in PLAIN_FIELDS for header in (one.name, *one.headers)}


class Entry(TypedDict):
    """`fields` has the cells whose columns every export has; `data` is the contact's, as it is."""

    fields: dict[str, str]
    phones: list[str]
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that depend on the contacts: how many for numbers (at least 1), and the keys of `data` in order."""

    phones: int = 1
    data: tuple[str, ...] = ()

    @property
    def header(self) -> list[str]:
        """The names of all columns."""
        numbered = [f"phone_{n}" for n in range(2, self.phones + 1)]
        return [*BEFORE_PHONES, "phone", *numbered, *AFTER_PHONES, *self.data, DATA_COLUMN]


def widened(columns: Columns, entries: Iterable[Entry]) -> Columns:
    """The columns for these entries too. The order in which entries come makes no difference.

    Of keys that are the same to a reader of headers the first by name gets the column; of more than 200, the first 200.
    """
    phones, keys = columns.phones, set(columns.data)
    for one in entries:
        phones = max(phones, len(one["phones"]))
        keys.update(key for key, value in one["data"].items() if _is_cell(value) and _is_header(key))
    first: dict[str, str] = {}
    for key in sorted(keys, key=_rank):
        first.setdefault(fold(key), key)
    return Columns(phones, tuple(islice(first.values(), MAX_DATA_COLUMNS)))


def cells(one: Entry, columns: Columns) -> Iterator[str]:
    """The row's cells in the order of the columns, not yet guarded."""
    fields, phones, data = one["fields"], one["phones"], one["data"]
    yield from (fields[name] for name in BEFORE_PHONES)
    yield from phones
    yield from [""] * (columns.phones - len(phones))
    yield from (fields[name] for name in AFTER_PHONES)
    in_cells = {key: data[key] for key in columns.data if _is_cell(data.get(key))}
    yield from (in_cells.get(key, "") for key in columns.data)
    yield _json({key: value for key, value in data.items() if key not in in_cells})


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) if data else ""


def _is_cell(value: object) -> bool:
    """Whether a cell gives the value back: readers strip cells, and take an empty one for none."""
    return isinstance(value, str) and value != "" and value == value.strip() and value.isprintable()


def _is_header(key: str) -> bool:
    """Whether a column of this name is read as this key of `data`."""
    folded = fold(key)
    if not folded or not _is_cell(key) or len(key) > MAX_HEADER_CHARACTERS:
        return False
    # A header is not guarded: whoever reads it would have to know. A semicolon may be taken for the separator.
    if guarded(key) != key or ";" in key or key.startswith(REPORT_PREFIX):
        return False
    if folded in _MEANT or _NUMBERED.sub("", folded) in _PHONES:
        return False
    return _PLAIN.get(folded, key) == key


def _rank(key: str) -> tuple[int, str]:
    return PLAIN_NAMES.index(key) if key in PLAIN_NAMES else len(PLAIN_NAMES), key
