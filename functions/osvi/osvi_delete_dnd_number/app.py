"""DELETE /v1/dnd_numbers, DELETE /v1/dnd_numbers/{id}: OSVI's ways to take a number off the do-not-call list."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from campanile.edge import http
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.osvi import dialect, dnd_numbers

api = http.rest_api(dialect.DIALECT)


@api.delete("/v1/dnd_numbers")
def by_phone(
    caller: CallerOf, phone: Annotated[str, Query()] = "", agent_uuid: Annotated[str | None, Query()] = None
) -> Response[str]:
    now = foundation.clock().now_ms()
    dnd_numbers.remove(foundation.table(), caller.org, phone, agent_uuid, caller.key_id, now)
    return dialect.success(200, message=dnd_numbers.REMOVED)


@api.delete("/v1/dnd_numbers/<id>")
def by_id(id: PathId, caller: CallerOf) -> Response[str]:  # noqa: A002  OSVI's name for it
    dnd_numbers.remove_by_id(foundation.table(), caller.org, id, caller.key_id, foundation.clock().now_ms())
    return dialect.success(200, message=dnd_numbers.REMOVED)


handler = http.Endpoint(api, MANAGE, dialect.DIALECT)
