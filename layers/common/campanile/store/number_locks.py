"""The call lock of a phone number within an org: `E#<org>#<e164>` / `L`.

It counts only while its slot still holds the attempt it names; it is taken over on that very condition,
so nothing needs to release it.
"""

from dataclasses import dataclass

from campanile.store import keys
from campanile.store.table import Action, Check, Item, Put, Table, Update

REMEMBERED_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class NumberLock:
    """The latest lock of a number: its attempt, the slot it held, and when it was taken (UTC ms; None: given back
    without a call). `earlier` are the times of the calls before.
    """

    attempt_id: str
    slot: int
    at: int | None
    earlier: tuple[int, ...]

    @property
    def times(self) -> tuple[int, ...]:
        """When the number was last called, at most 20 times, the latest last."""
        return (*self.earlier, *([] if self.at is None else [self.at]))[-REMEMBERED_ATTEMPTS:]


def locks(table: Table, org: str, numbers: list[str], consistent: bool = False) -> dict[str, NumberLock]:
    """Call locks by number; eventually consistent will do, as the conditions of `taking` decide."""
    found = table.batch_get([keys.number_lock(org, one) for one in numbers], consistent)
    return {keys.number_of(item): _lock(item) for item in found.values()}


def taking(org: str, number: str, attempt_id: str, slot: int, seen: NumberLock | None, now_ms: int) -> list[Action]:
    """Take the call lock of a number: the first action fails when another call took it since `seen` was read,
    the second (if any) when the call that `seen` names still holds its slot.
    """
    item = {**keys.number_lock(org, number), "attempt": attempt_id, "slot": slot, "at": now_ms}
    if seen is None:
        return [Put(item, "attribute_not_exists(#PK)")]
    if seen.times:
        item["earlier"] = list(seen.times)
    unchanged, values = "#attempt = :seen AND attribute_not_exists(#at)", {":seen": seen.attempt_id}
    if seen.at is not None:
        unchanged = "#attempt = :seen AND attribute_exists(#at)"
    actions: list[Action] = [Put(item, unchanged, values)]
    if seen.slot != slot:  # LOCK itself requires its own slot to be absent
        actions.append(
            Check(
                keys.slot(org, seen.slot),
                "attribute_not_exists(#PK) OR #attempt <> :holder",
                {":holder": seen.attempt_id},
            )
        )
    return actions


def returning(org: str, number: str, attempt_id: str) -> Update:
    """Forget that the lock was taken: no call was made, so none counts against the number's daily cap."""
    return Update(keys.number_lock(org, number), "REMOVE #at", "#attempt = :mine", {":mine": attempt_id})


def _lock(item: Item) -> NumberLock:
    return NumberLock(item["attempt"], item["slot"], item.get("at"), tuple(item.get("earlier", ())))
