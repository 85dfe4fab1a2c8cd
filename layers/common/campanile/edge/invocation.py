"""The entry point of a function that the schedule, a queue or the bucket invokes: it logs failures without any words.

The words of an error may quote a person. Lambda logs what a handler raises, so that names the type of the error only.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.adapters import faults
from campanile.edge import observability

Handler = Callable[[dict[str, Any], LambdaContext], Any]


class ServingError(Exception):
    """An invocation failed. It bears the name of the error's type, never the error's words."""


def invocation(serve: Callable[[dict[str, Any], LambdaContext], Any]) -> Handler:
    """A handler that logs a failure and leaves it to AWS to retry."""

    def handler(event: dict[str, Any], context: LambdaContext) -> Any:
        try:
            return serve(event, context)
        except Exception as error:  # noqa: BLE001  the edge: every failure is logged, then raised without its words
            observability.logger().error("failed", extra={"action": "failed", **faults.describe(error)})
            raise ServingError(type(error).__name__) from None

    return handler
