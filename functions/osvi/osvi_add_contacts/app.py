"""POST /v1/campaigns/{id}/contacts: OSVI's push of up to 10,000 contacts, to be called at once or held."""

from aws_lambda_powertools.event_handler import Response

from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation, imports
from campanile.osvi import dialect, pushes

api = http.rest_api(dialect.DIALECT)


@api.post("/v1/campaigns/<id>/contacts", status_code=201)
def osvi_add_contacts(id: PathId, caller: CallerOf) -> Response[str]:  # noqa: A002  OSVI's name for it
    body = api.current_event.decoded_body or ""
    now = foundation.clock().now_ms()
    return dialect.success(201, data=pushes.push(imports.import_ports(), caller.org, id, body, now))


handler = http.Endpoint(api, MANAGE, dialect.DIALECT, once=idempotency.once)
