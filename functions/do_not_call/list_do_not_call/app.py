"""GET /campaign/do-not-call: the numbers that are not called, in order, page by page."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from campanile.do_not_call import manage_do_not_call
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation
from campanile.schema.do_not_call import DoNotCallListResponse, NumberPart
from campanile.schema.pagination import DEFAULT_PAGE, Cursor, PageLimit

api = http.rest_api()


@api.get("/campaign/do-not-call")
def list_do_not_call(
    caller: CallerOf,
    limit: Annotated[PageLimit, Query()] = DEFAULT_PAGE,
    cursor: Annotated[Cursor | None, Query()] = None,
    search: Annotated[NumberPart, Query()] = "",
) -> DoNotCallListResponse:
    now = foundation.clock().now_ms()
    found = manage_do_not_call.page(foundation.table(), caller.org, limit, cursor, search, now)
    entries = [manage_do_not_call.response(one) for one in found.entries]
    return DoNotCallListResponse(entries=entries, next_cursor=found.next_cursor)


handler = http.Endpoint(api, READ)
