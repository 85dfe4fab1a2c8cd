"""Provider accounts: `P#<account>` / `S` names the provider and holds the next time a call may be sent, for all workers
and orgs together.

An account that cannot place calls (credentials, credit, permission) is stopped: one call in `PROBE_SECONDS` tries
whether it works again, and the first that does takes the stop away.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from campanile.domain import pacing
from campanile.store import keys
from campanile.store.table import CONTENTION_RETRIES, ConditionFailedError, Item, Table, Update

PROBE_SECONDS = 300


@dataclass(slots=True)
class Account:
    """A provider account as one pass knows it. `calls_per_second` is the lower of its own rate and the org's.

    `next_free_at` (UTC ms), `provider` (None: the default one) and `is_stopped` are guesses until a write has confirmed
    them, so an idle account needs no read.
    """

    table: Table = field(repr=False)
    name: str
    calls_per_second: float
    next_free_at: int = 0
    provider: str | None = None
    is_stopped: bool = False

    def reserve(self, count: int, now_ms: int, latest_ms: int) -> list[int]:
        """Reserve up to `count` sends between now and `latest_ms` with one write; returns their times, UTC ms.

        Returns fewer, possibly none, when the account is busy for longer: the caller tries again later. A stopped
        account gives one send, the probe.
        """
        for _ in range(CONTENTION_RETRIES):
            wanted = 1 if self.is_stopped else count
            planned = pacing.send_times(self.next_free_at, now_ms, wanted, self.calls_per_second)
            times = [one for one in planned if one <= latest_ms]
            if not times:
                return []
            next_free_at = pacing.next_free(times, self.calls_per_second)
            if self.is_stopped:
                next_free_at = times[0] + 1000 * PROBE_SECONDS
            try:
                item = self.table.write(self._reserving(times[0], next_free_at), "ALL_NEW")
            except ConditionFailedError as failed:
                self._learn(failed.item or {})
            else:
                self.next_free_at = next_free_at
                self.provider = item.get("provider")
                return times
        return []

    def _reserving(self, first_ms: int, next_free_at: int) -> Update:
        return Update(
            keys.provider_account(self.name),
            "SET #next_free_at = :next",
            "(attribute_not_exists(#next_free_at) OR #next_free_at <= :first) AND "
            "(attribute_not_exists(#calls_per_second) OR #calls_per_second >= :rate) AND "
            f"{'attribute_exists' if self.is_stopped else 'attribute_not_exists'}(#stopped)",
            {":next": next_free_at, ":first": first_ms, ":rate": Decimal(str(self.calls_per_second))},
        )

    def _learn(self, item: Item) -> None:
        self.next_free_at = item.get("next_free_at", 0)
        self.calls_per_second = min(self.calls_per_second, float(item.get("calls_per_second", self.calls_per_second)))
        self.is_stopped = "stopped" in item


def set_provider(table: Table, account: str, provider: str) -> None:
    """Which provider places the account's calls, by its name in `telephony/providers.py`."""
    table.write(Update(keys.provider_account(account), "SET #provider = :provider", values={":provider": provider}))


def stop(table: Table, account: str, reason: str, now_ms: int) -> int:
    """The provider cannot place calls for the account as it is set up; returns when the next probe may leave, UTC ms.

    `reason` is the adapter's, for operators; it names nobody.
    """
    until = now_ms + 1000 * PROBE_SECONDS
    stopped = {":stopped": {"reason": reason, "at": now_ms}, ":until": until}
    table.write(
        Update(keys.provider_account(account), "SET #stopped = :stopped, #next_free_at = :until", values=stopped)
    )
    return until


def resume(table: Table, account: str, now_ms: int) -> None:
    """A probe went through: the account takes calls again."""
    with suppress(ConditionFailedError):
        table.write(
            Update(
                keys.provider_account(account),
                "SET #next_free_at = :now REMOVE #stopped",
                "attribute_exists(#stopped)",
                {":now": now_ms},
            )
        )


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
