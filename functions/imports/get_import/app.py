"""GET /campaign/campaigns/{campaign_id}/imports/{import_id}: one import, with a link to its failing rows."""

from campanile.edge import http, wiring
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.imports import show_import
from campanile.schema.imports import ImportResponse

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/imports/<import_id>")
def get_import(campaign_id: PathId, import_id: PathId, caller: CallerOf) -> ImportResponse:
    table = wiring.table()
    campaign_key = show_import.campaign_key(table, caller.org, campaign_id)
    return show_import.get(table, wiring.uploads(), campaign_key, import_id, wiring.clock().now_ms())


handler = http.Endpoint(api, READ)
