"""GET /v1/campaigns/{id}/status: a campaign's progress as OSVI shows it."""

from aws_lambda_powertools.event_handler import Response

from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.osvi import dialect, status

api = http.rest_api(dialect.DIALECT)


@api.get("/v1/campaigns/<id>/status")
def osvi_get_status(id: PathId, caller: CallerOf) -> Response[str]:  # noqa: A002  OSVI's name for it
    return dialect.success(200, data=status.read(foundation.table(), caller.org, id))


handler = http.Endpoint(api, READ, dialect.DIALECT)
