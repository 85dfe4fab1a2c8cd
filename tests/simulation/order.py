"""G5: at each LOCK, whether somebody of higher rank who had been waiting for a while was passed over."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.simulation import oracle
from tests.simulation.mirror import ContactKey, Item, Moved, is_scheduled_first_call
from tests.simulation.oracle import RANK_OF_KIND

if TYPE_CHECKING:
    from tests.simulation.auditor import Auditor

GRACE_MS = 5_000
"""What a pass may not have seen yet: dial sheet 0.2 s, lanes 2 s, index 2 s, and its own requests."""
REFUSED_LATELY_MS = 60_000
LOOK_BACK_MS = 60_000

Rank = tuple[int, int, int, int]


def check_locks(auditor: "Auditor", moved: Sequence[Moved]) -> None:
    for one in moved:
        if (
            one.kind == "contact"
            and one.before
            and one.after
            and one.after["status"] == "active" != one.before["status"]
        ):
            _check(auditor, (one.key[0], one.key[1]), one.before)


def _check(auditor: "Auditor", chosen: ContactKey, as_pending: Item) -> None:
    mirror = auditor.mirror
    org = mirror.org(chosen[0])
    rank = _rank(auditor, chosen, as_pending)
    latest = auditor.now - _grace(auditor)
    if "@" not in chosen[0] and mirror.campaigns[chosen[0]].since_when("priority") > latest:
        return
    for other, item in mirror.pending[org].items():
        if _rank(auditor, other, item) < rank and _waited_since(auditor, org, other, item) <= latest:
            passed_over = f"{other[1]}, {_named(item)} of {other[0][:8]}"
            auditor.violate("G5", chosen[1], f"{_named(as_pending)} of {chosen[0][:8]} went before {passed_over}")
            return


def _rank(auditor: "Auditor", key: ContactKey, item: Item) -> Rank:
    return -auditor.mirror.priority(key[0]), RANK_OF_KIND[item["kind"]], item["due"], item["n"]


def _grace(auditor: "Auditor") -> int:
    """What the worker could not know yet, and what faults have cost it."""
    current = auditor.world.scheduler.current
    since = auditor.now - LOOK_BACK_MS
    delayed = current.invocation.delayed_since(since) if current else 0
    return GRACE_MS + delayed + auditor.world.faults.longest_lag_since(since)


def _waited_since(auditor: "Auditor", org: str, key: ContactKey, item: Item) -> int:
    """Since when the contact could have been called and could be seen; now, when it cannot be called."""
    mirror, now = auditor.mirror, auditor.now
    since = max(int(item["due"]), mirror.contacts[key].since)
    if since > now:
        return now
    campaign = mirror.campaigns[key[0]]
    numbers = item["phones"]
    if any(slot["phone"] in numbers for slot in mirror.held(org).values()):
        return now
    since = max([since, *(mirror.freed.get((org, number), 0) for number in numbers)])
    since = max(since, mirror.refused.get(key, -REFUSED_LATELY_MS) + REFUSED_LATELY_MS)
    if "@" in key[0]:
        return since
    if campaign.now is None or campaign.now["status"] != "active":
        return now
    configuration = mirror.configurations[org, campaign.now["configuration"]]
    since = max(since, campaign.since, configuration.since)
    text = str((configuration.now or {})["document"])
    zone, is_scheduled = item.get("zone"), is_scheduled_first_call(item)
    moments = range(max(since, now - LOOK_BACK_MS), now, 1_000)
    is_open = all(oracle.is_open(text, zone, is_scheduled, at) for at in (*moments, now))
    return since if is_open else now


def _named(item: Item) -> str:
    return f"{item['kind']} due {item['due'] % 10_000_000} number {item['n']}"
