"""POST /campaign/campaigns/{campaign_id}/imports/preview: what an import would make of a file, by its first 64 KB."""

from campanile import http, import_preview, manage_campaigns, wiring
from campanile.answers import PreviewAnswer
from campanile.authentication import MANAGE
from campanile.http import CallerOf, PathId
from campanile.models import PreviewInput

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/imports/preview")
def preview_import(campaign_id: PathId, wanted: PreviewInput, caller: CallerOf) -> PreviewAnswer:
    campaign = manage_campaigns.find_or_ad_hoc(wiring.table(), caller.org, campaign_id)
    return import_preview.preview(wiring.table(), campaign, wanted)


handler = http.Endpoint(api, MANAGE)
