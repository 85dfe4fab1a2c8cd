"""One run over an import's rows, from its checkpoint on: the same for a file and for a request's contacts.

Every two thousand rows are written, counted and then put behind the checkpoint in one conditional write. A run that
was cut short is taken up from there; of two that run at once, the one that comes second to a checkpoint stops. A
contact bears the row that wrote it, so rows written behind the checkpoint are known again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from campanile import failed_rows, upsert
from campanile.answers import ImportRowError
from campanile.clock import Clock
from campanile.dial_queue import DialQueue
from campanile.entities import Campaign, Contact
from campanile.errors import NotFoundError
from campanile.import_rows import Prepared
from campanile.number_set import NumberSet, as_integer
from campanile.store import campaigns, contacts, imports, keys, numbers
from campanile.store.imports import FileProgress, Import
from campanile.store.table import Table
from campanile.uploads import Uploads
from campanile.upsert import Result, Row
from campanile.work_queue import WorkQueue

ROWS_PER_WRITE = 2_000


@dataclass(frozen=True, slots=True)
class ImportPorts:
    """What imports work with."""

    table: Table
    dial_queue: DialQueue
    work_queue: WorkQueue
    uploads: Uploads
    clock: Clock


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows, checked, up to `last_row`. Of a file: how far it is read then, and the cells of each row."""

    records: Sequence[Prepared | ImportRowError]
    last_row: int
    reading: FileProgress | None = None
    cells: Mapping[int, Sequence[str]] = field(default_factory=dict)


def always() -> bool:
    """There is time enough for the whole import."""
    return True


class Run:
    """One run over the rows of an import; `current` is how far it has come.

    `known` are the numbers the campaign has: rows of a file that name no contact and bring one of them are duplicates.
    None: the upsert says so itself, as numbers are unique in the campaign, or numbers may repeat in a request.
    """

    def __init__(self, ports: ImportPorts, campaign: Campaign, current: Import, known: NumberSet | None = None) -> None:
        self.current = current
        self._ports = ports
        self._campaign = campaign
        self._known = known

    def go(self, batches: Iterable[Batch], may_go_on: Callable[[], bool] = always) -> Import:
        """Import the batches behind the checkpoint while `may_go_on`; the import is finished when none is left.

        Raises StateError for a closed campaign, ImportTakenOverError when another run has come further meanwhile.
        """
        for batch in batches:
            if not may_go_on():
                return self.current
            self._take(batch)
        status = "completed_with_errors" if self.current.counts.invalid else "completed"
        return finished(self._ports, self.current, status, still_here=may_go_on)

    def _take(self, batch: Batch) -> None:
        """Write one batch, count it, and save the checkpoint behind it."""
        wanted, repeated = self._without_known([one for one in batch.records if isinstance(one, Prepared)])
        stored = self._store(wanted)
        errors = [one for one in batch.records if isinstance(one, ImportRowError)]
        errors += [
            ImportRowError(row=one.row, column=None, code=result.failed.code, message=result.failed.message)
            for one, result in zip(wanted, stored, strict=True)
            if result.failed
        ]
        changed = with_errors(self._ports, self.current, errors, batch.cells)
        taken = [(one, result) for one, result in zip(wanted, stored, strict=True) if result.contact_id]
        new = [one for one, result in taken if not result.duplicate]
        inserted = sum(result.inserted for _, result in taken)
        added = {
            "rows": len(batch.records),
            "inserted": inserted,
            "updated": len(new) - inserted,
            "duplicates": repeated + len(taken) - len(new),
            "do_not_call": self._listed(new),
        }
        counts = {name: getattr(changed.counts, name) + count for name, count in added.items()}
        changed = replace(
            changed,
            checkpoint=batch.last_row,
            reading=batch.reading or changed.reading,
            counts=changed.counts.model_copy(update=counts),
            updated_at=self._ports.clock.now_ms(),
        )
        self.current = imports.save(self._ports.table, self.current, changed)

    def _without_known(self, rows: Sequence[Prepared]) -> tuple[list[Prepared], int]:
        """The rows that bring no number the campaign has already, and how many the others are."""
        known = self._known
        if known is None:
            return list(rows), 0
        held = {one.row for one in rows if any(as_integer(number) in known for number in one.numbers)}
        suspects = [one.identity(self._campaign.key) for one in rows if one.row in held or not one.by_number]
        found = contacts.get_many(self._ports.table, self._campaign.key, suspects)
        fresh: list[Prepared] = []
        meant: set[str] = set()
        for one in rows:
            identity = one.identity(self._campaign.key)
            contact = found.get(identity)
            # Of a contact that an earlier row means, or wrote behind the checkpoint, nothing more is stored.
            is_later = (contact.id if contact else identity) in meant
            is_later |= contact is not None and self.current.wrote_other_row(contact.imported, one.row)
            if is_later or self._brings_known(one, contact, known):
                continue
            fresh.append(one)
            meant.add(contact.id if contact else identity)
            _note(known, one, contact)
        return fresh, len(rows) - len(fresh)

    def _brings_known(self, one: Prepared, contact: Contact | None, known: NumberSet) -> bool:
        if contact is not None and contact.imported == self.current.mark(one.row):
            return False  # its own contact, by a run that was cut short
        return one.by_number and any(as_integer(number) in known for number in one.numbers)

    def _store(self, wanted: Sequence[Prepared]) -> list[Result]:
        rows = [
            Row(
                index,
                one.fields,
                one.numbers or None,
                repeatable_id=one.repeatable_id or None,
                mark=self.current.mark(one.row),
                is_first_of_file=self.current.file is not None,
                only_new=one.by_number,
            )
            for index, one in enumerate(wanted)
        ]
        if not rows:
            return []
        ports, current = self._ports, self.current
        if not self._campaign.is_ad_hoc:  # it may have been closed meanwhile; on creation it is not there yet
            self._campaign = campaigns.get(ports.table, self._campaign.org, self._campaign.id) or self._campaign
        now = ports.clock.now_ms()
        results = upsert.store(ports.table, ports.dial_queue, self._campaign, rows, now, current.created_at)
        if renamed := self._with_other_ids(rows, results):
            again = upsert.store(ports.table, ports.dial_queue, self._campaign, renamed, now, current.created_at)
            for row, result in zip(renamed, again, strict=True):
                results[row.index] = result
        return results

    def _with_other_ids(self, rows: Sequence[Row], results: Sequence[Result]) -> list[Row]:
        """Rows whose number the contact of its id has given up: they make contacts of ids of their own."""
        if self.current.file is None:
            return []
        found = contacts.get_many(
            self._ports.table,
            self._campaign.key,
            [
                result.contact_id
                for row, result in zip(rows, results, strict=True)
                if row.only_new and result.contact_id and result.duplicate
            ],
        )
        key = self._campaign.key
        return [
            replace(row, repeatable_id=keys.contact_id_for(key, f"{row.repeatable_id} {row.mark}"))
            for row, result in zip(rows, results, strict=True)
            if result.contact_id in found
            and row.numbers
            and set(row.numbers).isdisjoint(found[result.contact_id].phone_numbers)
        ]

    def _listed(self, rows: Sequence[Prepared]) -> int:
        """How many rows have no number that is not on the do-not-call list: stored, and never called."""
        listed = numbers.listed(self._ports.table, self._campaign.org, [n for one in rows for n in one.numbers])
        return sum(bool(one.numbers) and listed.issuperset(one.numbers) for one in rows)


def _note(known: NumberSet, one: Prepared, contact: Contact | None) -> None:
    """Let the campaign's numbers be as the row leaves them: a contact gives up those that the row does not repeat."""
    if not one.numbers:
        return
    former = contact.phone_numbers if contact else ()
    for number in former:
        if number not in one.numbers:
            known.discard(as_integer(number))
    for number in one.numbers:
        if number not in former:
            known.add(as_integer(number))


def campaign_of(table: Table, current: Import) -> Campaign:
    """Where the import's contacts go; raises NotFoundError."""
    if current.campaign_key == keys.default_campaign(current.org):
        return campaigns.ad_hoc(current.org)
    found = campaigns.get(table, current.org, current.campaign_key)
    if found is None:
        raise NotFoundError("The campaign was not created: its request ended before it was answered.")
    return found


def with_errors(
    ports: ImportPorts, current: Import, errors: Sequence[ImportRowError], cells: Mapping[int, Sequence[str]]
) -> Import:
    """Count bad rows of a batch, and put those of a file by for the file of failing rows."""
    ordered = sorted(errors, key=lambda one: one.row)
    for error in ordered:
        current = imports.with_error(current, error)
    if not ordered or current.file is None:
        return current
    failed_rows.put_by(ports.uploads, current, [(error, cells[error.row]) for error in ordered])
    return replace(current, report_parts=current.report_parts + 1)


def finished(
    ports: ImportPorts,
    current: Import,
    status: str,
    reason: str | None = None,
    still_here: Callable[[], object] = always,
) -> Import:
    """End the import; raises ImportTakenOverError when another run has come further meanwhile."""
    report = failed_rows.compose(ports.uploads, current, still_here) if current.report_parts else None
    done = replace(current, status=status, reason=reason, report_key=report, updated_at=ports.clock.now_ms())
    return imports.save(ports.table, current, done)
