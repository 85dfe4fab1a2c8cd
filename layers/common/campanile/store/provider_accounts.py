"""Provider accounts: `P#<account>` / `S` holds the next time a call may be sent, for all workers and orgs together."""

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from campanile.domain import pacing
from campanile.store import keys
from campanile.store.table import CONTENTION_RETRIES, ConditionFailedError, Item, Table, Update


@dataclass(slots=True)
class Account:
    """A provider account as one pass knows it. `calls_per_second` is the lower of its own rate and the org's.

    `next_free_at` (UTC ms) is a guess until a write has confirmed it, so an idle account needs no read.
    """

    table: Table = field(repr=False)
    name: str
    calls_per_second: float
    next_free_at: int = 0

    def reserve(self, count: int, now_ms: int, latest_ms: int) -> list[int]:
        """Reserve up to `count` sends between now and `latest_ms` with one write; answers their times, UTC ms.

        Answers fewer, possibly none, when the account is busy for longer: the caller tries again later.
        """
        for _ in range(CONTENTION_RETRIES):
            planned = pacing.send_times(self.next_free_at, now_ms, count, self.calls_per_second)
            times = [one for one in planned if one <= latest_ms]
            if not times:
                return []
            next_free_at = pacing.next_free(times, self.calls_per_second)
            try:
                self.table.write(self._reserving(times[0], next_free_at))
            except ConditionFailedError as failed:
                self._learn(failed.item or {})
            else:
                self.next_free_at = next_free_at
                return times
        return []

    def _reserving(self, first_ms: int, next_free_at: int) -> Update:
        return Update(
            keys.provider_account(self.name),
            "SET #next_free_at = :next",
            "(attribute_not_exists(#next_free_at) OR #next_free_at <= :first) AND "
            "(attribute_not_exists(#calls_per_second) OR #calls_per_second >= :rate)",
            {":next": next_free_at, ":first": first_ms, ":rate": Decimal(str(self.calls_per_second))},
        )

    def _learn(self, item: Item) -> None:
        self.next_free_at = item.get("next_free_at", 0)
        self.calls_per_second = min(self.calls_per_second, float(item.get("calls_per_second", self.calls_per_second)))


def set_rate(table: Table, account: str, calls_per_second: float) -> None:
    """How many calls an account may start per second, whichever orgs use it; an org's own rate may be lower."""
    rate = {":rate": Decimal(str(calls_per_second))}
    table.write(Update(keys.provider_account(account), "SET #calls_per_second = :rate", values=rate))


def back_off(table: Table, account: str, until_ms: int) -> None:
    """Send nothing more for the account before `until_ms` (UTC ms): the provider has said that it is too much."""
    with suppress(ConditionFailedError):
        table.write(
            Update(
                keys.provider_account(account),
                "SET #next_free_at = :until",
                "attribute_not_exists(#next_free_at) OR #next_free_at < :until",
                {":until": until_ms},
            )
        )
