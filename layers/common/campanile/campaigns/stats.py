"""A campaign's numbers: every contact exactly once, in the bucket it is in when read (G6)."""

from collections import Counter

from campanile.campaigns import counts
from campanile.dialing.agenda import Agenda
from campanile.domain.campaign import Campaign
from campanile.domain.contact import split_bucket
from campanile.domain.lifecycle import CampaignStatus, ContactStatus, SlotPhase
from campanile.domain.org import SheetEntry
from campanile.domain.times import instant
from campanile.schema.campaigns import AttemptCounts, ContactCounts, StatsResponse
from campanile.store import orgs
from campanile.store.table import Table


def read(table: Table, campaign: Campaign, now_ms: int) -> StatsResponse:
    """Counts from the counter blocks; `locked` and active calls from the slots."""
    settings = orgs.settings(table, campaign.org)
    blocks, held = counts.read(table, campaign, settings)
    phases = Counter(slot.phase for slot in held)
    by_status: Counter[ContactStatus] = Counter()
    retry_waiting = 0
    for block in blocks:
        for name, number in block.buckets.items():
            status, outcome = split_bucket(name)
            by_status[status] += number
            if status is ContactStatus.PENDING and outcome is not None:
                retry_waiting += number
    total = by_status.total()
    attempts = sum(block.attempts for block in blocks) + phases[SlotPhase.PLACED]
    refusals: Counter[str] = Counter()
    for block in blocks:
        refusals.update(block.refusals)
    pending = by_status[ContactStatus.PENDING] + by_status[ContactStatus.HELD]
    waiting_until = None
    if by_status[ContactStatus.PENDING] and not by_status[ContactStatus.ACTIVE]:
        waiting_until = _waiting_until(table, campaign, now_ms)
    return StatsResponse(
        campaign_id=campaign.id,
        status=campaign.status,
        contacts=ContactCounts(
            total=total,
            pending=pending,
            in_progress=by_status[ContactStatus.ACTIVE],
            completed=by_status[ContactStatus.COMPLETED],
            exhausted=by_status[ContactStatus.EXHAUSTED],
            error=by_status[ContactStatus.ERROR],
            do_not_call=by_status[ContactStatus.DO_NOT_CALL],
            locked=min(phases[SlotPhase.LOCKED], by_status[ContactStatus.ACTIVE]),
            retry_waiting=retry_waiting,
            held=by_status[ContactStatus.HELD],
        ),
        attempts=AttemptCounts(total=attempts, average_per_contact=round(attempts / total, 2) if total else 0.0),
        refusals=dict(sorted(refusals.items())),
        active_calls=phases.total(),
        concurrency_limit=settings.concurrency_limit,
        waiting_until=None if waiting_until is None else instant(waiting_until),
    )


def _waiting_until(table: Table, campaign: Campaign, now_ms: int) -> int | None:
    """When the next pending contact may be called; None when that is now, or when the campaign is not active."""
    if campaign.status is not CampaignStatus.ACTIVE:
        return None
    agenda = Agenda(table, campaign.org)
    agenda.follow([SheetEntry(campaign.key, campaign.priority, campaign.configuration_id, campaign.lanes)])
    due = agenda.next_due(now_ms)
    return due if due is not None and due > now_ms else None
