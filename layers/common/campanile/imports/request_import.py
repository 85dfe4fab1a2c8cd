"""An import whose rows came with a request. They are kept in the bucket and written from checkpoints."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from campanile.contacts.rows import ContactRow
from campanile.domain.campaign import Campaign
from campanile.domain.errors import NotFoundError, StateError
from campanile.domain.times import WORK_IN_REQUEST_MS
from campanile.imports import contacts_file, kept_rows, run
from campanile.imports.run import Batch, ImportPorts, Run, finished
from campanile.imports.write_contacts import ContactWriter
from campanile.store import imports
from campanile.store.imports import Import, ImportTakenOverError
from campanile.store.table import ContendedError, ItemTooLargeError

WRITING_MS = WORK_IN_REQUEST_MS
"""How long a request writes contacts itself."""
TAKEN_UP_AFTER_SECONDS = 30
"""Longer than any function of the API may run. After this, a worker may continue an unfinished import."""


def continue_request(ports: ImportPorts, current: Import, may_go_on: Callable[[], bool]) -> Import:
    """Continue a request's import from its checkpoint while `may_go_on`.

    Raises ImportTakenOverError when another run has come further meanwhile.
    """
    assert current.rows_key is not None, "the import is a file's"
    writing: Run[ContactRow] | None = None
    try:
        writing = Run(ports, current, ContactWriter(ports, contacts_file.campaign_of(ports.table, current)).write)
        rows = kept_rows.read(current.job, ports.bucket.kept(current.rows_key))
        return writing.go(_batches(current, rows), may_go_on)
    except (NotFoundError, StateError) as error:
        return finished(ports, writing.current if writing else current, "failed", str(error))


def begin(ports: ImportPorts, new: Import, rows: Sequence[ContactRow]) -> Import:
    """Keep the rows, have a worker continue if this request dies, and return the import.

    Called again, it returns the existing import.
    """
    rows_key = f"requests/{new.job}.jsonl"
    ports.bucket.keep(rows_key, kept_rows.written(rows))
    ports.work_queue.send_import(new.job, TAKEN_UP_AFTER_SECONDS)
    return imports.begin(ports.table, replace(new, rows_key=rows_key))


def proceed(
    ports: ImportPorts, campaign: Campaign, current: Import, rows: Sequence[ContactRow], began_ms: int
) -> Import:
    """Write contacts while the caller can wait. The request began at `began_ms` (monotonic clock)."""
    until = began_ms + WRITING_MS
    writing = Run(ports, current, ContactWriter(ports, campaign).write)
    try:
        return writing.go(_batches(current, rows), lambda: ports.clock.monotonic_ms() < until)
    except StateError as error:
        return finished(ports, writing.current, "failed", str(error))
    except (ImportTakenOverError, ContendedError, ItemTooLargeError, ClientError, BotoCoreError):
        # The rows are kept and a worker continues. After a refusal, the client would send them twice.
        return writing.current


def _batches(current: Import, rows: Sequence[ContactRow]) -> Iterator[Batch[ContactRow]]:
    """The rows after the checkpoint, as batches for a run."""
    size = run.ROWS_PER_WRITE
    for start in range(current.checkpoint, len(rows), size):
        batch = rows[start : start + size]
        yield Batch(batch, batch[-1].place)
