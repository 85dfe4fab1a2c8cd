"""GET /campaign/do-not-call/imports/{import_id}: one import of numbers, with a link to its failing rows."""

from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import files, foundation
from campanile.imports import show_import
from campanile.schema.import_responses import ImportResponse
from campanile.store import keys

api = http.rest_api()


@api.get("/campaign/do-not-call/imports/<import_id>")
def get_do_not_call_import(import_id: PathId, caller: CallerOf) -> ImportResponse:
    place = keys.do_not_call_imports(caller.org)
    return show_import.get(foundation.table(), files.bucket(), place, import_id, foundation.clock().now_ms())


handler = http.Endpoint(api, READ)
