"""GET /campaign/do-not-call/{phone_number}: whether a number is on the do-not-call list, and its history."""

from campanile import http, manage_do_not_call, wiring
from campanile.authentication import READ
from campanile.do_not_call_models import DoNotCallCheckAnswer
from campanile.http import CallerOf, PathNumber

api = http.rest_api()


@api.get("/campaign/do-not-call/<phone_number>")
def check_do_not_call(phone_number: PathNumber, caller: CallerOf) -> DoNotCallCheckAnswer:
    return manage_do_not_call.check(wiring.table(), caller.org, phone_number, wiring.clock().now_ms())


handler = http.Endpoint(api, READ)
