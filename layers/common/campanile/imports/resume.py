"""Continues an import from its checkpoint, whether it came as a file or with a request."""

from collections.abc import Callable

from campanile.imports import file_import, request_import, run
from campanile.imports.run import ImportPorts
from campanile.store import imports
from campanile.store.imports import Import, ImportTakenOverError

LOOKED_AFTER_SECONDS = 300
"""Longer than a worker runs without a heartbeat. After this, another worker may continue an unfinished import."""

GIVEN_UP = "It could not be finished after several tries; drop or send again the rows after the last one counted."


def resume(ports: ImportPorts, job: str, may_go_on: Callable[[], bool], is_last_try: bool = False) -> Import | None:
    """Continue an import while `may_go_on`. Returns None when nothing is left to do, or another run does it.

    `is_last_try`: nothing tries again after this run, so an error ends the import as failed before it is raised.
    """
    current = imports.get(ports.table, job)
    if current is None or current.status != "running":
        return None
    continue_import = file_import.continue_file if current.file else request_import.continue_request
    try:
        current = continue_import(ports, current, may_go_on)
    except ImportTakenOverError:
        # The other run may still die. This message may be its own too, so without another one nothing would continue.
        ports.work_queue.send_import(job, LOOKED_AFTER_SECONDS)
        return None
    except Exception:  # any error: after the last try nothing else would end the import; it is raised again
        if is_last_try and (left := imports.get(ports.table, job)):
            run.finished(ports, left, "failed", GIVEN_UP)
        raise
    if current.status == "running":
        ports.work_queue.send_import(job)
    return current


def give_up(ports: ImportPorts, job: str) -> None:
    """End an import as failed. Its last worker was killed and could not do so."""
    current = imports.get(ports.table, job)
    if current is not None and current.status == "running":
        run.finished(ports, current, "failed", GIVEN_UP)
