"""POST /campaign/campaigns: create a campaign; it starts active. Contacts it brings are added as an import."""

from campanile import http, inline_contacts, wiring
from campanile.answers import CampaignAnswer
from campanile.authentication import MANAGE
from campanile.http import CallerOf, RequestKeyOf
from campanile.models import CampaignInput

api = http.rest_api()


@api.post("/campaign/campaigns", status_code=201)
def create_campaign(campaign: CampaignInput, caller: CallerOf, request_key: RequestKeyOf) -> CampaignAnswer:
    now = wiring.clock().now_ms()
    return inline_contacts.create(wiring.import_ports(), caller.org, campaign, now, request_key)


handler = http.Endpoint(api, MANAGE)
