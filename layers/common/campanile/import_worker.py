"""The worker behind the work queue: it goes on with an import from its checkpoint, a file's or a request's."""

from collections.abc import Callable

from campanile import import_files, import_runs, inline_contacts
from campanile.import_runs import ImportPorts
from campanile.store import imports
from campanile.store.imports import Import, ImportTakenOverError


def resume(ports: ImportPorts, job: str, may_go_on: Callable[[], bool], is_last_try: bool = False) -> Import | None:
    """Go on with an import while `may_go_on`; None when there is nothing to do, or another run does it.

    `is_last_try`: nobody will try again, so an error ends the import as failed before it is raised.
    """
    current = imports.get(ports.table, job)
    if current is None or current.status != "running":
        return None
    go_on = import_files.go_on if current.file else inline_contacts.go_on
    try:
        current = go_on(ports, current, may_go_on)
    except ImportTakenOverError:
        return None
    except Exception:  # whatever it was: it is raised again, but nobody would end the import after the last try
        if is_last_try and (left := imports.get(ports.table, job)):
            reason = (
                "It could not be finished after several tries; drop or send again the rows behind the last one counted."
            )
            import_runs.finished(ports, left, "failed", reason)
        raise
    if current.status == "running":
        ports.work_queue.send_import(job)
    return current
