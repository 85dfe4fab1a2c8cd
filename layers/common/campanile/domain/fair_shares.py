"""Sharing the deployment's global limit among orgs (G2): by largest remainder, and nobody is left out for long."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

ASKED_MS = 60_000
"""An org that has asked for calls within this time takes part in the sharing with all that it wants."""
TURN_MS = 60_000
"""Where shares are equal and not enough for all, chance decides again this often."""


@dataclass(frozen=True, slots=True)
class Share:
    """What of the global limit is set aside for an org, at least its `usable` and its calls in flight; what it wanted
    when it last asked (its own limit), and when that was (UTC ms).
    """

    granted: int = 0
    wants: int = 0
    asked_at: int = 0

    def is_asking(self, now_ms: int) -> bool:
        return now_ms - self.asked_at < ASKED_MS


def living(shares: Mapping[str, Share], now_ms: int) -> dict[str, Share]:
    """The shares worth keeping: of orgs that hold a part or want one."""
    return {org: share for org, share in shares.items() if share.granted or share.is_asking(now_ms)}


def fair_shares(total: int, wants: Mapping[str, int], now_ms: int) -> dict[str, int]:
    """What each org gets of `total`: all it wants where enough is there for all; else one call each, as far as that
    goes, and the rest in proportion to what they want beyond it, by largest remainder.

    >>> fair_shares(6, {"a": 8, "b": 4}, 0)
    {'a': 4, 'b': 2}
    """
    wanting = {org: want for org, want in wants.items() if want > 0}
    if sum(wanting.values()) <= total:
        return wanting
    turn = now_ms // TURN_MS
    drawn = sorted(wanting, key=lambda org: zlib.crc32(f"{turn}#{org}".encode()))
    rest = total - len(wanting)
    if rest <= 0:
        return dict.fromkeys(drawn[:total], 1)
    beyond = sum(wanting.values()) - len(wanting)
    parts = {org: divmod(rest * (wanting[org] - 1), beyond) for org in drawn}
    shares = {org: 1 + whole for org, (whole, _) in parts.items()}
    by_remainder = sorted(drawn, key=lambda org: -parts[org][1])
    for org in by_remainder[: total - sum(shares.values())]:
        shares[org] += 1
    return {org: shares[org] for org in wanting}


def entitlement(total: int, shares: Mapping[str, Share], org: str, wants: int, now_ms: int) -> int:
    """How many calls `org` would come to, if it asked now for `wants` and the others went on as they do."""
    asking = {name: share.wants for name, share in shares.items() if share.is_asking(now_ms)}
    return fair_shares(total, {**asking, org: wants}, now_ms).get(org, 0)


def allowance(total: int, shares: Mapping[str, Share], org: str, now_ms: int) -> int:
    """How many calls `org` may have now: its part and what it can claim of what is free, up to its fair share.

    Where others lack more of theirs than is free, that is shared in the same way.
    """
    wants = {name: share.wants if share.is_asking(now_ms) else share.granted for name, share in shares.items()}
    fair = fair_shares(total, wants, now_ms)
    lacking = {name: fair.get(name, 0) - share.granted for name, share in shares.items()}
    free = total - sum(share.granted for share in shares.values())
    claimed = fair_shares(max(0, free), lacking, now_ms).get(org, 0)
    return min(shares[org].granted + claimed, fair.get(org, 0))
