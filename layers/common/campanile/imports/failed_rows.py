"""The failing rows of a file with the reason beside each: a CSV file to be corrected and dropped again.

Each batch puts its own by, under a name that a repeated batch uses again; at the end they become one object.
"""

from collections.abc import Callable, Iterator, Sequence

from campanile.adapters.bucket import Bucket
from campanile.csv_files.cells import line
from campanile.csv_files.columns import Columns, detect_columns
from campanile.csv_files.headers import REPORT_HEADERS, REPORT_PREFIX
from campanile.domain.import_report import ImportRowError
from campanile.store.imports import Import

PARTS_PER_SIGN = 50
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it, spreadsheets take UTF-8 for something else."""


def put_by(bucket: Bucket, current: Import, failing: Sequence[tuple[ImportRowError, Sequence[str]]]) -> None:
    """Keep a batch's failing rows: each error with the cells as they were written."""
    bucket.keep(_part(current, current.report_parts), "".join(_line(error, cells) for error, cells in failing))


def compose(bucket: Bucket, current: Import, still_here: Callable[[], object]) -> str:
    """Make one object of the parts, with signs of life meanwhile; answers its key."""
    key = f"reports/{current.job}/failed"
    bucket.keep_stream(key, _whole(bucket, current, still_here))
    return key


def _whole(bucket: Bucket, current: Import, still_here: Callable[[], object]) -> Iterator[str]:
    columns = detect_columns(current.reading.header, current.mapping)
    yield BOM + line([*REPORT_HEADERS, *_headers(columns)])
    for part in range(current.report_parts):
        if part and part % PARTS_PER_SIGN == 0:
            still_here()
        yield bucket.kept(_part(current, part))


def _headers(columns: Columns) -> list[str]:
    """Names by which the columns are detected as what they are, also where a mapping said it."""
    wanted = _targets(columns)
    phones = {index: "phone" if n == 0 else f"phone_{n + 1}" for n, index in enumerate(columns.phones)}
    named = {
        index: target.removeprefix("data.") for index, target in enumerate(wanted) if target not in ("data", "ignore")
    }
    headers = [(named | phones).get(index, header) for index, header in enumerate(columns.headers)]
    while wrong := [index for index, is_ in enumerate(_targets(detect_columns(headers))) if is_ != wanted[index]]:
        for index in wrong:  # which may have kept others from being detected as what they are not
            headers[index] = REPORT_PREFIX + wanted[index]
    return headers


def _targets(columns: Columns) -> list[str]:
    keys = {index: f"data.{key}" for index, key in columns.data}
    return [keys.get(index, target) for index, (_, target) in enumerate(columns.describe())]


def _part(current: Import, part: int) -> str:
    return f"reports/{current.job}/{part:06d}"


def _line(error: ImportRowError, cells: Sequence[str]) -> str:
    reason = f"{error.column}: {error.message}" if error.column else error.message
    return line([str(error.row), reason, *cells])
