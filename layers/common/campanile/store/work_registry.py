"""The tick's registry: which orgs may have work, and when. `TICK#<0..7>` / `O#<org>`.

Every write that may create work first bumps `seq` and lowers `next_due_at`. Only the worker raises it or removes the
item, on condition that `seq` is still the one it read when its pass began: a write in between keeps its wake-up.
"""

from dataclasses import dataclass

from campanile.store import keys
from campanile.store.table import ConditionFailedError, Delete, Table, Update

SETTLING_MS = 5 * 60 * 1000
"""A registration younger than this is never raised: an index may still lag behind the write that made it."""


@dataclass(frozen=True, slots=True)
class Registration:
    """An org's registration. Times are UTC ms; `pass_began_at` is when its last finished pass began."""

    org: str
    seq: int
    next_due_at: int
    announced_at: int
    pass_began_at: int = 0

    def may_settle(self, now_ms: int) -> bool:
        return now_ms - self.announced_at > SETTLING_MS


def mark_work(table: Table, org: str, due_ms: int, now_ms: int) -> None:
    """Record that the org may have work at `due_ms`. Call it before the write that creates the work."""
    key = keys.registration(org)
    try:
        table.write(
            Update(
                key,
                "SET #next_due_at = :due, #announced_at = :now ADD #seq :one",
                "attribute_not_exists(#PK) OR #next_due_at > :due",
                {":due": due_ms, ":now": now_ms, ":one": 1},
            )
        )
    except ConditionFailedError:
        # The registration may have been removed in the meantime, so it needs a due time here too.
        table.write(
            Update(
                key,
                "SET #announced_at = :now, #next_due_at = if_not_exists(#next_due_at, :due) ADD #seq :one",
                values={":due": due_ms, ":now": now_ms, ":one": 1},
            )
        )


def read(table: Table, org: str) -> Registration | None:
    """Eventually consistent: `settle` notices when it was stale."""
    item = table.get(keys.registration(org), consistent=False)
    return _registration(org, item) if item else None


def due(table: Table, shard: int, before_ms: int) -> list[Registration]:
    """Registrations of a shard whose next work is due before `before_ms`."""
    found = table.query("#PK = :pk", {":pk": keys.registry_shard(shard)}, consistent=True)
    registrations = [_registration(keys.registered_org(item), item) for item in found]
    return [one for one in registrations if one.next_due_at < before_ms]


def finish_pass(table: Table, org: str, began_ms: int) -> None:
    """Record that a pass which began at `began_ms` is over: hints sent before then need no pass of their own."""
    try:
        table.write(
            Update(
                keys.registration(org),
                "SET #pass_began_at = :began",
                "attribute_exists(#PK)",
                {":began": began_ms},
            )
        )
    except ConditionFailedError:
        return


def settle(table: Table, seen: Registration, next_due_ms: int | None) -> bool:
    """Raise the next due time, or remove the registration if there is none; False when work was marked in between."""
    key = keys.registration(seen.org)
    # `seq` starts again at 1 after a removal, so the time tells a registration from its successor.
    unchanged, values = "#seq = :seq AND #announced_at = :at", {":seq": seen.seq, ":at": seen.announced_at}
    try:
        if next_due_ms is None:
            table.write(Delete(key, unchanged, values))
        else:
            table.write(Update(key, "SET #next_due_at = :due", unchanged, {**values, ":due": next_due_ms}))
    except ConditionFailedError:
        return False
    return True


def _registration(org: str, item: dict[str, int]) -> Registration:
    return Registration(org, item["seq"], item["next_due_at"], item["announced_at"], item.get("pass_began_at", 0))
