"""POST /campaign/do-not-call: put numbers on the do-not-call list. No call to them starts later than 1 s after
the response.
"""

from campanile.do_not_call import manage_do_not_call
from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation
from campanile.schema.do_not_call import DoNotCallInput, DoNotCallResponse

api = http.rest_api()


@api.post("/campaign/do-not-call")
def add_do_not_call(wanted: DoNotCallInput, caller: CallerOf) -> DoNotCallResponse:
    now = foundation.clock().now_ms()
    listings = manage_do_not_call.add(foundation.table(), caller.org, wanted, caller.key_id, now)
    added = sum(one.is_new for one in listings)
    entries = [manage_do_not_call.response(one.entry) for one in listings]
    return DoNotCallResponse(added=added, already_listed=len(listings) - added, entries=entries)


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
