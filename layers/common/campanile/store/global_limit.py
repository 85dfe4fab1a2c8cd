"""The deployment's global limit: `G#` / `S` says how much of it is set aside for which org.

An org's part covers its `usable` and its calls in flight at any moment. So a part grows in the transaction that
raises `usable`, and shrinks only after `usable` was lowered and the calls in flight were counted, on condition that
`usable` is still that; the sum of all calls then never exceeds the sum of the parts (`docs/guarantees.md`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from campanile.domain.fair_shares import Share
from campanile.domain.org import OrgSettings
from campanile.store import keys, orgs
from campanile.store.table import ConditionFailedError, Item, Table, TransactionCanceledError, Update

MAX_SHRUNK = 90
"""How many orgs' parts one transaction shrinks."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Every org's part; `rev` grows with every write, `reclaimed_at` (UTC ms) is when parts were last shrunk."""

    rev: int = 0
    reclaimed_at: int = 0
    shares: Mapping[str, Share] = field(default_factory=dict)


def read(table: Table) -> Parts:
    """Strongly consistent."""
    item = table.get(keys.global_limit())
    if item is None:
        return Parts()
    return Parts(item["rev"], item["reclaimed_at"], {org: _share(one) for org, one in item["shares"].items()})


def grow(table: Table, seen: Parts, shares: Mapping[str, Share], org: OrgSettings, usable: int) -> OrgSettings | None:
    """Write `shares`, in which the org's has grown, and raise its `usable`; None when another writer changed either."""
    raised, changed = orgs.changing_usable(org, usable)
    try:
        table.transact([_writing(seen, shares, seen.reclaimed_at), raised])
    except TransactionCanceledError:
        return None
    return changed


def note(table: Table, seen: Parts, shares: Mapping[str, Share], reclaimed_at: int) -> Parts | None:
    """Write `shares`, none of them smaller than before; None when another writer has changed them since `seen`."""
    try:
        table.write(_writing(seen, shares, reclaimed_at))
    except ConditionFailedError:
        return None
    return Parts(seen.rev + 1, reclaimed_at, shares)


def shrink(table: Table, seen: Parts, shrunk: Sequence[tuple[OrgSettings, int]]) -> bool:
    """Lower the parts of orgs to what their `usable` and their calls in flight, counted under it, need."""
    lower = {settings.org: replace(seen.shares[settings.org], granted=granted) for settings, granted in shrunk}
    checks = [orgs.unchanged_limit(settings) for settings, _ in shrunk]
    try:
        table.transact([_writing(seen, {**seen.shares, **lower}, seen.reclaimed_at), *checks])
    except TransactionCanceledError:
        return False
    return True


def _writing(seen: Parts, shares: Mapping[str, Share], reclaimed_at: int) -> Update:
    return Update(
        keys.global_limit(),
        "SET #rev = :next, #reclaimed_at = :reclaimed, #shares = :shares",
        "#rev = :seen" if seen.rev else "attribute_not_exists(#PK)",
        {
            ":next": seen.rev + 1,
            ":reclaimed": reclaimed_at,
            ":shares": {org: _item(share) for org, share in shares.items()},
            **({":seen": seen.rev} if seen.rev else {}),
        },
    )


def _item(share: Share) -> Item:
    return {"granted": share.granted, "wants": share.wants, "asked_at": share.asked_at}


def _share(item: Item) -> Share:
    return Share(item["granted"], item["wants"], item["asked_at"])
