"""An org's concurrency limit (G2) and calls per second."""

from campanile.adapters.dial_queue import DialQueue, Hint
from campanile.domain import fair_shares
from campanile.domain.limits import Limits
from campanile.domain.org import OrgSettings
from campanile.schema.concurrency import ConcurrencyInput, ConcurrencyResponse
from campanile.store import global_limit, orgs, slots, work_registry
from campanile.store.table import CONTENTION_RETRIES, ContendedError, Table


def get(table: Table, limits: Limits, org: str, now_ms: int) -> ConcurrencyResponse:
    return _answer(table, limits, orgs.settings(table, org), now_ms)


def put(
    table: Table, queue: DialQueue, limits: Limits, org: str, wanted: ConcurrencyInput, now_ms: int
) -> ConcurrencyResponse:
    """Set the limit. A lower one stops new calls from this answer on and ends none; a higher one acts at once."""
    work_registry.mark_work(table, org, now_ms, now_ms)
    for _ in range(CONTENTION_RETRIES):
        current = orgs.settings(table, org)
        changed = orgs.set_limit(
            table,
            current,
            wanted.concurrency_limit,
            wanted.calls_per_second or current.calls_per_second,
        )
        if changed is not None:
            queue.hint(Hint(org, "limit_changed"))
            return _answer(table, limits, changed, now_ms)
    raise ContendedError(org)


def _effective(table: Table, limits: Limits, settings: OrgSettings, now_ms: int) -> int:
    """The org's limit, or its fair part of the global one."""
    total = limits.global_concurrency
    if not total:
        return settings.concurrency_limit
    shares = global_limit.read(table).shares
    return fair_shares.entitlement(total, shares, settings.org, settings.concurrency_limit, now_ms)


def _answer(table: Table, limits: Limits, settings: OrgSettings, now_ms: int) -> ConcurrencyResponse:
    return ConcurrencyResponse(
        concurrency_limit=settings.concurrency_limit,
        effective_limit=_effective(table, limits, settings, now_ms),
        active_count=len(slots.in_use(table, settings)),
        calls_per_second=settings.calls_per_second,
    )
