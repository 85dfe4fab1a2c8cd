"""DELETE /campaign/configurations/{config_id}: delete a configuration that no campaign refers to."""

from aws_lambda_powertools.event_handler import Response

from campanile.campaigns import manage_configurations
from campanile.edge import http
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation

api = http.rest_api()


@api.delete("/campaign/configurations/<config_id>", status_code=204)
def delete_configuration(config_id: PathId, caller: CallerOf) -> Response[None]:
    manage_configurations.delete(foundation.table(), caller.org, config_id)
    return Response(204)


handler = http.Endpoint(api, MANAGE)
