"""The export queue: an export is written, or gone on with from its checkpoint."""

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile import exports, observability, triggers, wiring
from campanile.export_queue import order_of

TRIES = 5
"""As often as the queue delivers a message; the template says the same."""


def write(record: SQSRecord, context: LambdaContext) -> None:
    done = exports.go_on(
        wiring.export_ports(),
        order_of(record.body),
        context.get_remaining_time_in_millis,
        is_last_try=int(record.attributes.approximate_receive_count) >= TRIES,
    )
    fields = {"export_id": done.id, "status": done.status, "rows": done.rows} if done else {}
    observability.logger().info("export", extra={"action": "export", "again": done is None, **fields})


handler = triggers.queue_batch(write)
