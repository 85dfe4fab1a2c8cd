"""POST /v1/dnd_numbers: OSVI's way to put a number on the do-not-call list."""

from aws_lambda_powertools.event_handler import Response

from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation
from campanile.osvi import dialect, dnd_numbers

api = http.rest_api(dialect.DIALECT)


@api.post("/v1/dnd_numbers", status_code=201)
def osvi_add_dnd_number(caller: CallerOf) -> Response[str]:
    text, now = api.current_event.decoded_body or "", foundation.clock().now_ms()
    return dialect.success(201, data=dnd_numbers.add(foundation.table(), caller.org, text, caller.key_id, now))


handler = http.Endpoint(api, MANAGE, dialect.DIALECT, once=idempotency.once)
