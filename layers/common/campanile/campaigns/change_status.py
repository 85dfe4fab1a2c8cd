"""Pause and close campaigns."""

from campanile.campaigns.find_campaign import find
from campanile.campaigns.show_campaign import response
from campanile.schema.campaign_responses import CampaignResponse
from campanile.store import campaigns
from campanile.store.table import Table


def pause(table: Table, org: str, reference: str, now_ms: int) -> CampaignResponse:
    """Pause a campaign; raises NotFoundError, or TransitionRefusedError naming the current status (400)."""
    return response(campaigns.transition(table, find(table, org, reference), "pause", now_ms))


def close(table: Table, org: str, reference: str, now_ms: int) -> CampaignResponse:
    """Close a campaign for good; raises as `pause`."""
    return response(campaigns.transition(table, find(table, org, reference), "close", now_ms))
