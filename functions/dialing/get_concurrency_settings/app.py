"""GET /campaign/concurrency-settings: the org's limit and how much of it is in use."""

from campanile.dialing import manage_concurrency
from campanile.edge import http, wiring
from campanile.edge.authentication import CONCURRENCY_READ
from campanile.edge.http import CallerOf
from campanile.schema.concurrency import ConcurrencyResponse

api = http.rest_api()


@api.get("/campaign/concurrency-settings")
def get_concurrency_settings(caller: CallerOf) -> ConcurrencyResponse:
    limits, now = wiring.configured().limits, wiring.clock().now_ms()
    return manage_concurrency.get(wiring.table(), limits, caller.org, now)


handler = http.Endpoint(api, CONCURRENCY_READ)
