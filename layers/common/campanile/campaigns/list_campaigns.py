"""The org's campaigns, page by page."""

from campanile.campaigns.show_campaign import response
from campanile.domain.campaign import Campaign
from campanile.schema import pagination
from campanile.schema.campaign_responses import CampaignsResponse
from campanile.store import campaigns
from campanile.store.table import Table

LOOKED_AT = 2_000
"""How many campaigns one request looks at. A page of few hits ends early, and its cursor leads on."""


def page(
    table: Table, org: str, limit: int, cursor: str | None, name: str, statuses: frozenset[str]
) -> CampaignsResponse:
    """Up to `limit` campaigns in order of creation, from `cursor` on. Their name contains `name`, whatever the case,
    and their status is one of `statuses` (none: any). Raises InvalidFieldsError for a wrong cursor.
    """
    hits: list[Campaign] = []
    last, has_more = "", False
    most = LOOKED_AT + 1 if name or statuses else limit + 1
    for looked_at, one in enumerate(campaigns.after(table, org, pagination.read_cursor(cursor), most)):
        if has_more := len(hits) == limit or looked_at == LOOKED_AT:
            break
        last = one.id
        if name.casefold() in one.name.casefold() and (not statuses or one.status in statuses):
            hits.append(one)
    shown = pagination.fitting([response(one) for one in hits])
    if len(shown) < len(hits):
        last, has_more = shown[-1].id, True
    return CampaignsResponse(campaigns=shown, next_cursor=pagination.cursor_after(last) if has_more else None)
