"""The import queue: an import, of a file or of a request, is gone on with from its checkpoint."""

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile import import_worker, observability, triggers, wiring
from campanile.import_queue import job_of

RESERVE_MS = 60_000
"""Some thousand more rows are begun with only while there is this much time."""

LEASE_SECONDS = 150
"""After so long without a sign of life the import is another worker's."""

TRIES = 5
"""As often as the queue delivers a message; the template says the same."""


def go_on(record: SQSRecord, context: LambdaContext) -> None:
    ports = wiring.import_ports()

    def may_go_on() -> bool:
        ports.import_queue.hold(record.receipt_handle, LEASE_SECONDS)
        return context.get_remaining_time_in_millis() > RESERVE_MS

    is_last_try = int(record.attributes.approximate_receive_count) >= TRIES
    may_go_on()
    done = import_worker.resume(ports, job_of(record.body), may_go_on, is_last_try)
    fields = {"import_id": done.job, "org": done.org, "status": done.status, **done.counts.model_dump()} if done else {}
    observability.logger().info("import", extra={"action": "import", "again": done is None, **fields})


handler = triggers.queue_batch(go_on)
