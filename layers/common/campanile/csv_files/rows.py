"""A contact's row out of a record of a CSV file.

Numbers, timezones and times come out as written; checking them is the import's work.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from campanile.csv_files.cells import unguarded
from campanile.csv_files.columns import Columns
from campanile.csv_files.headers import DATA_COLUMN
from campanile.csv_files.records import Record
from campanile.domain.import_report import ImportRowError


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One record. `row` is the number a spreadsheet shows beside it: the header is 1, blank rows count.

    `phone_numbers` are the phone cells that are not empty, in column order (none: an update that leaves
    them), and `phone_columns` the name of each one's column. An empty cell is None, or absent from `data`,
    which is None where the file has no column for it.
    """

    row: int
    id: str | None = None
    external_id: str | None = None
    phone_numbers: list[str] = field(default_factory=list)
    phone_columns: list[str] = field(default_factory=list)
    timezone: str | None = None
    scheduled_at: str | None = None
    data: dict[str, Any] | None = field(default_factory=dict)


class _NoObjectError(ValueError):
    """The cell is no JSON object."""


def read_row(record: Record, columns: Columns) -> CsvRow | ImportRowError | None:
    """Return the record as a row, or as the error it has (`too_many_cells`, `invalid_json`); None if it is blank.

    Empty cells beyond the header's do no harm, absent ones are empty. A key that has a column of its own, with
    something in it, is not taken from the JSON object.
    """
    width = len(columns.headers)
    if not any(record.cells):
        return None
    if any(record.cells[width:]):
        return ImportRowError(
            row=record.row,
            column=None,
            code="too_many_cells",
            message=f"the row has {len(record.cells)} cells and the header {width}: put a cell that contains "
            "the separator in quotes, or name the column",
        )
    cells = [unguarded(cell) for cell in record.cells]
    cells += [""] * (width - len(cells))
    try:
        further = _json_object(cells[columns.extra]) if columns.extra is not None else {}
    except _NoObjectError:
        message = 'must be a JSON object, such as {"plan": "pro"}, or empty'
        return ImportRowError(row=record.row, column=DATA_COLUMN, code="invalid_json", message=message)
    return _row(record.row, cells, columns, further)


def _row(number: int, cells: Sequence[str], columns: Columns, further: dict[str, Any]) -> CsvRow:
    def cell(index: int | None) -> str | None:
        return None if index is None else cells[index] or None

    filled = [index for index in columns.phones if cells[index]]
    has_data = bool(columns.data) or columns.extra is not None
    return CsvRow(
        row=number,
        id=cell(columns.id),
        external_id=cell(columns.external_id),
        phone_numbers=[cells[index] for index in filled],
        phone_columns=[columns.names[index] for index in filled],
        timezone=cell(columns.timezone),
        scheduled_at=cell(columns.scheduled_at),
        data=further | {key: cells[index] for index, key in columns.data if cells[index]} if has_data else None,
    )


def _json_object(cell: str) -> dict[str, Any]:
    """Raises _NoObjectError."""
    if not cell:
        return {}
    try:
        value = json.loads(cell)
        # Python reads NaN, 1e999 and halves of surrogate pairs, none of which can be kept.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise _NoObjectError from None
    if not isinstance(value, dict):
        raise _NoObjectError
    return value
