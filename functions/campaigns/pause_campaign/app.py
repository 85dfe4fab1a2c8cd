"""POST /campaign/campaigns/{campaign_id}/pause: pause an active campaign. New calls stop within a second."""

from campanile.campaigns import change_status
from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.campaign_responses import CampaignResponse

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/pause")
def pause_campaign(campaign_id: PathId, caller: CallerOf) -> CampaignResponse:
    return change_status.pause(foundation.table(), caller.org, campaign_id, foundation.clock().now_ms())


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
