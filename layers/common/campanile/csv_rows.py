"""Contact rows out of CSV text: which column is what, and one record after another, none lost silently.

Works on decoded text line by line, so the size and the encoding of a file are its caller's business. Numbers,
timezones and times come out as written; checking them is the import's work.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from campanile.csv_headers import FIELD_HEADERS, PHONE_HEADERS
from campanile.csv_headers import fold as _fold

_DELIMITERS: Final = (",", ";", "\t")
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t])"?[\r\n]*', re.IGNORECASE)
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_SAVE_AS_UTF8 = 'save the file as UTF-8 ("CSV UTF-8" in Excel, "Unicode (UTF-8)" elsewhere)'


class CsvStructureError(ValueError):
    """The file cannot be read as contacts; the message says what to change, quoting headers but no cells."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column, counted from 0, holds what; `data` pairs column and key, `names` has every column."""

    names: tuple[str, ...]
    phones: tuple[int, ...]
    id: int | None
    external_id: int | None
    timezone: int | None
    scheduled_at: int | None
    data: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One record. `row` is the number a spreadsheet shows beside it: the header is 1, blank rows count.

    `phone_numbers` are the phone cells that are not empty, in column order (none: an update that leaves
    them), and `phone_columns` the name of each one's column. An empty cell is None, or absent from `data`.
    """

    row: int
    id: str | None = None
    external_id: str | None = None
    phone_numbers: list[str] = field(default_factory=list)
    phone_columns: list[str] = field(default_factory=list)
    timezone: str | None = None
    scheduled_at: str | None = None
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one record was not imported; `column` is a column's name, or None. Quotes no cell."""

    row: int
    column: str | None
    code: str
    message: str


def decode(data: bytes) -> str:
    """Return the text of a UTF-8 file, with or without byte order mark; else raise CsvStructureError."""
    if b"\0" in data:
        raise CsvStructureError(f"the file is not UTF-8 text (it looks like UTF-16 or a workbook): {_SAVE_AS_UTF8}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CsvStructureError(f"line {line} has a character that is not UTF-8: {_SAVE_AS_UTF8}") from None


def detect_columns(header: Sequence[str]) -> Columns:
    """Say which column is which by its header. Raises CsvStructureError when none is a phone column.

    Of several columns for one field the best name, then the leftmost, is taken and the others go to `data`.
    There a header that is taken already becomes `name_2`, and a nameless column N (counted from 1) becomes
    `column_N`.
    """
    written = [name.strip() for name in header]
    folded = [_fold(name) for name in written]
    phones = tuple(index for index, name in enumerate(folded) if _is_phone(name))
    if not phones:
        raise CsvStructureError(_no_phone_column(written))
    fields = {name: _best(folded, accepted) for name, accepted in FIELD_HEADERS.items()}
    structured = {*phones, *(index for index in fields.values() if index is not None)}
    data = _data_keys(written, structured)
    return Columns(
        names=tuple(data.get(index, name) for index, name in enumerate(written)),
        phones=phones,
        data=tuple(data.items()),
        id=fields["id"],
        external_id=fields["external_id"],
        timezone=fields["timezone"],
        scheduled_at=fields["scheduled_at"],
    )


def read_rows(lines: str | Iterable[str]) -> Iterator[CsvRow | RowError]:
    """Read the header at once, then yield every record that is not blank as a row, or as the error it has.

    `lines` is the whole text, or its lines with their line ends (as from a file opened with `newline=""`).
    The separator (comma, semicolon or tab) is found from the header. Cells are stripped. Raises
    CsvStructureError: here for the header; while iterating for an unterminated quote and the like, after rows
    before it were already yielded. So whoever must import all or nothing reads the file through once before
    writing.
    """
    if isinstance(lines, str):
        lines = io.StringIO(lines, newline="")
    source = _without_marks(lines)
    first = next(source, "")
    separator = _SEPARATOR_LINE.fullmatch(first)
    if separator is not None:
        records = _records(source, separator[1])
    else:
        head = _head(first, source)
        records = _records(chain(head, source), _choose_delimiter(head))
    number, header = next(((number, cells) for number, cells in records if any(cells)), (0, []))
    if number == 0:
        raise CsvStructureError("the file is empty: its first row must name the columns, one of them 'phone'")
    return _rows(records, detect_columns(header))


def _is_phone(folded: str) -> bool:
    stem = re.sub(r"[0-9]{1,2}$", "", folded)
    return stem in {_fold(name) for name in PHONE_HEADERS}


def _best(folded: Sequence[str], accepted: Sequence[str]) -> int | None:
    return next((folded.index(_fold(name)) for name in accepted if _fold(name) in folded), None)


def _data_keys(header: Sequence[str], structured: Set[int]) -> dict[int, str]:
    """Return the key in `data` of every column that is not structured; no two are the same."""
    taken = {header[index] for index in structured}
    reserved = set(header)  # a header as written outranks a name made up for another column
    suffixes: dict[str, int] = {}
    keys: dict[int, str] = {}
    for index, name in enumerate(header):
        if index in structured:
            continue
        key = wanted = name or f"column_{index + 1}"
        while key in (taken if name and key == name else reserved):
            suffixes[wanted] = suffixes.get(wanted, 1) + 1
            key = f"{wanted}_{suffixes[wanted]}"
        taken.add(key)
        reserved.add(key)
        keys[index] = key
    return keys


def _no_phone_column(header: Sequence[str]) -> str:
    accepted = f"name the column of numbers one of {', '.join(PHONE_HEADERS)}"
    if any("@" in name or len(re.findall("[0-9]", name)) >= 7 for name in header):
        # Somebody's data, most likely: it is not quoted.
        return f"no phone column: the first row looks like a contact, not like column names; {accepted}"
    found = [name if len(name) <= 40 else f"{name[:37]}..." for name in header if name]
    shown = ", ".join(repr(name) for name in found[:20]) + (", ..." if len(found) > 20 else "")
    return f"no phone column: the header has {shown}; {accepted}"


def _without_marks(lines: Iterable[str]) -> Iterator[str]:
    for index, line in enumerate(lines):
        if "\0" in line:
            raise CsvStructureError(f"the file is not UTF-8 text: {_SAVE_AS_UTF8}")
        yield line.removeprefix(_BOM) if index == 0 else line


def _head(first: str, source: Iterator[str]) -> list[str]:
    """Return the lines up to the end of the header record, which spans several when a name has line ends."""
    head, quotes = [first], first.count('"')
    while not head[-1].strip() or quotes % 2:
        line = next(source, None)
        if line is None:
            break
        head.append(line)
        quotes += line.count('"')
    return head


def _choose_delimiter(head: Sequence[str]) -> str:
    """Return the separator that gives the header a phone column, else the most columns; in doubt a comma."""

    def merit(delimiter: str) -> tuple[bool, int]:
        cells = next((cells for _, cells in _records(head, delimiter, strict=False) if any(cells)), [])
        return any(_is_phone(_fold(cell)) for cell in cells), len(cells)

    return max(_DELIMITERS, key=merit)


def _records(lines: Iterable[str], delimiter: str, strict: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Yield every record, blank ones too, with its number counted from 1 and its cells stripped."""
    # Strict, because a forgotten closing quote would otherwise glue the following rows into one cell unseen.
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=strict)
    number = 0
    try:
        for cells in reader:
            number += 1
            yield number, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise CsvStructureError(_broken_record(number + 1, str(error))) from None


def _broken_record(row: int, error: str) -> str:
    if "unexpected end of data" in error:
        return f'row {row}: a quote (") is opened and never closed: close it, or double it inside a cell ("")'
    if "expected after" in error:
        return f'row {row}: text follows a closing quote ("): one is missing, or not doubled inside a cell ("")'
    if "field limit" in error:
        limit = csv.field_size_limit()
        return f'row {row}: a cell is longer than {limit:,} characters: perhaps a closing quote (") is missing'
    return f"row {row} cannot be read as CSV: {error}"


def _rows(records: Iterator[tuple[int, list[str]]], columns: Columns) -> Iterator[CsvRow | RowError]:
    width = len(columns.names)
    for number, cells in records:
        if not any(cells):
            continue
        if any(cells[width:]):
            yield RowError(
                row=number,
                column=None,
                code="too_many_cells",
                message=f"the row has {len(cells)} cells and the header {width}: put a cell that contains "
                "the separator in quotes, or name the column",
            )
            continue
        yield _row(number, cells + [""] * (width - len(cells)), columns)


def _row(number: int, cells: Sequence[str], columns: Columns) -> CsvRow:
    def cell(index: int | None) -> str | None:
        return None if index is None else cells[index] or None

    filled = [index for index in columns.phones if cells[index]]
    return CsvRow(
        row=number,
        id=cell(columns.id),
        external_id=cell(columns.external_id),
        phone_numbers=[cells[index] for index in filled],
        phone_columns=[columns.names[index] for index in filled],
        timezone=cell(columns.timezone),
        scheduled_at=cell(columns.scheduled_at),
        data={key: cells[index] for index, key in columns.data if cells[index]},
    )
