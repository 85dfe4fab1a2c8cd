"""Provider accounts: `P#<account>` / `S` holds the next time a call may be sent, for all workers together."""

from contextlib import suppress

from campanile import pacing
from campanile.store import keys
from campanile.store.table import ConditionFailedError, Table, Update

CONTENTION_RETRIES = 8


def reserve(table: Table, account: str, count: int, calls_per_second: float, now_ms: int, latest_ms: int) -> list[int]:
    """Reserve up to `count` sends between now and `latest_ms` with one conditional write; answers their times, UTC ms.

    Answers fewer, possibly none, when the account is busy for longer: the caller tries again later.
    """
    key = keys.provider_account(account)
    item = table.get(key, consistent=False)  # the condition tells when this is stale
    for _ in range(CONTENTION_RETRIES):
        seen = item["next_free_at"] if item else 0
        times = [one for one in pacing.send_times(seen, now_ms, count, calls_per_second) if one <= latest_ms]
        if not times:
            return []
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


def back_off(table: Table, account: str, until_ms: int) -> None:
    """Send nothing more for the account before `until_ms` (UTC ms): the provider has said that it is too much."""
    with suppress(ConditionFailedError):
        table.write(
            Update(
                keys.provider_account(account),
                "SET #next_free_at = :until",
                "attribute_not_exists(#PK) OR #next_free_at < :until",
                {":until": until_ms},
            )
        )
