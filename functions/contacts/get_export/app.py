"""GET /campaign/campaigns/{campaign_id}/export: the campaign's contacts as a CSV file. The first request has it written
and answers 202, as does each while it is being written; then the answer is 200 and has a link to the file.
"""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from campanile.campaigns import find_campaign
from campanile.contacts import export_contacts
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import contacts, foundation
from campanile.schema.contacts import ExportResponse
from campanile.schema.field_types import Flag

api = http.rest_api()


@api.get(
    "/campaign/campaigns/<campaign_id>/export",
    responses={
        200: {
            "description": "Done: completed, with a link, or failed",
            "content": {"application/json": {"model": ExportResponse}},
        },
        202: {"description": "Being written: ask again", "content": {"application/json": {"model": ExportResponse}}},
    },
)
def get_export(
    campaign_id: PathId, caller: CallerOf, fresh: Annotated[Flag, Query()] = False
) -> Response[ExportResponse]:
    campaign = find_campaign.find_or_ad_hoc(foundation.table(), caller.org, campaign_id)
    report = export_contacts.request_export(contacts.export_ports(), campaign, 0 if fresh else export_contacts.KEPT_MS)
    return Response(202 if report.status == "running" else 200, "application/json", report)


handler = http.Endpoint(api, READ)
