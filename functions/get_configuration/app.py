"""GET /campaign/configurations/{config_id}: one configuration."""

from campanile import http, manage_configurations, wiring
from campanile.authentication import READ
from campanile.http import CallerOf, PathId
from campanile.models import Configuration

api = http.rest_api()


@api.get("/campaign/configurations/<config_id>")
def get_configuration(config_id: PathId, caller: CallerOf) -> Configuration:
    return manage_configurations.get(wiring.table(), caller.org, config_id)


handler = http.Endpoint(api, READ)
