"""A campaign as the API shows it."""

from collections.abc import Sequence

from campanile.domain.campaign import Campaign
from campanile.domain.times import instant
from campanile.schema.campaign_responses import CampaignResponse
from campanile.schema.messages import ApiWarning


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
