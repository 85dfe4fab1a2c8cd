"""GET /campaign/campaigns/{campaign_id}: one campaign, by UUID or external id."""

from campanile import http, manage_campaigns, wiring
from campanile.answers import CampaignAnswer
from campanile.authentication import READ
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>")
def get_campaign(campaign_id: PathId, caller: CallerOf) -> CampaignAnswer:
    return manage_campaigns.answer(manage_campaigns.find(wiring.table(), caller.org, campaign_id))


handler = http.Endpoint(api, READ)
