"""Create campaigns: a new one is active at once (seed 001)."""

from campanile.adapters.identifiers import time_ordered_id
from campanile.campaigns.configuration_warnings import warnings_of
from campanile.campaigns.find_campaign import find
from campanile.campaigns.show_campaign import response
from campanile.domain.campaign import Campaign
from campanile.domain.lifecycle import CampaignStatus
from campanile.schema.campaign_responses import CampaignResponse
from campanile.schema.campaigns import CampaignInput
from campanile.store import campaigns, created_by_request, keys, orgs
from campanile.store.table import Table


def create(
    table: Table, org: str, wanted: CampaignInput, now_ms: int, request_key: str | None = None
) -> CampaignResponse:
    """Create a campaign without contacts, unless a request with this key has created it before.

    Raises UnknownConfigurationError or ExternalIdTakenError.
    """
    if known := created_before(table, org, wanted, now_ms, request_key):
        return known
    campaign = new_campaign(table, org, wanted, now_ms)
    warnings = warnings_of(table, campaign)
    store(table, campaign, wanted, request_key)
    return response(campaign, warnings)


def created_before(
    table: Table, org: str, wanted: CampaignInput, now_ms: int, request_key: str | None
) -> CampaignResponse | None:
    """The campaign that a request with this key has created; None if there is no such campaign, or no key."""
    created = created_by_request.created(table, org, request_key, wanted, now_ms)
    if created is None:
        return None
    campaign = find(table, org, created)
    return response(campaign, warnings_of(table, campaign))


def new_campaign(table: Table, org: str, wanted: CampaignInput, now_ms: int) -> Campaign:
    """The campaign that the request asks for, with an id and number of its own. It is not stored yet."""
    campaign_id = time_ordered_id(now_ms)
    return Campaign(
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


def store(table: Table, campaign: Campaign, wanted: CampaignInput, request_key: str | None) -> None:
    """Store a new campaign; from now on its contacts are called. Raises as `create`."""
    notes = created_by_request.notes(campaign.org, request_key, wanted, campaign.id, campaign.created_at)
    campaigns.insert(table, campaign, *notes)
