"""POST /campaign/do-not-call/imports: begin an import of numbers, and get the form for its file."""

from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation, imports
from campanile.imports import begin
from campanile.schema.do_not_call import DoNotCallImportInput
from campanile.schema.import_responses import ImportUploadResponse

api = http.rest_api()


@api.post("/campaign/do-not-call/imports", status_code=201)
def create_do_not_call_import(wanted: DoNotCallImportInput, caller: CallerOf) -> ImportUploadResponse:
    return begin.request_list_upload(imports.import_ports(), caller.org, wanted, foundation.clock().now_ms())


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
