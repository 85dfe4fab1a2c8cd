"""Every request that no other function serves: 404 for an unknown path, 405 for a known path with another method."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.edge import http, routes
from campanile.edge.gateway_event import Event
from campanile.edge.http import GatewayResponse
from campanile.osvi import dialect

in_own_dialect = http.refusing(routes.unmatched)
in_osvis_dialect = http.refusing(routes.unmatched, dialect.render)


def handler(event: Event, context: LambdaContext) -> GatewayResponse:
    refuse = in_osvis_dialect if event["path"].startswith(routes.OSVI) else in_own_dialect
    return refuse(event, context)
