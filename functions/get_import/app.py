"""GET /campaign/campaigns/{campaign_id}/imports/{import_id}: one import, with a link to its failing rows."""

from campanile import http, import_views, wiring
from campanile.answers import ImportAnswer
from campanile.authentication import READ
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/imports/<import_id>")
def get_import(campaign_id: PathId, import_id: PathId, caller: CallerOf) -> ImportAnswer:
    table = wiring.table()
    campaign_key = import_views.campaign_key(table, caller.org, campaign_id)
    return import_views.get(table, wiring.uploads(), campaign_key, import_id, wiring.clock().now_ms())


handler = http.Endpoint(api, READ)
