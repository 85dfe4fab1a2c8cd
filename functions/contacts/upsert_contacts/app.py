"""POST /campaign/campaigns/{campaign_id}/contacts: upsert up to 1,000 contacts; `default` takes ad-hoc ones."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import WrapValidator

from campanile.campaigns import find_campaign
from campanile.campaigns.country_code import country_code_of
from campanile.contacts import check_rows, upsert
from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId, RequestKeyOf
from campanile.edge.wiring import foundation
from campanile.schema.contacts import ContactsInput, UpsertResponse

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/contacts")
def upsert_contacts(
    campaign_id: PathId,
    batch: Annotated[ContactsInput, Body(), WrapValidator(check_rows.read)],
    caller: CallerOf,
    request_key: RequestKeyOf,
    mode: Annotated[Literal["strict", "lenient"], Query()] = "strict",
) -> UpsertResponse:
    if mode == "strict":
        check_rows.refuse_unread(batch)
    campaign = find_campaign.find_or_ad_hoc(foundation.table(), caller.org, campaign_id)
    country_code = country_code_of(foundation.table(), campaign)
    if mode == "lenient":
        rows, failed = check_rows.sort_out(batch, country_code)
    else:
        rows, failed = check_rows.validate(batch.contacts, country_code), []
    if request_key:
        rows = upsert.repeatable(rows, campaign, request_key)
    answer = upsert.upsert(foundation.table(), foundation.dial_queue(), campaign, rows, foundation.clock().now_ms())
    return check_rows.with_failed(answer, rows, failed)


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
