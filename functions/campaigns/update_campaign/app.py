"""PATCH /campaign/campaigns/{campaign_id}: change a campaign. Contacts in the request are added as an import."""

from campanile.edge import http
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation, imports
from campanile.imports import inline_contacts
from campanile.schema.campaign_responses import CampaignResponse
from campanile.schema.campaigns import CampaignPatch

api = http.rest_api()


@api.patch("/campaign/campaigns/<campaign_id>")
def update_campaign(campaign_id: PathId, changes: CampaignPatch, caller: CallerOf) -> CampaignResponse:
    now = foundation.clock().now_ms()
    return inline_contacts.change(imports.import_ports(), caller.org, campaign_id, changes, now)


handler = http.Endpoint(api, MANAGE)
