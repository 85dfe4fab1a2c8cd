"""GET /campaign/campaigns/{campaign_id}/imports: the campaign's imports with their reports, newest first."""

from campanile import http, import_runs, manage_campaigns, wiring
from campanile.answers import ImportsAnswer
from campanile.authentication import READ
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/imports")
def list_imports(campaign_id: PathId, caller: CallerOf) -> ImportsAnswer:
    campaign = manage_campaigns.find_or_ad_hoc(wiring.table(), caller.org, campaign_id)
    return import_runs.list_imports(wiring.table(), campaign)


handler = http.Endpoint(api, READ)
