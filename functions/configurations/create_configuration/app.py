"""POST /campaign/configurations: create a configuration."""

from campanile.campaigns import manage_configurations
from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, RequestKeyOf
from campanile.edge.wiring import foundation
from campanile.schema.configurations import ConfigurationInput, SavedConfigurationResponse

api = http.rest_api()


@api.post("/campaign/configurations", status_code=201)
def create_configuration(
    configuration: ConfigurationInput, caller: CallerOf, request_key: RequestKeyOf
) -> SavedConfigurationResponse:
    now = foundation.clock().now_ms()
    return manage_configurations.create(foundation.table(), caller.org, configuration, now, request_key)


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
