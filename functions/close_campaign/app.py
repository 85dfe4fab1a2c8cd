"""POST /campaign/campaigns/{campaign_id}/close: close a campaign for good."""

from campanile import http, manage_campaigns, wiring
from campanile.answers import CampaignAnswer
from campanile.authentication import MANAGE
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/close")
def close_campaign(campaign_id: PathId, caller: CallerOf) -> CampaignAnswer:
    return manage_campaigns.change_status(
        wiring.table(), wiring.dial_queue(), caller.org, campaign_id, "close", wiring.clock().now_ms()
    )


handler = http.Endpoint(api, MANAGE)
