"""GET /campaign/campaigns/{campaign_id}/imports: the campaign's imports with their reports, newest first."""

from campanile import http, imports, manage_campaigns, wiring
from campanile.authentication import READ
from campanile.http import CallerOf, PathId
from campanile.models import ImportsAnswer

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/imports")
def list_imports(campaign_id: PathId, caller: CallerOf) -> ImportsAnswer:
    campaign = manage_campaigns.find_or_ad_hoc(wiring.table(), caller.org, campaign_id)
    return imports.list_imports(wiring.table(), campaign)


handler = http.Endpoint(api, READ)
