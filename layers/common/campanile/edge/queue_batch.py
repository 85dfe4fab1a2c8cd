"""The entry point of a function that a standard queue invokes: only messages that failed are delivered again."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.adapters import faults
from campanile.edge import observability
from campanile.edge.invocation import Handler, ServingError


def queue_batch(serve: Callable[[SQSRecord, LambdaContext], None]) -> Handler:
    """A handler that serves each message of a batch, and logs those that failed."""

    def handler(event: dict[str, Any], context: LambdaContext) -> Any:
        def serve_and_log(record: SQSRecord) -> None:
            try:
                serve(record, context)
            except Exception as error:  # noqa: BLE001  the edge: every failure is logged, then raised without its words
                observability.logger().error("message failed", extra={"action": "failed", **faults.describe(error)})
                raise ServingError(type(error).__name__) from None

        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        return process_partial_response(event, serve_and_log, processor, context)

    return handler
