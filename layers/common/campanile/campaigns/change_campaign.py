"""Change the fields of a campaign."""

from dataclasses import replace

from campanile.adapters.dial_queue import DialQueue, Hint
from campanile.campaigns.find_campaign import find
from campanile.domain.campaign import AGENT_FIELDS, Campaign
from campanile.domain.lifecycle import EDITABLE
from campanile.schema.campaigns import CampaignPatch
from campanile.store import campaigns, work_registry
from campanile.store.campaigns import TransitionRefusedError
from campanile.store.table import Table


def change(
    table: Table, dial_queue: DialQueue, org: str, reference: str, wanted: CampaignPatch, now_ms: int
) -> Campaign:
    """Change the given fields. They apply to every call decided after the response. Former external ids keep resolving.

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
    dial_queue.hint(Hint(org, "campaign_changed", campaign.key))
    return result
