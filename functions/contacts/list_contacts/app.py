"""GET /campaign/campaigns/{campaign_id}/contacts: contacts with their attempts, in order of creation."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from campanile.campaigns import find_campaign
from campanile.contacts.list_contacts import Filter, page
from campanile.domain.shown_status import ViewName
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.contacts import ContactsResponse
from campanile.schema.field_types import OutcomeName, StatusName
from campanile.schema.pagination import DEFAULT_PAGE, Offset, PageLimit

api = http.rest_api()


@api.get("/campaign/campaigns/<campaign_id>/contacts")
def list_contacts(
    campaign_id: PathId,
    caller: CallerOf,
    limit: Annotated[PageLimit, Query()] = DEFAULT_PAGE,
    offset: Annotated[Offset, Query()] = 0,
    status: Annotated[list[StatusName], Query()] = [],  # noqa: B006  (the resolver needs the default in place)
    outcome: Annotated[list[OutcomeName], Query()] = [],  # noqa: B006  (the same)
    view: Annotated[list[ViewName], Query()] = [],  # noqa: B006  (the same)
) -> ContactsResponse:
    campaign = find_campaign.find_or_ad_hoc(foundation.table(), caller.org, campaign_id)
    wanted = Filter(frozenset(status), frozenset(outcome), frozenset(view))
    return page(foundation.table(), campaign, wanted, limit, offset, foundation.clock().now_ms())


handler = http.Endpoint(api, READ)
