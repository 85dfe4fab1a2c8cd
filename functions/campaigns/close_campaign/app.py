"""POST /campaign/campaigns/{campaign_id}/close: close a campaign permanently."""

from campanile.campaigns import change_status
from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.campaign_responses import CampaignResponse

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/close")
def close_campaign(campaign_id: PathId, caller: CallerOf) -> CampaignResponse:
    return change_status.close(foundation.table(), caller.org, campaign_id, foundation.clock().now_ms())


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
