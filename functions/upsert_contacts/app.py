"""POST /campaign/campaigns/{campaign_id}/contacts: upsert up to 1,000 contacts; `default` takes ad-hoc ones."""

from campanile import http, manage_campaigns, upsert, wiring
from campanile.answers import UpsertAnswer
from campanile.authentication import MANAGE
from campanile.http import CallerOf, PathId, RequestKeyOf
from campanile.models import ContactsInput

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/contacts")
def upsert_contacts(
    campaign_id: PathId, batch: ContactsInput, caller: CallerOf, request_key: RequestKeyOf
) -> UpsertAnswer:
    campaign = manage_campaigns.find_or_ad_hoc(wiring.table(), caller.org, campaign_id)
    rows = upsert.validate(batch.contacts, manage_campaigns.country_code(wiring.table(), campaign))
    if request_key:
        rows = upsert.repeatable(rows, campaign, request_key)
    return upsert.upsert(wiring.table(), wiring.dial_queue(), campaign, rows, wiring.clock().now_ms())


handler = http.Endpoint(api, MANAGE)
