"""GET /campaign/campaigns/{campaign_id}/imports: the campaign's imports with their reports, newest first."""

from campanile import http, import_views, wiring
from campanile.answers import ImportsAnswer
from campanile.authentication import READ
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/imports")
def list_imports(campaign_id: PathId, caller: CallerOf) -> ImportsAnswer:
    table = wiring.table()
    return import_views.listed(
        table, import_views.campaign_key(table, caller.org, campaign_id), wiring.clock().now_ms()
    )


handler = http.Endpoint(api, READ)
