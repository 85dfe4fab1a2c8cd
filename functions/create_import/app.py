"""POST /campaign/campaigns/{campaign_id}/imports: begin an import, with a form by which its file is uploaded."""

from campanile import http, imports, manage_campaigns, wiring
from campanile.answers import ImportUploadAnswer
from campanile.authentication import MANAGE
from campanile.http import CallerOf, PathId
from campanile.models import ImportInput

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/imports", status_code=201)
def create_import(campaign_id: PathId, wanted: ImportInput, caller: CallerOf) -> ImportUploadAnswer:
    campaign = manage_campaigns.find_or_ad_hoc(wiring.table(), caller.org, campaign_id)
    return imports.ask(wiring.import_ports(), campaign, wanted, wiring.clock().now_ms())


handler = http.Endpoint(api, MANAGE)
