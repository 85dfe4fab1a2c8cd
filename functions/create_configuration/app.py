"""POST /campaign/configurations: create a configuration."""

from campanile import http, manage_configurations, wiring
from campanile.answers import ConfigurationAnswer
from campanile.authentication import MANAGE
from campanile.http import CallerOf, RequestKeyOf
from campanile.models import ConfigurationInput

api = http.rest_api()


@api.post("/campaign/configurations", status_code=201)
def create_configuration(
    configuration: ConfigurationInput, caller: CallerOf, request_key: RequestKeyOf
) -> ConfigurationAnswer:
    now = wiring.clock().now_ms()
    return manage_configurations.create(wiring.table(), caller.org, configuration, now, request_key)


handler = http.Endpoint(api, MANAGE)
