"""PATCH /campaign/configurations/{config_id}: change a configuration. It applies to every call decided from then on."""

from campanile.campaigns import manage_configurations
from campanile.edge import http
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.configurations import ConfigurationPatch, SavedConfigurationResponse

api = http.rest_api()


@api.patch("/campaign/configurations/<config_id>")
def update_configuration(
    config_id: PathId, changes: ConfigurationPatch, caller: CallerOf
) -> SavedConfigurationResponse:
    now = foundation.clock().now_ms()
    return manage_configurations.change(
        foundation.table(), foundation.dial_queue(), caller.org, config_id, changes, now
    )


handler = http.Endpoint(api, MANAGE)
