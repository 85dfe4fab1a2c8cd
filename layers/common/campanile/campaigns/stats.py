"""A campaign's numbers: every contact exactly once, in the bucket it is in when read (G6)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from campanile.campaigns import counts
from campanile.dialing.agenda import Agenda
from campanile.domain.campaign import Campaign
from campanile.domain.contact import split_bucket
from campanile.domain.lifecycle import CampaignStatus, ContactStatus, SlotPhase
from campanile.domain.org import SheetEntry
from campanile.domain.times import instant
from campanile.schema.stats import AttemptCounts, ContactCounts, StatsResponse
from campanile.store import orgs
from campanile.store.counters import Block
from campanile.store.table import Table


@dataclass(slots=True)
class _Sums:
    """What a campaign's counter blocks add up to."""

    by_status: Counter[ContactStatus] = field(default_factory=Counter)
    retry_waiting: int = 0
    attempts: int = 0
    refusals: Counter[str] = field(default_factory=Counter)


def read(table: Table, campaign: Campaign, now_ms: int) -> StatsResponse:
    """Counts from the counter blocks; `locked` and active calls from the slots."""
    settings = orgs.settings(table, campaign.org)
    blocks, in_use = counts.read(table, campaign, settings)
    phases = Counter(slot.phase for slot in in_use)
    sums = _sums(blocks)
    contacts = _contacts(sums, phases[SlotPhase.LOCKED])
    attempts = sums.attempts + phases[SlotPhase.PLACED]
    average = round(attempts / contacts.total, 2) if contacts.total else 0.0
    is_waiting = sums.by_status[ContactStatus.PENDING] and not sums.by_status[ContactStatus.ACTIVE]
    waiting_until = _waiting_until(table, campaign, now_ms) if is_waiting else None
    return StatsResponse(
        campaign_id=campaign.id,
        status=campaign.status,
        contacts=contacts,
        attempts=AttemptCounts(total=attempts, average_per_contact=average),
        refusals=dict(sorted(sums.refusals.items())),
        active_calls=phases.total(),
        concurrency_limit=settings.concurrency_limit,
        waiting_until=None if waiting_until is None else instant(waiting_until),
    )


def _sums(blocks: Sequence[Block]) -> _Sums:
    sums = _Sums()
    for block in blocks:
        sums.attempts += block.attempts
        sums.refusals.update(block.refusals)
        for name, count in block.buckets.items():
            status, outcome = split_bucket(name)
            sums.by_status[status] += count
            if status is ContactStatus.PENDING and outcome is not None:
                sums.retry_waiting += count
    return sums


def _contacts(sums: _Sums, locked: int) -> ContactCounts:
    by_status = sums.by_status
    return ContactCounts(
        total=by_status.total(),
        pending=by_status[ContactStatus.PENDING] + by_status[ContactStatus.HELD],
        in_progress=by_status[ContactStatus.ACTIVE],
        completed=by_status[ContactStatus.COMPLETED],
        exhausted=by_status[ContactStatus.EXHAUSTED],
        error=by_status[ContactStatus.ERROR],
        do_not_call=by_status[ContactStatus.DO_NOT_CALL],
        locked=min(locked, by_status[ContactStatus.ACTIVE]),
        retry_waiting=sums.retry_waiting,
        held=by_status[ContactStatus.HELD],
    )


def _waiting_until(table: Table, campaign: Campaign, now_ms: int) -> int | None:
    """When the next pending contact may be called; None when that is now, or when the campaign is not active."""
    if campaign.status is not CampaignStatus.ACTIVE:
        return None
    agenda = Agenda(table, campaign.org)
    agenda.follow([SheetEntry(campaign.key, campaign.priority, campaign.configuration_id, campaign.lanes)])
    due = agenda.next_due(now_ms)
    return due if due is not None and due > now_ms else None
