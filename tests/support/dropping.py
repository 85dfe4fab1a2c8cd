"""Files as a test drops them: received, and imported by the worker at once."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from campanile.domain.stored_file import StoredFile
from campanile.imports import begin, resume
from campanile.imports.run import always
from campanile.store import imports as stored
from campanile.store.imports import Import
from tests.support.dialer import Dialer


def take(dialer: Dialer, file: StoredFile) -> Import:
    """The event of a file comes, and the worker runs until the import is done; answers how it stands then."""
    begun = begin.receive(dialer.import_ports, file)
    return work_off(dialer, begun.job)


def work_off(dialer: Dialer, job: str, may_go_on: Callable[[], bool] = always) -> Import:
    """The worker runs, as often as it asks for it."""
    while True:
        done = resume.resume(dialer.import_ports, job, may_go_on)
        if done is None or done.status != "running":
            return read(dialer, job)


def read(dialer: Dialer, job: str) -> Import:
    """The import as it is stored."""
    found = stored.get(dialer.table, job)
    assert found
    return found


def counts(done: Import) -> Mapping[str, int]:
    """What is not zero of an import's counts."""
    return {name: count for name, count in asdict(done.counts).items() if count}
