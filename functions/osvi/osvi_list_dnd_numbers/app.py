"""GET /v1/dnd_numbers: list the numbers that an OSVI client's agent does not call, page by page."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation
from campanile.osvi import dialect, dnd_numbers
from campanile.schema.do_not_call import NumberPart
from campanile.schema.field_types import IN_DIGITS

api = http.rest_api(dialect.DIALECT)
Counted = Annotated[int, Field(ge=1, le=1_000_000), IN_DIGITS]


@api.get("/v1/dnd_numbers")
def osvi_list_dnd_numbers(
    caller: CallerOf,
    agent_uuid: Annotated[str, Query(min_length=1)],
    search: Annotated[NumberPart, Query()] = "",
    page: Annotated[Counted, Query()] = 1,
    per_page: Annotated[Counted, Query()] = 25,
) -> Response[str]:
    now = foundation.clock().now_ms()
    found = dnd_numbers.page(foundation.table(), caller.org, agent_uuid, search, page, per_page, now)
    return dialect.success(200, data=found.entries, meta=found.meta)


handler = http.Endpoint(api, READ, dialect.DIALECT)
