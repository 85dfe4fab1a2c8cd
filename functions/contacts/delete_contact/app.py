"""DELETE /campaign/campaigns/{campaign_id}/contacts/{contact_id}: delete a contact that is not being called."""

from aws_lambda_powertools.event_handler import Response

from campanile.campaigns import find_campaign
from campanile.contacts import manage_contacts
from campanile.edge import http
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation

api = http.rest_api()


@api.delete("/campaign/campaigns/<campaign_id>/contacts/<contact_id>", status_code=204)
def delete_contact(campaign_id: PathId, contact_id: PathId, caller: CallerOf) -> Response[None]:
    campaign = find_campaign.find_or_ad_hoc(foundation.table(), caller.org, campaign_id)
    manage_contacts.delete(foundation.table(), campaign, contact_id, foundation.clock().now_ms())
    return Response(204)


handler = http.Endpoint(api, MANAGE)
