"""GET /campaign/concurrency-settings: the org's limit and how much of it is in use."""

from campanile.dialing import manage_concurrency
from campanile.edge import http
from campanile.edge.authentication import CONCURRENCY_READ
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation
from campanile.schema.concurrency import ConcurrencyResponse

api = http.rest_api()


@api.get("/campaign/concurrency-settings")
def get_concurrency_settings(caller: CallerOf) -> ConcurrencyResponse:
    limits, now = foundation.configured().limits, foundation.clock().now_ms()
    return manage_concurrency.get(foundation.table(), limits, caller.org, now)


handler = http.Endpoint(api, CONCURRENCY_READ)
