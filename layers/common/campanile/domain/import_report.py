"""The report of an import: what became of its rows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """`rows` = inserted + updated + duplicates + invalid. `do_not_call` counts some of the stored rows again: those
    with no number that may be called.
    """

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    duplicates: int = 0
    invalid: int = 0
    do_not_call: int = 0


@dataclass(frozen=True, slots=True)
class ImportRowError:
    """A row that was not imported, and why. A file's rows are counted as a spreadsheet shows them, its header as row 1;
    the contacts of a request are counted from 1. The message quotes no cell.
    """

    row: int
    column: str | None
    code: str
    message: str
