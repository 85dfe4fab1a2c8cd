"""POST /campaign/campaigns/{campaign_id}/imports: begin an import, and get the form for its file."""

from campanile.campaigns import find_campaign
from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation, imports
from campanile.imports import begin
from campanile.schema.import_responses import ImportUploadResponse
from campanile.schema.imports import ImportInput

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/imports", status_code=201)
def create_import(campaign_id: PathId, wanted: ImportInput, caller: CallerOf) -> ImportUploadResponse:
    campaign = find_campaign.find_or_ad_hoc(foundation.table(), caller.org, campaign_id)
    return begin.request_upload(imports.import_ports(), campaign, wanted, foundation.clock().now_ms())


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
