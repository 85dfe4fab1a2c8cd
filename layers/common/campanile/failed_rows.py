"""The failing rows of a file with the reason beside each: a CSV file to be corrected and dropped again.

Each batch puts its own by, under a name that a repeated batch uses again; at the end they become one object.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from campanile import csv_cells, csv_columns
from campanile.answers import ImportRowError
from campanile.csv_columns import Columns
from campanile.csv_headers import EXPLICIT, REPORT_HEADERS
from campanile.csv_source import CsvStructureError
from campanile.store.imports import Import
from campanile.uploads import Uploads

PARTS_PER_SIGN = 50
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it, spreadsheets take UTF-8 for something else."""


def put_by(uploads: Uploads, current: Import, failing: Sequence[tuple[ImportRowError, Sequence[str]]]) -> None:
    """Keep a batch's failing rows: each error with the cells as they were written."""
    uploads.keep(_part(current, current.report_parts), "".join(_line(error, cells) for error, cells in failing))


def compose(uploads: Uploads, current: Import, still_here: Callable[[], object]) -> str:
    """Make one object of the parts, with signs of life meanwhile; answers its key."""
    key = f"reports/{current.job}/failed"
    uploads.keep_stream(key, _whole(uploads, current, still_here))
    return key


def _whole(uploads: Uploads, current: Import, still_here: Callable[[], object]) -> Iterator[str]:
    columns = csv_columns.detect_columns(current.reading.header, current.mapping)
    yield BOM + csv_cells.line([*REPORT_HEADERS, *_headers(columns)])
    for part in range(current.report_parts):
        if part % PARTS_PER_SIGN == 0:
            still_here()
        yield uploads.kept(_part(current, part))


def _headers(columns: Columns) -> list[str]:
    """Names by which the columns are detected as what they are, also where a mapping said it."""
    targets = dict(enumerate(target for _, target in columns.describe()))
    phones = {index: "phone" if n == 0 else f"phone_{n + 1}" for n, index in enumerate(columns.phones)}
    named = {
        index: target.removeprefix("data.") for index, target in targets.items() if target not in ("data", "ignore")
    }
    plain = [(named | phones).get(index, header) for index, header in enumerate(columns.headers)]
    if _are_detected(plain, columns):
        return plain
    said = {index: f"{EXPLICIT}data.{key}" for index, key in columns.data} | phones
    said |= {index: f"{EXPLICIT}ignore" for index, target in targets.items() if target == "ignore"}
    return [said.get(index, name) for index, name in enumerate(plain)]


def _are_detected(names: Sequence[str], columns: Columns) -> bool:
    """Whether columns of these names are what the columns are."""
    try:
        detected = csv_columns.detect_columns(names)
    except CsvStructureError:
        return False
    return replace(detected, headers=columns.headers, names=columns.names) == columns


def _part(current: Import, part: int) -> str:
    return f"reports/{current.job}/{part:06d}"


def _line(error: ImportRowError, cells: Sequence[str]) -> str:
    reason = f"{error.column}: {error.message}" if error.column else error.message
    return csv_cells.line([str(error.row), reason, *cells])
