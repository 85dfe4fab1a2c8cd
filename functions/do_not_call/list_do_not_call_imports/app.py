"""GET /campaign/do-not-call/imports: the do-not-call list's imports with their reports, newest first."""

from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation
from campanile.imports import show_import
from campanile.schema.import_responses import ImportsResponse
from campanile.store import keys

api = http.rest_api()


@api.get("/campaign/do-not-call/imports")
def list_do_not_call_imports(caller: CallerOf) -> ImportsResponse:
    return show_import.listed(foundation.table(), keys.do_not_call_imports(caller.org), foundation.clock().now_ms())


handler = http.Endpoint(api, READ)
