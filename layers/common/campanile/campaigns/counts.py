"""A campaign's counters and its calls in flight, read at one moment (G6)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from campanile.domain.call import Slot
from campanile.domain.campaign import Campaign
from campanile.domain.contact import bucket
from campanile.domain.lifecycle import ContactStatus
from campanile.domain.org import OrgSettings
from campanile.store import counters, keys, slots
from campanile.store.counters import Block
from campanile.store.table import Table

CONSISTENT_READS = 10
"""How often both are read again while calls begin or end in between. After that they are returned as they are."""


def read(table: Table, campaign: Campaign, settings: OrgSettings) -> tuple[list[Block], list[Slot]]:
    """The blocks with active contacts in buckets of their own, and the slots that the campaign's calls use.

    The counters count an active contact as pending. If the same calls are in flight before and after the counters are
    read, all of them belong to one moment: an attempt id is never used twice.
    """
    before = _in_use(table, campaign, settings)
    for _ in range(CONSISTENT_READS):
        blocks = counters.blocks(table, campaign.key)
        after = _in_use(table, campaign, settings)
        if {slot.attempt_id for slot in before} == {slot.attempt_id for slot in after}:
            break
        before = after
    return with_active(blocks, after), after


def _in_use(table: Table, campaign: Campaign, settings: OrgSettings) -> list[Slot]:
    return [slot for slot in slots.in_use(table, settings) if slot.campaign_key == campaign.key]


def with_active(blocks: Sequence[Block], in_use: Sequence[Slot]) -> list[Block]:
    """The blocks, with each contact on a call moved from the bucket it waited in to the bucket of active contacts."""
    active = Counter((keys.block_of(slot.contact_number), slot.last_outcome) for slot in in_use)
    moved: list[Block] = []
    for block in blocks:
        buckets = dict(block.buckets)
        for (number, outcome), count in active.items():
            waited = bucket(ContactStatus.PENDING, outcome)
            if number == block.number:
                known = min(count, buckets.get(waited, 0))
                buckets[waited] = buckets.get(waited, 0) - known
                buckets[f"{ContactStatus.ACTIVE}.{outcome or '-'}"] = known
        moved.append(replace(block, buckets=buckets))
    return moved
