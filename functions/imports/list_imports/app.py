"""GET /campaign/campaigns/{campaign_id}/imports: the campaign's imports with their reports, newest first."""

from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.imports import show_import
from campanile.schema.import_responses import ImportsResponse

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/imports")
def list_imports(campaign_id: PathId, caller: CallerOf) -> ImportsResponse:
    table = foundation.table()
    return show_import.listed(
        table, show_import.campaign_key(table, caller.org, campaign_id), foundation.clock().now_ms()
    )


handler = http.Endpoint(api, READ)
