"""POST /simulated-carrier/calls: the simulated carrier places a call."""

import json
import time
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from campanile.edge import observability
from campanile.simulated_carrier import wiring
from campanile.simulated_carrier.access import require_platform
from campanile.simulated_carrier.calls import Accepted, Busy, PlaceRequest

app = APIGatewayRestResolver()


@app.post("/simulated-carrier/calls")
def place_call() -> Response[str]:
    require_platform(app.current_event.headers.get("Authorization"))
    try:
        request = PlaceRequest.model_validate_json(app.current_event.decoded_body or "")
    except ValidationError as error:
        fields = [".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)]
        return _answer(400, {"error": "invalid_request", "fields": fields})
    if not request.is_reachable:
        return _answer(422, {"error": "invalid_number"})
    if app.current_event.headers.get("Idempotency-Key") not in (None, request.attempt_id):
        return _answer(400, {"error": "idempotency_key_is_not_attempt_id"})
    result = wiring.carrier().place(request, time.time_ns() // 1_000_000)
    observability.logger().info(type(result).__name__, attempt_id=request.attempt_id)
    match result:
        case Accepted():
            body = {"call_id": result.call_id, "conversation_id": result.conversation_id}
            return _answer(201, body, {"Idempotent-Replayed": str(result.repeated).lower()})
        case Busy():
            return _answer(429, {"error": "busy"}, {"Retry-After": str(result.retry_after_seconds)})
        case _:
            return _answer(409, {"error": "attempt_id_reused"})


def _answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response[str]:
    return Response(status, "application/json", json.dumps(body), headers)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
