"""GET /campaign/campaigns/{campaign_id}/imports/{import_id}: one import, with a link to its failing rows."""

from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import files, foundation
from campanile.imports import show_import
from campanile.schema.import_responses import ImportResponse

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/imports/<import_id>")
def get_import(campaign_id: PathId, import_id: PathId, caller: CallerOf) -> ImportResponse:
    table = foundation.table()
    campaign_key = show_import.campaign_key(table, caller.org, campaign_id)
    return show_import.get(table, files.bucket(), campaign_key, import_id, foundation.clock().now_ms())


handler = http.Endpoint(api, READ)
