"""GET /campaign/campaigns/{campaign_id}/contacts/{contact_id}: one contact with its attempts."""

from campanile import contact_views, http, manage_campaigns, wiring
from campanile.answers import ContactAnswer
from campanile.authentication import READ
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/contacts/<contact_id>")
def get_contact(campaign_id: PathId, contact_id: PathId, caller: CallerOf) -> ContactAnswer:
    campaign = manage_campaigns.find_or_ad_hoc(wiring.table(), caller.org, campaign_id)
    return contact_views.get(wiring.table(), campaign, contact_id, wiring.clock().now_ms())


handler = http.Endpoint(api, READ)
