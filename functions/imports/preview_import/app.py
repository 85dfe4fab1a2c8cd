"""POST /campaign/campaigns/{campaign_id}/imports/preview: what an import would make of a file, by its first 64 KB."""

from campanile.campaigns import find_campaign
from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.imports import preview
from campanile.schema.imports import PreviewInput, PreviewResponse

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/imports/preview")
def preview_import(campaign_id: PathId, wanted: PreviewInput, caller: CallerOf) -> PreviewResponse:
    campaign = find_campaign.find_or_ad_hoc(foundation.table(), caller.org, campaign_id)
    return preview.preview(foundation.table(), campaign, wanted)


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
