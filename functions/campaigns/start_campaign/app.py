"""POST /campaign/campaigns/{campaign_id}/start: start or resume a campaign."""

from campanile.campaigns.start_campaign import start
from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.campaign_responses import CampaignResponse

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/start")
def start_campaign(campaign_id: PathId, caller: CallerOf) -> CampaignResponse:
    return start(foundation.table(), foundation.dial_queue(), caller.org, campaign_id, foundation.clock().now_ms())


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
