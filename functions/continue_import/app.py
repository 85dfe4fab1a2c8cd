"""The import queue: an import that its request could not finish is gone on with, from its checkpoint."""

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile import inline_contacts, observability, triggers, wiring
from campanile.import_queue import job_of

RESERVE_MS = 20_000
"""A few hundred more contacts are begun with only while there is this much time."""

TRIES = 5
"""As often as the queue delivers a message; the template says the same."""


def go_on(record: SQSRecord, context: LambdaContext) -> None:
    done = inline_contacts.resume(
        wiring.import_ports(),
        job_of(record.body),
        lambda: context.get_remaining_time_in_millis() > RESERVE_MS,
        is_last_try=int(record.attributes.approximate_receive_count) >= TRIES,
    )
    fields = {"import_id": done.job, "status": done.status, **done.counts.model_dump()} if done else {}
    observability.logger().info("import", extra={"action": "import", "again": done is None, **fields})


handler = triggers.queue_batch(go_on)
