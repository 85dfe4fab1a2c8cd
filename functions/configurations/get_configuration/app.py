"""GET /campaign/configurations/{config_id}: get a configuration."""

from campanile.campaigns import manage_configurations
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.configurations import ConfigurationResponse

api = http.rest_api()


@api.get("/campaign/configurations/<config_id>")
def get_configuration(config_id: PathId, caller: CallerOf) -> ConfigurationResponse:
    return manage_configurations.get(foundation.table(), caller.org, config_id)


handler = http.Endpoint(api, READ)
