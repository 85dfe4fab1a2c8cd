"""An org's settings, and what its dial sheet lists."""

from dataclasses import dataclass

NEVER_GRANTED = -1
DEFAULT_CONCURRENCY_LIMIT = 10
"""Seed 001."""


@dataclass(frozen=True, slots=True)
class OrgSettings:
    """An org's limits. `usable` is what it may use of `concurrency_limit` now; `limit_rev` fences its changes.

    `highest_slot` bounds where slots may still be held after the limit was lowered. `global_limit` is the deployment's
    limit that `usable` was granted under (0: there is none; NEVER_GRANTED: nothing was yet). `account` is the provider
    account that its calls go through.
    """

    org: str
    concurrency_limit: int
    usable: int
    limit_rev: int
    highest_slot: int
    calls_per_second: float
    account: str
    global_limit: int


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """What the dialer needs of an active campaign, from the org's dial sheet."""

    campaign_key: str
    priority: int
    configuration_id: str | None
    lanes: frozenset[str]
