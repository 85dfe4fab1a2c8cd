"""Start campaigns, and resume them."""

from campanile.adapters.dial_queue import DialQueue, Hint
from campanile.campaigns.configuration_warnings import warnings_of
from campanile.campaigns.find_campaign import find
from campanile.campaigns.show_campaign import response
from campanile.schema.campaign_responses import CampaignResponse
from campanile.store import campaigns, work_registry
from campanile.store.table import Table


def start(table: Table, dial_queue: DialQueue, org: str, reference: str, now_ms: int) -> CampaignResponse:
    """Start or resume a campaign; raises NotFoundError, or TransitionRefusedError naming the current status (400)."""
    campaign = find(table, org, reference)
    work_registry.mark_work(table, org, now_ms, now_ms)
    started = campaigns.transition(table, campaign, "start", now_ms)
    dial_queue.hint(Hint(org, "campaign_started", started.key))
    return response(started, warnings_of(table, started))
