"""CSV files in memory, read whole."""

from collections.abc import Iterator, Mapping

from campanile.csv_files.columns import detect_columns
from campanile.csv_files.records import HEAD_BYTES, Reader, begin
from campanile.csv_files.rows import CsvRow, read_row
from campanile.domain.import_report import ImportRowError


def cut(data: bytes, size: int) -> Iterator[bytes]:
    """The data in blocks of this many bytes."""
    return (data[start : start + size] for start in range(0, len(data), size))


def reader_of(data: bytes, size: int = 1_000_000) -> Reader:
    """Reads what follows the header, in blocks of this many bytes."""
    position, _ = begin(data[:HEAD_BYTES])
    return Reader(cut(data[position.offset :], size), position)


def read(content: str | bytes, mapping: Mapping[str, str | None] = {}) -> list[CsvRow | ImportRowError]:
    """Every row, and every error, of a whole file."""
    data = content.encode() if isinstance(content, str) else content
    position, header = begin(data[:HEAD_BYTES])
    columns = detect_columns(header, mapping)
    rows = (read_row(record, columns) for record in Reader([data[position.offset :]], position))
    return [row for row in rows if row is not None]


def rows(content: str | bytes, mapping: Mapping[str, str | None] = {}) -> list[CsvRow]:
    """Every row of a whole file that has no errors."""
    found = []
    for row in read(content, mapping):
        assert isinstance(row, CsvRow), row
        found.append(row)
    return found


def one(content: str | bytes, mapping: Mapping[str, str | None] = {}) -> CsvRow:
    """The only row of a file."""
    (row,) = rows(content, mapping)
    return row
