"""An org's concurrency limit (G2) and calls per second."""

from campanile.answers import ConcurrencyAnswer
from campanile.dial_queue import DialQueue, Hint
from campanile.dialing.ports import Limits
from campanile.entities import OrgSettings
from campanile.models import ConcurrencyInput
from campanile.store import orgs, registry, slots
from campanile.store.table import CONTENTION_RETRIES, ContendedError, Table


def get(table: Table, limits: Limits, org: str) -> ConcurrencyAnswer:
    return _answer(table, limits, orgs.settings(table, org))


def put(
    table: Table, queue: DialQueue, limits: Limits, org: str, wanted: ConcurrencyInput, now_ms: int
) -> ConcurrencyAnswer:
    """Set the limit. A lower one stops new calls from this answer on and ends none; a higher one acts at once."""
    registry.announce(table, org, now_ms, now_ms)
    for _ in range(CONTENTION_RETRIES):
        current = orgs.settings(table, org)
        changed = orgs.set_limit(
            table,
            current,
            wanted.concurrency_limit,
            limits.usable(wanted.concurrency_limit),
            wanted.calls_per_second or current.calls_per_second,
        )
        if changed is not None:
            queue.hint(Hint(org, "limit_changed", now_ms))
            return _answer(table, limits, changed)
    raise ContendedError(org)


def _answer(table: Table, limits: Limits, settings: OrgSettings) -> ConcurrencyAnswer:
    return ConcurrencyAnswer(
        concurrency_limit=settings.concurrency_limit,
        effective_limit=limits.usable(settings.concurrency_limit),
        active_count=len(slots.held(table, settings)),
        calls_per_second=settings.calls_per_second,
    )
