"""POST /campaign/campaigns/{campaign_id}/contacts: upsert up to 1,000 contacts; `default` takes ad-hoc ones."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import WrapValidator

from campanile import contact_rows, http, manage_campaigns, upsert, wiring
from campanile.answers import UpsertAnswer
from campanile.authentication import MANAGE
from campanile.http import CallerOf, PathId, RequestKeyOf
from campanile.models import ContactsInput

api = http.rest_api()


@api.post("/campaign/campaigns/<campaign_id>/contacts")
def upsert_contacts(
    campaign_id: PathId,
    batch: Annotated[ContactsInput, Body(), WrapValidator(contact_rows.read)],
    caller: CallerOf,
    request_key: RequestKeyOf,
    mode: Annotated[Literal["strict", "lenient"], Query()] = "strict",
) -> UpsertAnswer:
    if mode == "strict":
        contact_rows.refuse_unread(batch)
    campaign = manage_campaigns.find_or_ad_hoc(wiring.table(), caller.org, campaign_id)
    country_code = manage_campaigns.country_code(wiring.table(), campaign)
    if mode == "lenient":
        rows, failed = contact_rows.sort_out(batch, country_code)
    else:
        rows, failed = contact_rows.validate(batch.contacts, country_code), []
    if request_key:
        rows = upsert.repeatable(rows, campaign, request_key)
    answer = upsert.upsert(wiring.table(), wiring.dial_queue(), campaign, rows, wiring.clock().now_ms())
    return contact_rows.with_failed(answer, rows, failed)


handler = http.Endpoint(api, MANAGE)
