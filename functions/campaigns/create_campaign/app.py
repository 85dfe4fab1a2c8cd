"""POST /campaign/campaigns: create a campaign. It starts active. Contacts in the request are added as an import."""

from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, RequestKeyOf
from campanile.edge.wiring import foundation, imports
from campanile.imports import inline_contacts
from campanile.schema.campaign_responses import CampaignResponse
from campanile.schema.campaigns import CampaignInput

api = http.rest_api()


@api.post("/campaign/campaigns", status_code=201)
def create_campaign(campaign: CampaignInput, caller: CallerOf, request_key: RequestKeyOf) -> CampaignResponse:
    now = foundation.clock().now_ms()
    return inline_contacts.create(imports.import_ports(), caller.org, campaign, now, request_key)


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
