"""An org's part of the deployment's global limit: asked for when it has work and no slot, given back when others ask.

Giving back comes first, and counts the calls in flight until they are over; only what then is free is given away.
"""

from collections.abc import Mapping
from dataclasses import replace

from campanile.adapters.dial_queue import Hint
from campanile.dialing.ports import Ports
from campanile.domain import fair_shares
from campanile.domain.fair_shares import Share
from campanile.domain.org import OrgSettings
from campanile.store import global_limit, orgs, slots
from campanile.store.global_limit import Parts
from campanile.store.table import CONTENTION_RETRIES, ContendedError

ASK_AGAIN_MS = 5_000
"""How often an org that lacks calls asks, and how often at most all are looked at for what they can give back."""


def follow_deployment(ports: Ports, settings: OrgSettings) -> OrgSettings:
    """The org's limits under the deployment's global limit as it is now: nothing is usable that was not granted by it.

    Without a global limit all of the org's own limit is.
    """
    total = ports.limits.global_concurrency
    for _ in range(CONTENTION_RETRIES):
        if settings.global_limit == total:
            return settings
        if total and not global_limit.read(ports.table).rev:  # there was no limit before: everyone's calls count
            for other in orgs.settings_of(ports.table, orgs.every(ports.table)).values():
                _set_aside(ports, other.org, len(slots.in_use(ports.table, other)))
        if total:  # until `usable` is lowered another worker may lock by it
            _set_aside(ports, settings.org, max(settings.usable, len(slots.in_use(ports.table, settings))))
        changed = orgs.set_usable(ports.table, settings, 0 if total else settings.concurrency_limit, total)
        settings = changed or orgs.settings(ports.table, settings.org)
    raise ContendedError(settings.org)


def ask(ports: Ports, settings: OrgSettings) -> OrgSettings:
    """The org's limits after it has asked for as many calls as its own limit allows; as they were if none are free."""
    for _ in range(CONTENTION_RETRIES):
        now = ports.clock.now_ms()
        parts = global_limit.read(ports.table)
        mine = parts.shares.get(settings.org, Share())
        shares = {**parts.shares, settings.org: Share(mine.granted, settings.concurrency_limit, now)}
        total = ports.limits.global_concurrency
        usable = fair_shares.allowance(total, shares, settings.org, now)
        is_overdrawn = sum(share.granted for share in shares.values()) > total  # the limit was lowered
        if usable > settings.usable and not is_overdrawn:
            shares[settings.org] = replace(shares[settings.org], granted=max(mine.granted, usable))
            if grown := global_limit.grow(ports.table, parts, fair_shares.living(shares, now), settings, usable):
                return grown
            settings = orgs.settings(ports.table, settings.org)
            continue
        if now - mine.asked_at < ASK_AGAIN_MS:
            return settings
        may_reclaim = now - parts.reclaimed_at >= ASK_AGAIN_MS
        reclaimed_at = now if may_reclaim else parts.reclaimed_at
        noted = global_limit.note(ports.table, parts, fair_shares.living(shares, now), reclaimed_at)
        if noted is None:
            continue
        ports.dial_queue.wake_at(Hint(settings.org, "share_wanted"), [now + ASK_AGAIN_MS])
        if not (may_reclaim and _reclaim(ports, noted, now)):
            return settings
    return settings


def _reclaim(ports: Ports, parts: Parts, now_ms: int) -> bool:
    """Shrink the parts that are larger than their fair share; whether something came free.

    Who does not ask needs no more than the calls in flight.
    """
    limits = orgs.settings_of(ports.table, sorted(parts.shares))
    wants = {
        org: found.concurrency_limit if parts.shares[org].is_asking(now_ms) else len(slots.in_use(ports.table, found))
        for org, found in limits.items()
    }
    fair = fair_shares.fair_shares(ports.limits.global_concurrency, wants, now_ms)
    needed = {
        org: _lower(ports, limits[org], fair.get(org, 0)) for org in _largest_surplus_first(parts.shares, fair, limits)
    }
    shrunk = [(settings, part) for org, (settings, part) in needed.items() if part < parts.shares[org].granted]
    return bool(shrunk) and global_limit.shrink(ports.table, parts, shrunk)


def _lower(ports: Ports, settings: OrgSettings, target: int) -> tuple[OrgSettings, int]:
    """Lower what an org may use to `target`; its limits after that, and what its part has to cover from then on."""
    if settings.usable > target:
        lowered = orgs.set_usable(ports.table, settings, target, settings.global_limit)
        settings = lowered or orgs.settings(ports.table, settings.org)
    return settings, max(settings.usable, len(slots.in_use(ports.table, settings)))


def _largest_surplus_first(
    shares: Mapping[str, Share], fair: Mapping[str, int], limits: Mapping[str, OrgSettings]
) -> list[str]:
    surplus = {org: shares[org].granted - fair.get(org, 0) for org in limits}
    ordered = sorted((org for org in surplus if surplus[org] > 0), key=lambda org: (-surplus[org], org))
    return ordered[: global_limit.MAX_SHRUNK]


def _set_aside(ports: Ports, org: str, in_flight: int) -> None:
    """Count what the org may have in flight as its part, before it comes under the global limit."""
    for _ in range(CONTENTION_RETRIES):
        parts = global_limit.read(ports.table)
        share = parts.shares.get(org, Share())
        if share.granted >= in_flight:
            return
        shares = {**parts.shares, org: replace(share, granted=in_flight)}
        if global_limit.note(ports.table, parts, shares, parts.reclaimed_at):
            return
    raise ContendedError(org)
