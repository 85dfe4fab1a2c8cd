"""Create campaigns, find them, and take them through their lifecycle."""

from uuid import UUID, uuid4

from campanile.dial_queue import DialQueue, Hint
from campanile.entities import AgentFields, Campaign
from campanile.errors import NotFoundError
from campanile.field_types import instant
from campanile.lifecycle import CampaignStatus
from campanile.manage_configurations import window_notices
from campanile.models import CampaignAnswer, CampaignInput, Notice
from campanile.store import campaigns, configurations, keys, orgs, registry
from campanile.store.table import Table


def create(table: Table, org: str, wanted: CampaignInput, now_ms: int) -> CampaignAnswer:
    """Create a campaign, active at once (seed 001).

    Raises UnknownConfigurationError or ExternalIdTakenError.
    """
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
        created_at=now_ms,
        updated_at=now_ms,
    )
    notices = _notices(table, campaign)
    campaigns.insert(table, campaign)
    return answer(campaign, notices)


def find(table: Table, org: str, reference: str) -> Campaign:
    """By UUID, else by external id (seed 001); raises NotFoundError, also for another org's campaign."""
    campaign = campaigns.resolve(table, org, reference)
    if campaign is None:
        raise NotFoundError("No campaign has this id or external_id.")
    return campaign


def find_or_ad_hoc(table: Table, org: str, reference: str) -> Campaign:
    """As `find`; `default` is the pseudo-campaign of ad-hoc contacts, on the contacts routes only (seed 001)."""
    return campaigns.ad_hoc(org) if reference == keys.DEFAULT_CAMPAIGN else find(table, org, reference)


def change_status(table: Table, queue: DialQueue, org: str, reference: str, action: str, now_ms: int) -> CampaignAnswer:
    """Take `start`, `pause` or `close`; raises TransitionRefusedError naming the current status (400)."""
    campaign = find(table, org, reference)
    starts = action == "start"
    if starts:
        registry.announce(table, org, now_ms, now_ms)
    changed = campaigns.transition(table, campaign, action, now_ms)
    if starts:
        queue.hint(Hint(org, "campaign_started", now_ms, changed.key))
    return answer(changed, _notices(table, changed) if starts else [])


def country_code(table: Table, campaign: Campaign) -> str | None:
    """The country code for numbers in local format; None for ad-hoc contacts, which have no configuration."""
    if campaign.configuration_id is None:
        return None
    configuration = configurations.get(table, campaign.org, campaign.configuration_id, consistent=False)
    assert configuration, "a configuration in use is never deleted"
    return configuration.default_country_code


def answer(campaign: Campaign, notices: list[Notice] | None = None) -> CampaignAnswer:
    """The campaign as the API shows it."""
    assert campaign.configuration_id, "the ad-hoc campaign is never shown"
    return CampaignAnswer(
        id=campaign.id,
        number=campaign.number,
        external_id=campaign.external_id,
        name=campaign.name,
        configuration_id=campaign.configuration_id,
        status=campaign.status,
        priority=campaign.priority,
        unique_numbers=campaign.unique_numbers,
        **{name: getattr(campaign.agent, name) for name in AgentFields.__dataclass_fields__},
        created_at=instant(campaign.created_at),
        updated_at=instant(campaign.updated_at),
        warnings=notices or [],
    )


def time_ordered_id(now_ms: int) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random, so that ids sort by creation."""
    random_bits = uuid4().int & ((1 << 80) - 1)
    value = (now_ms << 80) | random_bits
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(UUID(int=value))


def _notices(table: Table, campaign: Campaign) -> list[Notice]:
    assert campaign.configuration_id
    configuration = configurations.get(table, campaign.org, campaign.configuration_id, consistent=False)
    return window_notices(configuration) if configuration else []
