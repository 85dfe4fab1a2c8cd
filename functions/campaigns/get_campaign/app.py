"""GET /campaign/campaigns/{campaign_id}: get a campaign by its UUID or external id."""

from campanile.campaigns import find_campaign, show_campaign
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.campaign_responses import CampaignResponse

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>")
def get_campaign(campaign_id: PathId, caller: CallerOf) -> CampaignResponse:
    return show_campaign.response(find_campaign.find(foundation.table(), caller.org, campaign_id))


handler = http.Endpoint(api, READ)
