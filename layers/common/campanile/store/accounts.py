"""Provider accounts: `P#<account>` / `S` holds the next time a call may be sent, for all workers together."""

from campanile import pacing
from campanile.store import keys
from campanile.store.table import ConditionFailedError, Table, Update

CONTENTION_RETRIES = 8


def reserve(table: Table, account: str, count: int, calls_per_second: float, now_ms: int) -> list[int]:
    """Reserve `count` sends with one conditional write; answers their times in UTC ms, none before now.

    Answers fewer (possibly no) times when other workers keep taking them: the caller tries again later.
    """
    key = keys.provider_account(account)
    item = table.get(key)
    for _ in range(CONTENTION_RETRIES):
        seen = item["next_free_at"] if item else 0
        times = pacing.send_times(seen, now_ms, count, calls_per_second)
        try:
            table.write(
                Update(
                    key,
                    "SET #next_free_at = :next",
                    "attribute_not_exists(#PK) OR #next_free_at = :seen",
                    {":next": pacing.next_free(times, calls_per_second), ":seen": seen},
                )
            )
            return times
        except ConditionFailedError as failed:
            item = failed.item
    return []
