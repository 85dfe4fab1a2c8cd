"""A campaign's progress as OSVI's clients poll it. Polling is cheap, because everything is already counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

from campanile.domain.campaign import Campaign
from campanile.domain.contact import split_bucket
from campanile.domain.lifecycle import TERMINAL, ContactStatus, Outcome
from campanile.domain.times import instant
from campanile.osvi.pushes import find_campaign
from campanile.store import configurations, counters, creation_ranges, imports, keys
from campanile.store.counters import Block
from campanile.store.creation_ranges import Range
from campanile.store.imports import LISTED_IMPORTS, Import
from campanile.store.table import Table

PICKED = "picked"
NOT_PICKED = "not_picked"
FAILED = "failed"
CALLS: Mapping[Outcome, str] = {
    Outcome.ANSWERED: PICKED,
    Outcome.CALLBACK_REQUESTED: PICKED,
    Outcome.DO_NOT_CALL: PICKED,
    Outcome.VOICEMAIL: NOT_PICKED,
    Outcome.NO_ANSWER: NOT_PICKED,
    Outcome.BUSY: NOT_PICKED,
    Outcome.CANCELED: NOT_PICKED,
    Outcome.FAILED: FAILED,
    Outcome.INVALID_NUMBER: FAILED,
    Outcome.UNKNOWN: FAILED,
}
"""Whether somebody picked up, by the call's outcome. To ask for a callback, or for no more calls, they must have."""
_INDIA = timezone(timedelta(hours=5, minutes=30))


def read(table: Table, org: str, number: str) -> dict[str, object]:
    """The status of the campaign of this number; raises NotFoundError."""
    campaign = find_campaign(table, org, number)
    blocks = counters.blocks(table, campaign.key)
    listed = [one for one in imports.of_campaign(table, campaign.key, LISTED_IMPORTS) if one.push]
    counted = _counted(table, campaign.key, [one.created for one in listed], blocks)
    return {
        "campaign": _campaign(table, campaign),
        "calls": _calls(blocks),
        "uploads": [_upload(one, buckets) for one, buckets in zip(listed, counted, strict=True)],
    }


def in_india(ms: int) -> str:
    """UTC milliseconds as OSVI writes times: in India's timezone, to the second."""
    return datetime.isoformat(instant(ms).astimezone(_INDIA), timespec="seconds")


def _campaign(table: Table, campaign: Campaign) -> dict[str, object]:
    configuration = configurations.of_campaign(table, campaign)
    assert configuration, "the ad-hoc contacts have no number"
    return {
        "id": campaign.number,
        "name": campaign.name,
        "status": str(campaign.status),
        "is_retry_enabled": configuration.retry_policy.retry_attempts > 0,
        "retry_threshold": configuration.retry_policy.retry_attempts,
        "retry_delay": configuration.retry_policy.retry_delay_seconds,
        "created_at": in_india(campaign.created_at),
    }


def _calls(blocks: Sequence[Block]) -> dict[str, object]:
    """The contacts that were called, by the outcome of the latest call to each."""
    by_status = Counter({PICKED: 0, NOT_PICKED: 0, FAILED: 0})
    for block in blocks:
        for name, count in block.buckets.items():
            outcome = split_bucket(name)[1]
            if outcome is not None:
                by_status[CALLS[outcome]] += count
    return {"total": by_status.total(), "by_status": dict(by_status)}


def _counted(
    table: Table, campaign_key: str, created: Sequence[Sequence[Range]], blocks: Sequence[Block]
) -> list[Counter[str]]:
    """For each of `created`, the contacts with these creation numbers, counted by bucket.

    A block that belongs to one push is counted already. For a shared block the roster is read, once for all pushes.
    """
    counted: list[Counter[str]] = [Counter() for _ in created]
    known = {block.number: block for block in blocks}
    partly: dict[int, list[tuple[int, list[Range]]]] = {}
    for index, ranges in enumerate(created):
        for block, parts in creation_ranges.by_block(ranges, keys.BLOCK_SIZE).items():
            first, last = block * keys.BLOCK_SIZE, (block + 1) * keys.BLOCK_SIZE - 1
            if parts != [(first, last)]:
                partly.setdefault(block, []).append((index, parts))
            elif block in known:
                counted[index].update(known[block].buckets)
    for sought in partly.values():
        first = min(part[0] for _, parts in sought for part in parts)
        last = max(part[1] for _, parts in sought for part in parts)
        for number, name in counters.of_numbers(table, campaign_key, first, last):
            for index, parts in sought:
                counted[index][name] += creation_ranges.is_in(parts, number)
    return counted


def _upload(one: Import, buckets: Mapping[str, int]) -> dict[str, object]:
    """A push. Its queue has the contacts that came with it, except held ones and those never called because they are on
    the do-not-call list. It is completed when no further call follows.
    """
    assert one.push, "it is a push"
    queued = left = 0
    for name, count in buckets.items():
        status, outcome = split_bucket(name)
        if status is ContactStatus.HELD or (status is ContactStatus.DO_NOT_CALL and outcome is None):
            continue
        queued += count
        left += 0 if status in TERMINAL else count
    is_completed = left == 0 and one.status != "running"
    queue = {"agent_uuid": one.push.agent_id, "total_queued": queued, "completed": is_completed}
    return {
        "campaign_upload_id": one.push.number,
        "file_name": one.file_name,
        "agent_uuid": one.push.agent_id,
        "created_at": in_india(one.created_at),
        "queues": [queue] if queued else [],
    }
