"""PUT /campaign/concurrency-settings: set the org's limit; a lower one stops new calls from the answer on."""

from campanile.dialing import manage_concurrency
from campanile.edge import http, wiring
from campanile.edge.authentication import CONCURRENCY_MANAGE
from campanile.edge.http import CallerOf
from campanile.schema.concurrency import ConcurrencyInput, ConcurrencyResponse

api = http.rest_api()


@api.put("/campaign/concurrency-settings")
def put_concurrency_settings(settings: ConcurrencyInput, caller: CallerOf) -> ConcurrencyResponse:
    limits, now = wiring.configured().limits, wiring.clock().now_ms()
    return manage_concurrency.put(wiring.table(), wiring.dial_queue(), limits, caller.org, settings, now)


handler = http.Endpoint(api, CONCURRENCY_MANAGE)
