"""GET /campaign/campaigns/{campaign_id}/stats: get a campaign's contact counts, attempts and active calls."""

from campanile.campaigns import find_campaign, stats
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.stats import StatsResponse

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/stats")
def get_stats(campaign_id: PathId, caller: CallerOf) -> StatsResponse:
    campaign = find_campaign.find(foundation.table(), caller.org, campaign_id)
    return stats.read(foundation.table(), campaign, foundation.clock().now_ms())


handler = http.Endpoint(api, READ)
