"""GET /simulated-carrier/calls/{attempt_id}: the simulated carrier tells what became of a call."""

import json
import time
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.edge import observability
from campanile.simulated_carrier import wiring
from campanile.simulated_carrier.access import require_platform

app = APIGatewayRestResolver()


@app.get("/simulated-carrier/calls/<attempt_id>")
def look_up_call(attempt_id: str) -> Response[str]:
    require_platform(app.current_event.headers.get("Authorization"))
    call = wiring.carrier().look_up(attempt_id, time.time_ns() // 1_000_000)
    observability.logger().info("looked up", attempt_id=attempt_id, found=call is not None)
    if call is None:
        return Response(404, "application/json", json.dumps({"error": "call_not_found"}))
    return Response(200, "application/json", json.dumps(call))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
