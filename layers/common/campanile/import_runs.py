"""One run over an import's rows, from its checkpoint on: the same for a dropped file and for a request's contacts.

Every few hundred rows are written, counted and then put behind the checkpoint in one conditional write. A run that
was cut short is taken up from there; of two that run at once, the one that comes second to a checkpoint stops.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from campanile import upsert
from campanile.answers import ImportAnswer, ImportRowError, ImportsAnswer
from campanile.clock import Clock
from campanile.dial_queue import DialQueue
from campanile.entities import Campaign
from campanile.field_types import instant
from campanile.import_queue import ImportQueue
from campanile.models import ContactInput
from campanile.store import campaigns, contacts, imports, keys
from campanile.store.imports import Import
from campanile.store.table import Table
from campanile.uploads import Uploads
from campanile.upsert import Row

ROWS_PER_WRITE = 500
LISTED_IMPORTS = 100


@dataclass(frozen=True, slots=True)
class ImportPorts:
    """What imports work with."""

    table: Table
    dial_queue: DialQueue
    import_queue: ImportQueue
    uploads: Uploads
    clock: Clock


@dataclass(frozen=True, slots=True)
class Prepared:
    """A good row, ready for the upsert; `row` is its place in the report.

    `repeatable_id` is the id it gets when it is new and names none, `by_number` whether a contact that has this id
    already makes the row a duplicate.
    """

    row: int
    fields: ContactInput
    numbers: tuple[str, ...]
    repeatable_id: str
    by_number: bool = False


def always() -> bool:
    """There is time enough for the whole import."""
    return True


class Run:
    """One run over the rows of an import; `current` is how far it has come. `resumed`: another run was cut short."""

    def __init__(self, ports: ImportPorts, campaign: Campaign, current: Import, resumed: bool) -> None:
        self.current = current
        self._ports = ports
        self._campaign = campaign
        # A run cut short may have written a part of its next rows: those are found again, not updated.
        self._may_find_own = resumed
        self._behind: set[str] = set()

    def go(self, records: Iterable[Prepared | ImportRowError], may_go_on: Callable[[], bool] = always) -> Import:
        """Import the rows behind the checkpoint while `may_go_on`; the import is finished when none is left.

        Raises StateError for a closed campaign, ImportTakenOverError when another run has come further meanwhile.
        """
        seen: set[str] = set()
        rest = iter(records)
        while chunk := list(islice(rest, ROWS_PER_WRITE)):
            fresh = list(_first_of_import(chunk, seen))
            if chunk[-1].row <= self.current.checkpoint:
                self._behind.update(self._identity(one) for one in fresh)
                continue
            if not may_go_on():
                return self.current
            self._take(chunk, fresh)
        status = "completed_with_errors" if self.current.counts.invalid else "completed"
        return finished(self._ports, self.current, status)

    def _take(self, chunk: Sequence[Prepared | ImportRowError], fresh: Sequence[Prepared]) -> None:
        """Write one chunk, count it, and save the checkpoint behind it."""
        bad = [one for one in chunk if isinstance(one, ImportRowError)]
        repeated = len(chunk) - len(bad) - len(fresh)
        inserted, updated, known, refused = self._write(fresh)
        changed = self.current
        for error in sorted([*bad, *refused], key=lambda one: one.row):
            changed = imports.with_error(changed, error)
        counts = changed.counts
        changed = replace(
            changed,
            checkpoint=chunk[-1].row,
            updated_at=self._ports.clock.now_ms(),
            counts=counts.model_copy(
                update={
                    "rows": counts.rows + len(chunk),
                    "inserted": counts.inserted + inserted,
                    "updated": counts.updated + updated,
                    "duplicates": counts.duplicates + known + repeated,
                }
            ),
        )
        imports.save(self._ports.table, self.current, changed)
        self.current = changed
        self._may_find_own = False

    def _write(self, fresh: Sequence[Prepared]) -> tuple[int, int, int, list[ImportRowError]]:
        """Upsert rows; answers how many were inserted, updated, left out as their number was there, and the refused."""
        ports, key = self._ports, self._campaign.key
        found = contacts.get_many(ports.table, key, [self._identity(one) for one in fresh])
        # Contacts bear the time of the import that made them, so an interrupted run knows its own again.
        own = {name for name, one in found.items() if one.created_at == self.current.created_at}
        known = {one.repeatable_id for one in fresh if one.by_number and one.repeatable_id in found.keys() - own}
        wanted = [one for one in fresh if one.repeatable_id not in known]
        rows = [
            Row(index, one.fields, one.numbers or None, repeatable_id=one.repeatable_id or None)
            for index, one in enumerate(wanted)
        ]
        if not rows:
            return 0, 0, len(known), []
        now, created = ports.clock.now_ms(), self.current.created_at
        if not self._campaign.is_ad_hoc:  # it may have been closed meanwhile; on creation it is not there yet
            self._campaign = campaigns.get(ports.table, self._campaign.org, self._campaign.id) or self._campaign
        answer = upsert.upsert(ports.table, ports.dial_queue, self._campaign, rows, now, created)
        refused = [
            ImportRowError(row=wanted[one.index].row, column=None, code=one.code, message=one.message)
            for one in answer.failed
        ]
        failed = {one.index for one in answer.failed}
        stored = {self._identity(one) for index, one in enumerate(wanted) if index not in failed}
        again = len(stored & own - self._behind) if self._may_find_own else 0
        return answer.inserted + again, answer.updated - again, len(known), refused

    def _identity(self, one: Prepared) -> str:
        """The id under which the row's contact is found."""
        if one.fields.id is not None:
            return one.fields.id
        if one.fields.external_id is not None:
            return keys.contact_id_for(self._campaign.key, one.fields.external_id)
        return one.repeatable_id


def finished(ports: ImportPorts, current: Import, status: str, reason: str | None = None) -> Import:
    """End the import; raises ImportTakenOverError when another run has come further meanwhile."""
    done = replace(current, status=status, reason=reason, updated_at=ports.clock.now_ms())
    imports.save(ports.table, current, done)
    return done


def list_imports(table: Table, campaign: Campaign) -> ImportsAnswer:
    """The campaign's imports with their reports, newest first, at most 100."""
    found = imports.of_campaign(table, campaign.key, LISTED_IMPORTS)
    return ImportsAnswer(imports=[answer(one) for one in found])


def answer(one: Import) -> ImportAnswer:
    """The import as the API shows it."""
    return ImportAnswer.model_validate(
        {
            "id": one.job,
            "file_name": one.file_name,
            "status": one.status,
            "reason": one.reason,
            "counts": one.counts,
            "errors": list(one.errors),
            "created_at": instant(one.created_at),
            "updated_at": instant(one.updated_at),
        }
    )


def _first_of_import(chunk: Sequence[Prepared | ImportRowError], seen: set[str]) -> Iterator[Prepared]:
    """Rows whose number no earlier row had; rows with an id of their own always pass."""
    for one in chunk:
        if isinstance(one, ImportRowError):
            continue
        if one.by_number and seen.intersection(one.numbers):
            continue
        seen.update(one.numbers)
        yield one
