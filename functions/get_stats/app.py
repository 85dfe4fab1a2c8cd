"""GET /campaign/campaigns/{campaign_id}/stats: contact counts, attempts and active calls."""

from campanile import http, manage_campaigns, stats, wiring
from campanile.answers import StatsAnswer
from campanile.authentication import READ
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/stats")
def get_stats(campaign_id: PathId, caller: CallerOf) -> StatsAnswer:
    campaign = manage_campaigns.find(wiring.table(), caller.org, campaign_id)
    return stats.read(wiring.table(), campaign, wiring.clock().now_ms())


handler = http.Endpoint(api, READ)
