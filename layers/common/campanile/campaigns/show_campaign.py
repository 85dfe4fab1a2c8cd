"""A campaign as the API shows it, with warnings about its configuration."""

from collections.abc import Sequence

from campanile.domain.campaign import Campaign
from campanile.domain.configuration import Configuration
from campanile.domain.times import instant
from campanile.schema.campaign_responses import CampaignResponse
from campanile.schema.messages import ApiWarning
from campanile.store import configurations
from campanile.store.table import Table

UNREADABLE_WINDOWS = "This version of Campanile cannot read the stored timezones and calling windows."


def response(campaign: Campaign, warnings: Sequence[ApiWarning] = ()) -> CampaignResponse:
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
        warnings=list(warnings),
    )


def warnings_of(table: Table, campaign: Campaign) -> list[ApiWarning]:
    """What the campaign's owner should look at: a configuration that allows no calls.

    Raises UnknownConfigurationError.
    """
    configuration = configurations.of_campaign(table, campaign)
    return window_warnings(configuration) if configuration else []


def window_warnings(configuration: Configuration) -> list[ApiWarning]:
    """The warning that an empty list of windows allows no calls at all (`products.md`, section 1.1)."""
    if not configuration.is_readable:
        message = f"{UNREADABLE_WINDOWS} No contact will be called."
        return [ApiWarning(code="unreadable_calling_windows", message=message)]
    if configuration.has_windows:
        return []
    message = "The configuration has no calling windows, so no contact will be called. Set default_windows."
    return [ApiWarning(code="no_calling_windows", message=message)]
