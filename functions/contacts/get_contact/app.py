"""GET /campaign/campaigns/{campaign_id}/contacts/{contact_id}: one contact with its attempts."""

from campanile.campaigns import find_campaign
from campanile.contacts import list_contacts
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.contacts import ContactResponse

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/contacts/<contact_id>")
def get_contact(campaign_id: PathId, contact_id: PathId, caller: CallerOf) -> ContactResponse:
    campaign = find_campaign.find_or_ad_hoc(foundation.table(), caller.org, campaign_id)
    return list_contacts.get(foundation.table(), campaign, contact_id, foundation.clock().now_ms())


handler = http.Endpoint(api, READ)
