"""GET /campaign/campaigns/{campaign_id}: one campaign, by UUID or external id."""

from campanile.campaigns import manage_campaigns
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.campaigns import CampaignResponse

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>")
def get_campaign(campaign_id: PathId, caller: CallerOf) -> CampaignResponse:
    return manage_campaigns.answer(manage_campaigns.find(foundation.table(), caller.org, campaign_id))


handler = http.Endpoint(api, READ)
