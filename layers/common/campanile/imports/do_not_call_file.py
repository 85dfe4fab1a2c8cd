"""Files whose rows go on the do-not-call list."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from campanile.csv_files.columns import Columns, detect_columns
from campanile.csv_files.records import CsvStructureError, Record
from campanile.csv_files.rows import read_row
from campanile.do_not_call.rows import NumbersRow, prepare
from campanile.domain.import_report import ImportRowError
from campanile.imports.run import ImportPorts, Write, Written
from campanile.store import do_not_call
from campanile.store.do_not_call import Entry
from campanile.store.imports import Import


class DoNotCallFile:
    """A file whose numbers go on the do-not-call list of the import's org."""

    def __init__(self, ports: ImportPorts) -> None:
        self._ports = ports

    def begun(self, current: Import) -> Import:
        """The import as it is; raises CsvStructureError for a header without a column of numbers."""
        if not _columns(current).phones:
            raise CsvStructureError("no phone column: name the column of numbers phone, or map it to 'phone'")
        return current

    def checks(self, current: Import) -> "RowChecks":
        """What checks the rows."""
        return RowChecks(_columns(current), current.created_at)

    def writing(self, _current: Import, _still_here: Callable[[], bool]) -> Write[NumbersRow]:
        """What lists the numbers of the rows."""
        return self._list

    def _list(self, current: Import, rows: Sequence[NumbersRow]) -> Written:
        """The first row of a number counts as having listed it, unless it was listed for as long before.

        Of several rows of one number the one that lasts longest is kept, as if they had come one after another.
        """
        now = self._ports.clock.now_ms()
        first: dict[str, int] = {}
        wanted: dict[str, Entry] = {}
        for one in rows:
            for number in one.numbers:
                mark = current.mark(first.setdefault(number, one.place))
                entry = Entry(number, "import", now, mark, one.reason, actor=current.job, expires_at=one.expires_at)
                if number not in wanted or not wanted[number].outlasts(entry):
                    wanted[number] = entry
        listings = do_not_call.add(self._ports.table, current.org, list(wanted.values()))
        new = {first[listing.entry.number] for listing in listings if listing.is_new}
        return Written({"inserted": len(new), "duplicates": len(rows) - len(new)})


@dataclass(frozen=True, slots=True)
class RowChecks:
    """Checks the rows of a file whose import began at `begun_ms` (UTC ms)."""

    columns: Columns
    begun_ms: int

    def check(self, records: Iterable[Record]) -> list[NumbersRow | ImportRowError]:
        """The records that are not blank, each with the numbers it lists or with its error."""
        rows = [row for record in records if (row := read_row(record, self.columns))]
        return [row if isinstance(row, ImportRowError) else prepare(row, self.begun_ms) for row in rows]


def _columns(current: Import) -> Columns:
    return detect_columns(current.reading.header, current.mapping)
