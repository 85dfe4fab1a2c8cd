"""CSV files become contacts, or entries of the do-not-call list: a pass that checks the whole file, then one that
writes it, both from their checkpoints.

Nothing is written of a file that cannot be read to its end, has no phone column or, in `strict` mode (seed 000), has
one bad row; in `lenient` mode (seed 002) bad rows are reported and left out.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol

from campanile.csv_files.records import HEAD_BYTES, CsvStructureError, Position, Reader, Record, begin
from campanile.domain.errors import RequestError, StateError
from campanile.domain.import_report import ImportCounts, ImportRowError
from campanile.imports import contacts_file, run
from campanile.imports.contacts_file import ContactsFile
from campanile.imports.do_not_call_file import DoNotCallFile
from campanile.imports.run import Batch, Checked, ImportPorts, Run, Write, finished, with_errors
from campanile.store import imports, keys
from campanile.store.imports import FileProgress, Import

MAX_FILE_BYTES = 1_000_000_000
MAX_FILE_ROWS = 5_000_000
BATCHES_PER_CHECK = 25
"""How many batches of rows are checked between two checkpoints."""
MAX_BATCH_CHARACTERS = 8_000_000
"""Of rows that are worked on at once: two thousand may have a gigabyte."""


class RowChecks(Protocol[Checked]):
    """Checks the rows of a file, in their order."""

    def check(self, records: Iterable[Record]) -> list[Checked | ImportRowError]:
        """The records that are not blank, each ready to be written or with its error."""


class Destination(Protocol[Checked]):
    """What a file's rows become."""

    def begun(self, current: Import) -> Import:
        """The import, its header read, with what holds for all rows; raises CsvStructureError for a wrong header."""

    def checks(self, current: Import) -> RowChecks[Checked]:
        """What checks the rows."""

    def writing(self, current: Import, still_here: Callable[[], bool]) -> Write[Checked]:
        """What writes the rows behind the checkpoint."""


def continue_file(ports: ImportPorts, current: Import, may_go_on: Callable[[], bool]) -> Import:
    """Import a file from its checkpoint on while `may_go_on`; one that cannot be imported ends as failed and says why.

    Raises ImportTakenOverError when another run has come further meanwhile.
    """
    job = _FileJob(ports, current)
    try:
        if current.campaign_key == keys.do_not_call_imports(current.org):
            return job.go(DoNotCallFile(ports), may_go_on)
        return job.go(ContactsFile(ports, contacts_file.campaign_of(ports.table, current)), may_go_on)
    except (CsvStructureError, RequestError) as error:
        return finished(ports, job.current, "failed", job.told(error), may_go_on)


class _FileJob:
    """One run over a file; `current` is how far it has come."""

    def __init__(self, ports: ImportPorts, current: Import) -> None:
        self.current = current
        self._ports = ports

    def go(self, destination: Destination[Checked], may_go_on: Callable[[], bool]) -> Import:
        if not self.current.reading.header:
            self.current = destination.begun(self._begun())
        row_checks = destination.checks(self.current)
        if self.current.reading.phase == "checking" and not self._check(row_checks, may_go_on):
            return self.current
        writing = Run(self._ports, self.current, destination.writing(self.current, may_go_on))
        try:
            return writing.go(self._batches(row_checks), may_go_on)
        finally:
            self.current = writing.current

    def told(self, error: Exception) -> str:
        """Why it failed, and how many rows had been stored by then."""
        counts = self.current.counts
        if self.current.reading.phase == "checking":
            return str(error)
        behind = "; some of those behind may be stored too" if self.current.reading.rows > counts.rows else ""
        return f"{error} ({counts.inserted + counts.updated} rows had been stored{behind})"

    def _begun(self) -> Import:
        """The import with the file's header."""
        assert self.current.file is not None, "the import is a request's"
        if (size := self.current.file.size) > MAX_FILE_BYTES:
            raise CsvStructureError(f"the file has {size:,} bytes; at most {MAX_FILE_BYTES:,} are taken: split it")
        position, header = begin(self._head())
        start = position.to_item()
        return replace(self.current, reading=FileProgress(header=tuple(header), start=start, position=start))

    def _head(self) -> bytes:
        assert self.current.file is not None, "the import is a request's"
        head = b""
        for block in self._ports.bucket.blocks(self.current.file):
            head += block
            if len(head) >= HEAD_BYTES:
                break
        return head

    def _check(self, row_checks: RowChecks[Checked], may_go_on: Callable[[], bool]) -> bool:
        """Read the file to its end, in strict mode row by row; whether that was done before the time was over."""
        reader = self._reader()
        batches = 0
        while records := _next(reader):
            self._note(reader, self.current.reading.rows + sum(any(record.cells) for record in records))
            if self.current.mode == "strict":
                self._reject_bad(row_checks, records)
            batches += 1
            if batches % BATCHES_PER_CHECK == 0:
                self.current = imports.save(self._ports.table, self.current, self.current)
                if not may_go_on():
                    return False
        if not self.current.reading.rows:
            raise CsvStructureError("the file has no row below its header")
        if invalid := self.current.counts.invalid:
            rows = self.current.reading.rows
            self.current = replace(self.current, counts=ImportCounts(rows=rows, invalid=invalid))
            raise StateError(f"{invalid} of {rows} rows are wrong; in strict mode nothing is imported then.")
        reading = self.current.reading
        start = {**reading.start, "encoding": reader.position.encoding}
        reading = replace(reading, phase="importing", start=start, position=start)
        # Saved before anything is written: whoever goes on has to know that something may have been.
        self.current = imports.save(self._ports.table, self.current, replace(self.current, reading=reading))
        return True

    def _note(self, reader: Reader, rows: int) -> None:
        if rows > MAX_FILE_ROWS:
            raise CsvStructureError(f"the file has more than {MAX_FILE_ROWS:,} rows: split it")
        reading = replace(self.current.reading, position=reader.position.to_item(), rows=rows)
        self.current = replace(self.current, reading=reading, updated_at=self._ports.clock.now_ms())

    def _reject_bad(self, row_checks: RowChecks[Checked], records: Sequence[Record]) -> None:
        checked = row_checks.check(records)
        bad = [one for one in checked if isinstance(one, ImportRowError)]
        cells = {record.row: record.cells for record in records}
        self.current = with_errors(self._ports, self.current, bad, cells)

    def _batches(self, row_checks: RowChecks[Checked]) -> Iterator[Batch[Checked]]:
        reading, reader = self.current.reading, self._reader()
        while records := _next(reader):
            cells = {record.row: record.cells for record in records}
            behind = replace(reading, position=reader.position.to_item())
            yield Batch(row_checks.check(records), records[-1].row, behind, cells)

    def _reader(self) -> Reader:
        assert self.current.file is not None, "the import is a request's"
        position = Position.from_item(self.current.reading.position)
        return Reader(self._ports.bucket.blocks(self.current.file, position.offset), position)


def _next(reader: Reader) -> list[Record]:
    """The next rows that are worked on at once."""
    records: list[Record] = []
    size = 0
    for record in islice(reader, run.ROWS_PER_WRITE):
        records.append(record)
        size += sum(map(len, record.cells))
        if size >= MAX_BATCH_CHARACTERS:
            break
    return records
