"""POST /campaign/do-not-call/imports: begin an import of numbers, with a form by which its file is uploaded."""

from campanile import http, imports, wiring
from campanile.answers import ImportUploadAnswer
from campanile.authentication import MANAGE
from campanile.do_not_call_models import DoNotCallImportInput
from campanile.http import CallerOf

api = http.rest_api()


@api.post("/campaign/do-not-call/imports", status_code=201)
def create_do_not_call_import(wanted: DoNotCallImportInput, caller: CallerOf) -> ImportUploadAnswer:
    return imports.ask_for_list(wiring.import_ports(), caller.org, wanted, wiring.clock().now_ms())


handler = http.Endpoint(api, MANAGE)
