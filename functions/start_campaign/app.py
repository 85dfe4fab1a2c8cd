"""POST /campaign/campaigns/{campaign_id}/start: start a campaign, or resume it."""

from campanile import http, manage_campaigns, wiring
from campanile.answers import CampaignAnswer
from campanile.authentication import MANAGE
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/start")
def start_campaign(campaign_id: PathId, caller: CallerOf) -> CampaignAnswer:
    return manage_campaigns.change_status(
        wiring.table(), wiring.dial_queue(), caller.org, campaign_id, "start", wiring.clock().now_ms()
    )


handler = http.Endpoint(api, MANAGE)
