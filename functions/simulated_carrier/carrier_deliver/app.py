"""Carrier queue: the simulated carrier posts due events to the platform."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.edge import observability
from campanile.simulated_carrier import wiring
from campanile.simulated_carrier.delivery import EventNotDeliveredError
from campanile.simulated_carrier.event_queue import due_event


def deliver(record: SQSRecord) -> None:
    event = due_event(record.body)
    try:
        result = wiring.delivery().deliver(event, datetime.now(UTC))
    except EventNotDeliveredError as error:
        observability.logger().warning("not delivered", attempt_id=event.attempt_id, type=event.type, reason=str(error))
        raise
    observability.logger().info(result.value, attempt_id=event.attempt_id, type=event.type)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, deliver, processor, context))
