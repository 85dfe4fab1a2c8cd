"""POST /campaign/configurations: create a configuration."""

from campanile import http, manage_configurations, wiring
from campanile.authentication import MANAGE
from campanile.http import CallerOf
from campanile.models import ConfigurationCreated, ConfigurationInput

api = http.rest_api()


@api.post("/campaign/configurations", status_code=201)
def create_configuration(configuration: ConfigurationInput, caller: CallerOf) -> ConfigurationCreated:
    return manage_configurations.create(wiring.table(), caller.org, configuration, wiring.clock().now_ms())


handler = http.Endpoint(api, MANAGE)
