"""The work queue: an import, of a file or of a request, an export or a release is gone on with from where it stands."""

from dataclasses import asdict

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.adapters.work_queue import ExportOrder, ImportOrder, ReleaseOrder, order_of
from campanile.contacts import export_contacts, release_held
from campanile.edge import observability
from campanile.edge.queue_batch import queue_batch
from campanile.edge.wiring import contacts, files, imports
from campanile.imports import resume

RESERVE_MS = 60_000
"""Some thousand more rows are begun with only while there is this much time."""
LEASE_SECONDS = 150
"""After so long without a sign of life the work is another worker's."""
TRIES = 5
"""The queue delivers a message once more, as the template says: whoever was killed at the last try ended nothing."""


def work(record: SQSRecord, context: LambdaContext) -> None:
    def may_go_on() -> bool:
        files.work_queue().hold(record.receipt_handle, LEASE_SECONDS)
        return context.get_remaining_time_in_millis() > RESERVE_MS

    tries = int(record.attributes.approximate_receive_count)
    may_go_on()
    log, is_last_try = observability.logger(), tries == TRIES
    match order_of(record.body):
        case order if tries > TRIES:
            if isinstance(order, ImportOrder):  # the others are begun anew when they are asked for
                resume.give_up(imports.import_ports(), order.job)
            raise TimeoutError
        case ImportOrder(job):
            done = resume.resume(imports.import_ports(), job, may_go_on, is_last_try)
            fields = {"org": done.org, "status": done.status, **asdict(done.counts)} if done else {}
            log.info("import", extra={"action": "import", "import_id": job, "again": done is None, **fields})
        case ExportOrder() as order:
            made = export_contacts.go_on(contacts.export_ports(), order, may_go_on, is_last_try)
            told = {"export_id": made.id, "status": made.status, "rows": made.rows} if made else {}
            log.info("export", extra={"action": "export", "again": made is None, **told})
        case ReleaseOrder() as order:
            count = release_held.go_on(contacts.release_ports(), order, may_go_on)
            log.info("release", extra={"action": "release_held", "org": order.org, "contacts": count})


handler = queue_batch(work)
