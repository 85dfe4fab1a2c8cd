"""The entry points of functions that no API route invokes: queue batches, the schedule, files in the bucket."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.adapters import faults
from campanile.edge import observability

Handler = Callable[[dict[str, Any], LambdaContext], Any]


class ServingError(Exception):
    """An invocation failed. Lambda logs the words of what is raised, so this names the type of the error only."""


def queue_batch(serve: Callable[[SQSRecord, LambdaContext], None]) -> Handler:
    """A handler that serves each message of a standard queue; only those that failed are delivered again."""

    def handler(event: dict[str, Any], context: LambdaContext) -> Any:
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        return process_partial_response(event, _telling(serve, context), processor, context)

    return handler


def invocation(serve: Callable[[dict[str, Any], LambdaContext], Any]) -> Handler:
    """A handler whose failures are told to the operator without quoting anybody, then left to AWS to retry."""

    def handler(event: dict[str, Any], context: LambdaContext) -> Any:
        try:
            return serve(event, context)
        except Exception as error:  # noqa: BLE001  the edge: every failure is told, then raised without its words
            observability.logger().error("failed", extra={"action": "failed", **faults.describe(error)})
            raise ServingError(type(error).__name__) from None

    return handler


def _telling(serve: Callable[[SQSRecord, LambdaContext], None], context: LambdaContext) -> Callable[[SQSRecord], None]:
    def told(record: SQSRecord) -> None:
        try:
            serve(record, context)
        except Exception as error:  # noqa: BLE001  the edge: every failure is told, then raised without its words
            observability.logger().error("message failed", extra={"action": "failed", **faults.describe(error)})
            raise ServingError(type(error).__name__) from None

    return told
