"""The tick: once a minute, a hint for every org that may have work due."""

from campanile.adapters.dial_queue import TICK, DialQueue, Hint
from campanile.store import keys, work_registry
from campanile.store.table import Table

PERIOD_MS = 60_000


def run(table: Table, queue: DialQueue, now_ms: int) -> int:
    """Send the hints; returns how many. Work that falls due before the next tick is woken at its second."""
    sent = 0
    for shard in range(keys.REGISTRY_SHARDS):
        for registration in work_registry.due(table, shard, now_ms + PERIOD_MS):
            hint = Hint(registration.org, TICK)
            if registration.next_due_at <= now_ms:
                queue.hint(hint, deduplication_id=f"tick#{registration.org}#{now_ms // PERIOD_MS}")
            else:
                queue.wake_at(hint, [registration.next_due_at])
            sent += 1
    return sent
