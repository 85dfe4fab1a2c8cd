"""POST /campaign/campaigns/{campaign_id}/contacts/{contact_id}/attempts/{attempt_id}/report: an agent's report."""

from campanile.campaigns import find_campaign
from campanile.dialing import record_report
from campanile.edge import http, idempotency
from campanile.edge.authentication import REPORT
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation, reports
from campanile.schema.reports import ReportInput, ReportResponse, response

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/contacts/<contact_id>/attempts/<attempt_id>/report")
def report_attempt(
    campaign_id: PathId, contact_id: PathId, attempt_id: PathId, told: ReportInput, caller: CallerOf
) -> ReportResponse:
    campaign = find_campaign.find_or_ad_hoc(foundation.table(), caller.org, campaign_id)
    ports, attempt = reports.report_ports(), attempt_id.lower()
    return response(record_report.record(ports, campaign, contact_id, attempt, told.report, actor=caller.key_id))


handler = http.Endpoint(api, REPORT, once=idempotency.once)
