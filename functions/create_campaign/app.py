"""POST /campaign/campaigns: create a campaign; it starts active."""

from campanile import http, manage_campaigns, wiring
from campanile.authentication import MANAGE
from campanile.http import CallerOf
from campanile.models import CampaignAnswer, CampaignInput

api = http.rest_api()


@api.post("/campaign/campaigns", status_code=201)
def create_campaign(campaign: CampaignInput, caller: CallerOf) -> CampaignAnswer:
    return manage_campaigns.create(wiring.table(), caller.org, campaign, wiring.clock().now_ms())


handler = http.Endpoint(api, MANAGE)
