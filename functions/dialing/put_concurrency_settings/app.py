"""PUT /campaign/concurrency-settings: set the org's limit; a lower one stops new calls from the answer on."""

from campanile.dialing import manage_concurrency
from campanile.edge import http
from campanile.edge.authentication import CONCURRENCY_MANAGE
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation
from campanile.schema.concurrency import ConcurrencyInput, ConcurrencyResponse

api = http.rest_api()


@api.put("/campaign/concurrency-settings")
def put_concurrency_settings(settings: ConcurrencyInput, caller: CallerOf) -> ConcurrencyResponse:
    limits, now = foundation.configured().limits, foundation.clock().now_ms()
    return manage_concurrency.put(foundation.table(), foundation.dial_queue(), limits, caller.org, settings, now)


handler = http.Endpoint(api, CONCURRENCY_MANAGE)
