"""The worker behind the work queue: it goes on with an import from its checkpoint, a file's or a request's."""

from collections.abc import Callable

from campanile.imports import file_import, request_import, run
from campanile.imports.run import ImportPorts
from campanile.store import imports
from campanile.store.imports import Import, ImportTakenOverError

LOOKED_AFTER_SECONDS = 300
"""Longer than a worker goes on without a sign of life: who finds the import unfinished by then may go on with it."""

GIVEN_UP = "It could not be finished after several tries; drop or send again the rows behind the last one counted."


def resume(ports: ImportPorts, job: str, may_go_on: Callable[[], bool], is_last_try: bool = False) -> Import | None:
    """Go on with an import while `may_go_on`; None when there is nothing to do, or another run does it.

    `is_last_try`: nobody will try again, so an error ends the import as failed before it is raised.
    """
    current = imports.get(ports.table, job)
    if current is None or current.status != "running":
        return None
    continue_import = file_import.continue_file if current.file else request_import.continue_request
    try:
        current = continue_import(ports, current, may_go_on)
    except ImportTakenOverError:
        # The other run may die yet, and with this one's message, which may be its own too, nobody would go on.
        ports.work_queue.send_import(job, LOOKED_AFTER_SECONDS)
        return None
    except Exception:  # whatever it was: it is raised again, but nobody would end the import after the last try
        if is_last_try and (left := imports.get(ports.table, job)):
            run.finished(ports, left, "failed", GIVEN_UP)
        raise
    if current.status == "running":
        ports.work_queue.send_import(job)
    return current


def give_up(ports: ImportPorts, job: str) -> None:
    """End an import as failed whose last worker was killed: it could not do so itself."""
    current = imports.get(ports.table, job)
    if current is not None and current.status == "running":
        run.finished(ports, current, "failed", GIVEN_UP)
