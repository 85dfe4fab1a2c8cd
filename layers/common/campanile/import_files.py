"""CSV files become contacts: a pass that checks the whole file, then one that writes it, both from their checkpoints.

Nothing is written of a file that cannot be read to its end, has no phone column or, in `strict` mode (seed 000), has
one bad row; in `lenient` mode (seed 002) bad rows are reported and left out.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from campanile import csv_columns, csv_rows, csv_source, import_rows, import_runs
from campanile.answers import ImportCounts, ImportRowError
from campanile.csv_columns import Columns
from campanile.csv_headers import FIELD_HEADERS
from campanile.csv_rows import CsvRow, RowError
from campanile.csv_source import CsvStructureError, Position, Reader, Record
from campanile.entities import Campaign, Contact
from campanile.errors import RequestError, StateError
from campanile.import_rows import NameClaims, Prepared, Terms
from campanile.import_runs import Batch, ImportPorts, Run
from campanile.lifecycle import CampaignStatus
from campanile.number_set import NumberSet, as_integer, fingerprint
from campanile.store import configurations, contacts, counters, imports, keys
from campanile.store.imports import FileProgress, Import
from campanile.store.table import Table

MAX_FILE_BYTES = 1_000_000_000
MAX_FILE_ROWS = 5_000_000
BATCHES_PER_CHECK = 25
"""How many batches of rows are checked between two checkpoints."""
MAX_BATCH_CHARACTERS = 8_000_000
"""Of rows that are worked on at once: two thousand may have a gigabyte."""
BLOCKS_PER_SIGN = 50
"""A large campaign's numbers take minutes to read: how many blocks between two signs of life."""


def go_on(ports: ImportPorts, current: Import, may_go_on: Callable[[], bool]) -> Import:
    """Import a file from its checkpoint on while `may_go_on`; one that cannot be imported ends as failed and says why.

    Raises ImportTakenOverError when another run has come further meanwhile.
    """
    job = _FileJob(ports, current)
    try:
        return job.go(may_go_on)
    except (CsvStructureError, RequestError) as error:
        return import_runs.finished(ports, job.current, "failed", job.told(error), may_go_on)


@dataclass(frozen=True, slots=True)
class RowChecks:
    """What the rows of a file are checked against, in their order.

    `coming` are the external ids of rows before that bring a number, `claims` the contacts that those rows mean.
    """

    table: Table
    campaign: Campaign
    columns: Columns
    terms: Terms
    coming: NumberSet = field(default_factory=NumberSet)
    claims: NameClaims = field(default_factory=NameClaims)

    def check(self, records: Iterable[Record]) -> list[Prepared | ImportRowError]:
        """The records that are not blank, each ready for the upsert or with its error."""
        rows = [row for record in records if (row := csv_rows.read_row(record, self.columns))]
        key = self.campaign.key
        names = [name for row in rows if isinstance(row, CsvRow) for name in import_rows.names(key, row)]
        found = contacts.get_many(self.table, key, names)
        return [_told(row) if isinstance(row, RowError) else self._by_header(self._prepare(row, found)) for row in rows]

    def _prepare(self, row: CsvRow, found: Mapping[str, Contact]) -> Prepared | ImportRowError:
        checked = import_rows.prepare(self.terms, row, found, self.coming)
        if isinstance(checked, ImportRowError) or not row.external_id:
            return checked
        contact = next((found[name] for name in import_rows.names(self.campaign.key, row) if name in found), None)
        if self.claims.conflict(checked, contact.id if contact else checked.identity(self.campaign.key)):
            message = import_rows.CONFLICT
            return ImportRowError(row=row.row, column="external_id", code="identity_conflict", message=message)
        if checked.numbers:
            self.coming.add(fingerprint(row.external_id))
        return checked

    def _by_header(self, checked: Prepared | ImportRowError) -> Prepared | ImportRowError:
        """The error with the column as its header names it, where it names a field."""
        if isinstance(checked, Prepared) or checked.column is None:
            return checked
        index = getattr(self.columns, checked.column, None) if checked.column in FIELD_HEADERS else None
        return checked if index is None else checked.model_copy(update={"column": self.columns.headers[index]})


def terms_of(table: Table, campaign: Campaign) -> Terms:
    """The terms of the campaign's configuration; ad-hoc contacts have none. Raises StateError when it is gone."""
    if campaign.configuration_id is None:
        return Terms(campaign.key, None, None)
    found = configurations.in_use(table, campaign.org, campaign.configuration_id)
    if found is None:
        raise StateError("The campaign's configuration does not exist any more.")
    return Terms(campaign.key, found.default_country_code, found.default_timezone)


class _FileJob:
    """One run over a file; `current` is how far it has come."""

    def __init__(self, ports: ImportPorts, current: Import) -> None:
        self.current = current
        self._ports = ports

    def go(self, may_go_on: Callable[[], bool]) -> Import:
        campaign = import_runs.campaign_of(self._ports.table, self.current)
        if campaign.status is CampaignStatus.CLOSED:
            raise StateError("The campaign is closed; a closed campaign takes no contacts.")
        if not self.current.reading.header:
            self._begin(campaign)
        columns = csv_columns.detect_columns(self.current.reading.header, self.current.mapping)
        reading = self.current.reading
        terms = Terms(campaign.key, reading.country_code, reading.timezone)
        row_checks = RowChecks(self._ports.table, campaign, columns, terms)
        if self.current.reading.phase == "checking" and not self._check(row_checks, may_go_on):
            return self.current
        known = None if campaign.unique_numbers else self._known(campaign, columns, may_go_on)
        run = Run(self._ports, campaign, self.current, known)
        try:
            return run.go(self._batches(row_checks), may_go_on)
        finally:
            self.current = run.current

    def told(self, error: Exception) -> str:
        """Why it failed, and how many rows had been stored by then."""
        counts = self.current.counts
        if self.current.reading.phase == "checking":
            return str(error)
        behind = "; some of those behind may be stored too" if self.current.reading.rows > counts.rows else ""
        return f"{error} ({counts.inserted + counts.updated} rows had been stored{behind})"

    def _begin(self, campaign: Campaign) -> None:
        assert self.current.file is not None, "the import is a request's"
        if (size := self.current.file.size) > MAX_FILE_BYTES:
            raise CsvStructureError(f"the file has {size:,} bytes; at most {MAX_FILE_BYTES:,} are taken: split it")
        position, header = csv_source.begin(self._head())
        csv_columns.detect_columns(header, self.current.mapping)
        item, terms = position.to_item(), terms_of(self._ports.table, campaign)
        self.current = replace(
            self.current,
            reading=FileProgress(
                header=tuple(header),
                start=item,
                position=item,
                country_code=terms.country_code,
                timezone=terms.timezone,
            ),
            numbers_before=counters.allocated(self._ports.table, campaign.key),
        )

    def _head(self) -> bytes:
        assert self.current.file is not None, "the import is a request's"
        head = b""
        for block in self._ports.uploads.blocks(self.current.file):
            head += block
            if len(head) >= csv_source.HEAD_BYTES:
                break
        return head

    def _check(self, row_checks: RowChecks, may_go_on: Callable[[], bool]) -> bool:
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

    def _reject_bad(self, row_checks: RowChecks, records: Sequence[Record]) -> None:
        checked = row_checks.check(records)
        bad = [one for one in checked if isinstance(one, ImportRowError)]
        cells = {record.row: record.cells for record in records}
        self.current = import_runs.with_errors(self._ports, self.current, bad, cells)

    def _known(self, campaign: Campaign, columns: Columns, still_here: Callable[[], bool]) -> NumberSet:
        """The campaign's numbers. Rows that bring but one number are known by their ids, those of this file too."""
        before = self.current.numbers_before
        needs_own = self.current.checkpoint > 0 and (
            len(columns.phones) > 1 or columns.id is not None or columns.external_id is not None
        )
        given_out = counters.allocated(self._ports.table, campaign.key) if needs_own else before
        known = NumberSet()
        for block in range(-(-given_out // keys.BLOCK_SIZE)):
            if block and block % BLOCKS_PER_SIGN == 0:
                still_here()
            for number in contacts.numbers(self._ports.table, campaign.key, block):
                known.add(as_integer(number))
        return known

    def _batches(self, row_checks: RowChecks) -> Iterator[Batch]:
        reading, reader = self.current.reading, self._reader()
        while records := _next(reader):
            cells = {record.row: record.cells for record in records}
            behind = replace(reading, position=reader.position.to_item())
            yield Batch(row_checks.check(records), records[-1].row, behind, cells)

    def _reader(self) -> Reader:
        assert self.current.file is not None, "the import is a request's"
        position = Position.from_item(self.current.reading.position)
        return Reader(self._ports.uploads.blocks(self.current.file, position.offset), position)


def _next(reader: Reader) -> list[Record]:
    """The next rows that are worked on at once."""
    records: list[Record] = []
    size = 0
    for record in islice(reader, import_runs.ROWS_PER_WRITE):
        records.append(record)
        size += sum(map(len, record.cells))
        if size >= MAX_BATCH_CHARACTERS:
            break
    return records


def _told(error: RowError) -> ImportRowError:
    return ImportRowError(row=error.row, column=error.column, code=error.code, message=error.message)
