"""GET /campaign/campaigns: list the org's campaigns in order of creation, page by page."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from campanile.campaigns.list_campaigns import page
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation
from campanile.schema.campaign_responses import CampaignsResponse
from campanile.schema.field_types import CampaignStatusName
from campanile.schema.pagination import DEFAULT_PAGE, Cursor, PageLimit

api = http.rest_api()


@api.get("/campaign/campaigns")
def list_campaigns(
    caller: CallerOf,
    limit: Annotated[PageLimit, Query()] = DEFAULT_PAGE,
    cursor: Annotated[Cursor | None, Query()] = None,
    name: Annotated[str, Query(max_length=255)] = "",
    status: Annotated[list[CampaignStatusName], Query()] = [],  # noqa: B006  (the resolver needs the default in place)
) -> CampaignsResponse:
    return page(foundation.table(), caller.org, limit, cursor, name, frozenset(status))


handler = http.Endpoint(api, READ)
