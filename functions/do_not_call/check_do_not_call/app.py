"""GET /campaign/do-not-call/{phone_number}: whether a number is on the do-not-call list, and its history."""

from campanile.do_not_call import manage_do_not_call
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf
from campanile.edge.path_number import PathNumber
from campanile.edge.wiring import foundation
from campanile.schema.do_not_call import DoNotCallCheckResponse

api = http.rest_api()


@api.get("/campaign/do-not-call/<phone_number>")
def check_do_not_call(phone_number: PathNumber, caller: CallerOf) -> DoNotCallCheckResponse:
    return manage_do_not_call.check(foundation.table(), caller.org, phone_number, foundation.clock().now_ms())


handler = http.Endpoint(api, READ)
