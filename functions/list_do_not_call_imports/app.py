"""GET /campaign/do-not-call/imports: the do-not-call list's imports with their reports, newest first."""

from campanile import http, import_views, wiring
from campanile.answers import ImportsAnswer
from campanile.authentication import READ
from campanile.http import CallerOf
from campanile.store import keys

api = http.rest_api()


@api.get("/campaign/do-not-call/imports")
def list_do_not_call_imports(caller: CallerOf) -> ImportsAnswer:
    return import_views.listed(wiring.table(), keys.do_not_call_imports(caller.org), wiring.clock().now_ms())


handler = http.Endpoint(api, READ)
