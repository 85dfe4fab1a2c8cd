"""GET /campaign/concurrency-settings: the org's limit and how much of it is in use."""

from campanile import http, manage_concurrency, wiring
from campanile.answers import ConcurrencyAnswer
from campanile.authentication import CONCURRENCY_READ
from campanile.http import CallerOf

api = http.rest_api()


@api.get("/campaign/concurrency-settings")
def get_concurrency_settings(caller: CallerOf) -> ConcurrencyAnswer:
    limits, now = wiring.configured().limits, wiring.clock().now_ms()
    return manage_concurrency.get(wiring.table(), limits, caller.org, now)


handler = http.Endpoint(api, CONCURRENCY_READ)
