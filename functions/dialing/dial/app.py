"""dial.fifo: hints for the dialer. The orgs of a batch are served side by side, each by one pass."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.dialing import serve_hints
from campanile.edge.invocation import invocation
from campanile.edge.wiring import dialing


def serve(event: dict[str, Any], context: LambdaContext) -> None:
    bodies = [record["body"] for record in event["Records"]]
    serve_hints.serve(dialing.ports(), bodies, context.get_remaining_time_in_millis)


handler = invocation(serve)
