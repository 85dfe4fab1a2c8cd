"""One message of the work queue: continues an import, an export, or the enqueuing of held contacts."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from campanile.adapters.faults import Log
from campanile.adapters.work_queue import EnqueueOrder, ExportOrder, ImportOrder, order_of
from campanile.contacts import enqueue_held, export_contacts
from campanile.contacts.enqueue_held import EnqueuePorts
from campanile.contacts.export_contacts import ExportPorts
from campanile.imports import resume
from campanile.imports.run import ImportPorts

RESERVE_MS = 60_000
"""A worker begins the next batch only while it has this much time left."""
LEASE_SECONDS = 150
"""After this long without a heartbeat, another worker takes the message."""
TRIES = 5
"""The template has the queue deliver a message once more after these, because a worker killed on the last try could
not end its import.
"""


@dataclass(frozen=True, slots=True)
class WorkPorts:
    """What the worker works with."""

    imports: ImportPorts
    exports: ExportPorts
    enqueuing: EnqueuePorts
    log: Log


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as the queue delivered it. `tries` counts this delivery too."""

    body: str
    receipt: str
    tries: int
    remaining_ms: Callable[[], int]


def take_up(ports: WorkPorts, delivery: Delivery) -> None:
    """Continue the work that a message names, with a heartbeat for each batch.

    Raises TimeoutError when the last try is over: the message then goes to the dead-letter queue.
    """

    def may_go_on() -> bool:
        ports.imports.work_queue.keep_invisible(delivery.receipt, LEASE_SECONDS)
        return delivery.remaining_ms() > RESERVE_MS

    may_go_on()
    order = order_of(delivery.body)
    if delivery.tries > TRIES:
        _give_up(ports, order)
        raise TimeoutError
    is_last_try = delivery.tries == TRIES
    match order:
        case ImportOrder():
            _import(ports, order, may_go_on, is_last_try)
        case ExportOrder():
            _export(ports, order, may_go_on, is_last_try)
        case EnqueueOrder():
            count = enqueue_held.continue_enqueuing(ports.enqueuing, order, may_go_on)
            ports.log.info("release", extra={"action": "release_held", "org": order.org, "contacts": count})


def _give_up(ports: WorkPorts, order: ImportOrder | ExportOrder | EnqueueOrder) -> None:
    """End an import as failed. The others start again when a client asks for them."""
    if isinstance(order, ImportOrder):
        resume.give_up(ports.imports, order.job)


def _import(ports: WorkPorts, order: ImportOrder, may_go_on: Callable[[], bool], is_last_try: bool) -> None:
    done = resume.resume(ports.imports, order.job, may_go_on, is_last_try)
    fields = {"org": done.org, "status": done.status, **asdict(done.counts)} if done else {}
    ports.log.info("import", extra={"action": "import", "import_id": order.job, "again": done is None, **fields})


def _export(ports: WorkPorts, order: ExportOrder, may_go_on: Callable[[], bool], is_last_try: bool) -> None:
    done = export_contacts.continue_export(ports.exports, order, may_go_on, is_last_try)
    fields = {"export_id": done.id, "status": done.status, "rows": done.rows} if done else {}
    ports.log.info("export", extra={"action": "export", "again": done is None, **fields})
