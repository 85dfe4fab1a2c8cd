"""One run over an import's rows, from its checkpoint on: the same for whatever file and for a request's contacts.

Every two thousand rows are written, counted and then put behind the checkpoint in one conditional write. A run that
was cut short is taken up from there; of two that run at once, the one that comes second to a checkpoint stops. What
a row means, and how rows written behind the checkpoint are known again, is the matter of whoever writes them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from campanile.adapters.bucket import Bucket
from campanile.adapters.clock import Clock
from campanile.adapters.dial_queue import DialQueue
from campanile.adapters.work_queue import WorkQueue
from campanile.domain.import_report import ImportRowError
from campanile.imports import failed_rows
from campanile.store import creation_ranges, imports
from campanile.store.imports import FileProgress, Import
from campanile.store.table import Table

ROWS_PER_WRITE = 2_000


@dataclass(frozen=True, slots=True)
class ImportPorts:
    """What imports work with."""

    table: Table
    dial_queue: DialQueue
    work_queue: WorkQueue
    bucket: Bucket
    clock: Clock


class GoodRow(Protocol):
    """A row that was checked, whatever it is to become."""

    @property
    def place(self) -> int:
        """Its row in the report."""


Checked = TypeVar("Checked", bound=GoodRow)


@dataclass(frozen=True, slots=True)
class Batch(Generic[Checked]):
    """Consecutive rows, checked, up to `last_row`. Of a file: how far it is read then, and the cells of each row."""

    records: Sequence[Checked | ImportRowError]
    last_row: int
    reading: FileProgress | None = None
    cells: Mapping[int, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch's good rows: `counts` as `ImportCounts` names them, and those that could not be stored.

    `created` are the creation numbers of contacts that were inserted; they are kept of pushes only.
    """

    counts: Mapping[str, int]
    errors: Sequence[ImportRowError] = ()
    created: Sequence[int] = ()


Write = Callable[[Import, Sequence[Checked]], Written]
"""Writes a batch; the same batch again, after a run was cut short, counts the same."""


def always() -> bool:
    """There is time enough for the whole import."""
    return True


class Run(Generic[Checked]):
    """One run over the rows of an import; `current` is how far it has come."""

    def __init__(self, ports: ImportPorts, current: Import, write: Write[Checked]) -> None:
        self.current = current
        self._ports = ports
        self._write = write

    def go(self, batches: Iterable[Batch[Checked]], may_go_on: Callable[[], bool] = always) -> Import:
        """Import the batches behind the checkpoint while `may_go_on`; the import is finished when none is left.

        Raises what the writing does, and ImportTakenOverError when another run has come further meanwhile.
        """
        for batch in batches:
            if not may_go_on():
                return self.current
            self._take(batch)
        status = "completed_with_errors" if self.current.counts.invalid else "completed"
        return finished(self._ports, self.current, status, still_here=may_go_on)

    def _take(self, batch: Batch[Checked]) -> None:
        """Write one batch, count it, and save the checkpoint behind it."""
        written = self._write(self.current, [one for one in batch.records if not isinstance(one, ImportRowError)])
        errors = [one for one in batch.records if isinstance(one, ImportRowError)]
        changed = with_errors(self._ports, self.current, [*errors, *written.errors], batch.cells)
        added = {"rows": len(batch.records), **written.counts}
        counts = {name: getattr(changed.counts, name) + count for name, count in added.items()}
        changed = replace(
            changed,
            checkpoint=batch.last_row,
            reading=batch.reading or changed.reading,
            counts=replace(changed.counts, **counts),
            created=creation_ranges.merged(changed.created, written.created if changed.push else ()),
            updated_at=self._ports.clock.now_ms(),
        )
        self.current = imports.save(self._ports.table, self.current, changed)


def with_errors(
    ports: ImportPorts, current: Import, errors: Sequence[ImportRowError], cells: Mapping[int, Sequence[str]]
) -> Import:
    """Count bad rows of a batch, and put those of a file by for the file of failing rows."""
    ordered = sorted(errors, key=lambda one: one.row)
    for error in ordered:
        current = imports.with_error(current, error)
    if not ordered or current.file is None:
        return current
    failed_rows.put_by(ports.bucket, current, [(error, cells[error.row]) for error in ordered])
    return replace(current, report_parts=current.report_parts + 1)


def finished(
    ports: ImportPorts,
    current: Import,
    status: str,
    reason: str | None = None,
    still_here: Callable[[], object] = always,
) -> Import:
    """End the import; raises ImportTakenOverError when another run has come further meanwhile."""
    report = failed_rows.compose(ports.bucket, current, still_here) if current.report_parts else None
    done = replace(current, status=status, reason=reason, report_key=report, updated_at=ports.clock.now_ms())
    return imports.save(ports.table, current, done)
