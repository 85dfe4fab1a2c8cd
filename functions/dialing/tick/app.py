"""Every minute: a hint for every org that may have work due."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.dialing import tick
from campanile.edge.invocation import invocation
from campanile.edge.wiring import foundation


def run(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    return {"hints": tick.run(foundation.table(), foundation.dial_queue(), foundation.clock().now_ms())}


handler = invocation(run)
