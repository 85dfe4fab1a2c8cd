"""Create campaigns, list, find and change them, and take them through their lifecycle."""

from collections.abc import Callable
from dataclasses import replace

from campanile.adapters.dial_queue import DialQueue, Hint
from campanile.adapters.identifiers import time_ordered_id
from campanile.campaigns.manage_configurations import window_notices
from campanile.domain.campaign import AGENT_FIELDS, Campaign
from campanile.domain.errors import NotFoundError
from campanile.domain.lifecycle import EDITABLE, CampaignStatus
from campanile.domain.times import instant
from campanile.schema import pagination
from campanile.schema.campaigns import CampaignInput, CampaignPatch, CampaignResponse, CampaignsResponse
from campanile.schema.messages import ApiWarning
from campanile.store import campaigns, configurations, created_by_request, keys, orgs, work_registry
from campanile.store.campaigns import TransitionRefusedError, UnknownConfigurationError
from campanile.store.table import Table

LOOKED_AT = 2_000
"""How many campaigns one request for a list looks at: a page of few hits ends early, its cursor leads on."""


def create(
    table: Table,
    org: str,
    wanted: CampaignInput,
    now_ms: int,
    request_key: str | None = None,
    fill: Callable[[Campaign], None] = lambda _: None,
) -> CampaignResponse:
    """Create a campaign, active at once (seed 001); `fill` is called with it before it is stored, and so before anybody
    is called. A request whose key has created a campaign before answers that one.

    Raises UnknownConfigurationError or ExternalIdTakenError.
    """
    if request_key and (created := created_by_request.created(table, org, request_key, wanted, now_ms)):
        known = find(table, org, created)
        return answer(known, notices(table, known))
    campaign_id = time_ordered_id(now_ms)
    campaign = Campaign(
        org=org,
        key=campaign_id,
        id=campaign_id,
        status=CampaignStatus.ACTIVE,
        priority=wanted.priority,
        configuration_id=wanted.configuration_id,
        name=wanted.name,
        number=orgs.next_campaign_number(table, org),
        external_id=wanted.external_id,
        unique_numbers=wanted.unique_numbers,
        agent=wanted.agent,
        lanes=frozenset(one.timezone or keys.DEFAULT_ZONE for one in wanted.contacts or []),
        created_at=now_ms,
        updated_at=now_ms,
    )
    noticed = notices(table, campaign)
    fill(campaign)
    notes = [created_by_request.creating(org, request_key, wanted, campaign_id, now_ms)] if request_key else []
    campaigns.insert(table, campaign, *notes)
    return answer(campaign, noticed)


def page(
    table: Table, org: str, limit: int, cursor: str | None, name: str, statuses: frozenset[str]
) -> CampaignsResponse:
    """Up to `limit` campaigns in order of creation, from `cursor` on, whose name contains `name` (whatever the case)
    and whose status is one of `statuses` (none: any). Raises InvalidFieldsError for a wrong cursor.
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
    shown = pagination.fitting([answer(one) for one in hits])
    if len(shown) < len(hits):
        last, has_more = shown[-1].id, True
    return CampaignsResponse(campaigns=shown, next_cursor=pagination.cursor_after(last) if has_more else None)


def find(table: Table, org: str, reference: str) -> Campaign:
    """By UUID, else by external id (seed 001); raises NotFoundError, also for another org's campaign."""
    campaign = campaigns.resolve(table, org, reference)
    if campaign is None:
        raise NotFoundError("No campaign has this id or external_id.")
    return campaign


def find_or_ad_hoc(table: Table, org: str, reference: str) -> Campaign:
    """As `find`; `default` is the pseudo-campaign of ad-hoc contacts, on the contacts routes only (seed 001)."""
    return campaigns.ad_hoc(org) if reference == keys.DEFAULT_CAMPAIGN else find(table, org, reference)


def change(table: Table, queue: DialQueue, org: str, reference: str, wanted: CampaignPatch, now_ms: int) -> Campaign:
    """Change the given fields; the dialer follows them from the answer on. A former external id keeps resolving.

    Raises NotFoundError, TransitionRefusedError for a closed campaign, UnknownConfigurationError, ExternalIdTakenError.
    """
    campaign = find(table, org, reference)
    if campaign.status not in EDITABLE:
        raise TransitionRefusedError("change", campaign.status)
    given = wanted.model_fields_set - {"contacts"}
    if not given:
        return campaign

    def changed(current: Campaign) -> Campaign:
        fields = {name: getattr(wanted, name) for name in given}
        agent = {name: fields.pop(name) for name in AGENT_FIELDS if name in fields}
        return replace(current, **fields, agent=replace(current.agent, **agent), updated_at=now_ms)

    work_registry.mark_work(table, org, now_ms, now_ms)
    result = campaigns.update(table, campaign, changed)
    queue.hint(Hint(org, "campaign_changed", campaign.key))
    return result


def change_status(
    table: Table, queue: DialQueue, org: str, reference: str, action: str, now_ms: int
) -> CampaignResponse:
    """Take `start`, `pause` or `close`; raises TransitionRefusedError naming the current status (400)."""
    campaign = find(table, org, reference)
    starts = action == "start"
    if starts:
        work_registry.mark_work(table, org, now_ms, now_ms)
    changed = campaigns.transition(table, campaign, action, now_ms)
    if starts:
        queue.hint(Hint(org, "campaign_started", changed.key))
    return answer(changed, notices(table, changed) if starts else [])


def country_code(table: Table, campaign: Campaign) -> str | None:
    """The country code for numbers in local format; None for ad-hoc contacts, which have no configuration.

    Raises UnknownConfigurationError for a campaign that is still to be stored.
    """
    if campaign.configuration_id is None:
        return None
    configuration = configurations.in_use(table, campaign.org, campaign.configuration_id)
    if configuration is None:
        raise UnknownConfigurationError(campaign.configuration_id)
    return configuration.default_country_code


def answer(campaign: Campaign, noticed: list[ApiWarning] | None = None) -> CampaignResponse:
    """The campaign as the API shows it."""
    assert campaign.configuration_id, "the ad-hoc campaign is never shown"
    return CampaignResponse(
        id=campaign.id,
        number=campaign.number,
        external_id=campaign.external_id,
        name=campaign.name,
        configuration_id=campaign.configuration_id,
        status=campaign.status,
        priority=campaign.priority,
        unique_numbers=campaign.unique_numbers,
        **campaign.agent.to_dict(),
        created_at=instant(campaign.created_at),
        updated_at=instant(campaign.updated_at),
        warnings=noticed or [],
    )


def notices(table: Table, campaign: Campaign) -> list[ApiWarning]:
    """What the campaign's owner should look at: a configuration that allows no calls."""
    assert campaign.configuration_id, "the ad-hoc campaign has no configuration"
    configuration = configurations.in_use(table, campaign.org, campaign.configuration_id)
    return window_notices(configuration) if configuration else []
