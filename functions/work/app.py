"""The work queue: an import, of a file or of a request, or an export is gone on with from its checkpoint."""

from collections.abc import Callable

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile import exports, import_worker, observability, triggers, wiring
from campanile.work_queue import ExportOrder, ImportOrder, order_of

RESERVE_MS = 60_000
"""Some thousand more rows are begun with only while there is this much time."""
LEASE_SECONDS = 150
"""After so long without a sign of life the work is another worker's."""
TRIES = 5
"""The queue delivers a message once more, as the template says: whoever was killed at the last try ended nothing."""


def work(record: SQSRecord, context: LambdaContext) -> None:
    def may_go_on() -> bool:
        wiring.work_queue().hold(record.receipt_handle, LEASE_SECONDS)
        return context.get_remaining_time_in_millis() > RESERVE_MS

    tries = int(record.attributes.approximate_receive_count)
    may_go_on()
    match order_of(record.body):
        case order if tries > TRIES:
            if isinstance(order, ImportOrder):  # an export is begun anew when it is asked for
                import_worker.give_up(wiring.import_ports(), order.job)
            raise TimeoutError
        case ImportOrder(job):
            import_rows(job, may_go_on, tries == TRIES)
        case ExportOrder() as order:
            write_export(order, may_go_on, tries == TRIES)


def import_rows(job: str, may_go_on: Callable[[], bool], is_last_try: bool) -> None:
    done = import_worker.resume(wiring.import_ports(), job, may_go_on, is_last_try)
    fields = {"import_id": done.job, "org": done.org, "status": done.status, **done.counts.model_dump()} if done else {}
    observability.logger().info("import", extra={"action": "import", "again": done is None, **fields})


def write_export(order: ExportOrder, may_go_on: Callable[[], bool], is_last_try: bool) -> None:
    done = exports.go_on(wiring.export_ports(), order, may_go_on, is_last_try)
    fields = {"export_id": done.id, "status": done.status, "rows": done.rows} if done else {}
    observability.logger().info("export", extra={"action": "export", "again": done is None, **fields})


handler = triggers.queue_batch(work)
