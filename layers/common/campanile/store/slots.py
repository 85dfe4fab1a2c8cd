"""Slots: an org's concurrency as items that exist only while a call uses them. `SL#<org>#<n/100>` / `<n>`."""

from collections.abc import Sequence
from dataclasses import replace

from campanile.domain.call import Slot
from campanile.domain.lifecycle import SLOT, Outcome, SlotPhase, Transition
from campanile.domain.org import OrgSettings
from campanile.store import keys
from campanile.store.conditions import allows
from campanile.store.table import ConditionFailedError, Delete, Item, Put, Table, Update


def in_use(table: Table, settings: OrgSettings) -> list[Slot]:
    """Every slot of the org that a call uses, read strongly; costs what is in use, whatever the limit."""
    top = max(settings.highest_slot, settings.usable, 1)
    found: list[Slot] = []
    for hundred in range((top - 1) // keys.SLOTS_PER_PARTITION + 1):
        condition, values = "#PK = :pk", {":pk": keys.slot_partition(settings.org, hundred)}
        found.extend(_from_item(item) for item in table.query(condition, values, consistent=True))
    return found


def free_numbers(settings: OrgSettings, used: Sequence[Slot]) -> list[int]:
    """The slot numbers that may be locked now: as many as the limit leaves, the lowest first.

    Taking the lowest first keeps a lowered limit exact: see `docs/guarantees.md`, G2.
    """
    taken = {slot.n for slot in used}
    room = settings.usable - len(taken)
    return [n for n in range(settings.usable) if n not in taken][: max(0, room)]


def get(table: Table, org: str, n: int) -> Slot | None:
    item = table.get(keys.slot(org, n))
    return _from_item(item) if item else None


def opening(slot: Slot) -> Put:
    """LOCK: take the slot if no call uses it."""
    return Put(_to_item(slot), "attribute_not_exists(#PK)")


def closing(slot: Slot) -> Delete:
    """FINAL: free the slot if it is still the attempt's, in whatever phase."""
    return Delete(keys.slot(slot.org, slot.n), "#attempt = :attempt", {":attempt": slot.attempt_id})


def returning(slot: Slot) -> Delete:
    """The return of a lock: free the slot if it is still as it was read, so that an INTENT in between wins."""
    return Delete(
        keys.slot(slot.org, slot.n),
        "#attempt = :attempt AND #phase = :phase AND #lease_until = :seen",
        {":attempt": slot.attempt_id, ":phase": str(slot.phase), ":seen": slot.lease_until},
    )


def intend(table: Table, slot: Slot, now_ms: int, lease_until: int) -> Slot | None:
    """INTENT: record before the POST that a call may exist from now on.

    None when the slot is no longer ours, or its lease has run out and another worker may have taken over.
    """
    if slot.lease_until <= now_ms:
        return None
    changed = replace(slot, phase=SlotPhase.INTENDED, intended_at=now_ms, lease_until=lease_until)
    changes = {"phase": str(changed.phase), "intended_at": now_ms, "lease_until": lease_until}
    return changed if _advance(table, slot, SLOT["intend"], changes) else None


def place(table: Table, slot: Slot, provider_call_id: str, conversation_id: str | None, lease_until: int) -> bool:
    """PLACED: the provider's call id and a live lease. False when the call has already been settled."""
    changes = {"phase": str(SlotPhase.PLACED), "call": provider_call_id, "lease_until": lease_until}
    if conversation_id:
        changes["conversation"] = conversation_id
    return _advance(table, slot, SLOT["place"], changes)


def extend_lease(table: Table, slot: Slot, lease_until: int) -> bool:
    """Move the next check of the call to `lease_until`; False when it was settled, or another worker checked it."""
    try:
        table.write(
            Update(
                keys.slot(slot.org, slot.n),
                "SET #lease_until = :until",
                "#attempt = :attempt AND #lease_until = :seen",
                {":until": lease_until, ":attempt": slot.attempt_id, ":seen": slot.lease_until},
            )
        )
    except ConditionFailedError:
        return False
    return True


def _advance(table: Table, slot: Slot, edge: Transition, changes: dict[str, object]) -> bool:
    condition, values = allows(edge, "phase")
    try:
        table.write(
            Update(
                keys.slot(slot.org, slot.n),
                "SET " + ", ".join(f"#{name} = :{name}" for name in changes),
                f"#attempt = :attempt AND {condition}",
                {
                    ":attempt": slot.attempt_id,
                    **values,
                    **{f":{name}": value for name, value in changes.items()},
                },
            )
        )
    except ConditionFailedError:
        return False
    return True


def _to_item(slot: Slot) -> Item:
    return {
        **keys.slot(slot.org, slot.n),
        "attempt": slot.attempt_id,
        "campaign": slot.campaign_key,
        "contact": slot.contact_id,
        "phone": slot.phone_number,
        "attempt_no": slot.attempt_no,
        "phase": str(slot.phase),
        "lease_until": slot.lease_until,
        "locked_at": slot.locked_at,
        "callback": slot.is_callback or None,
        "contact_n": slot.contact_number,
        "last_outcome": str(slot.last_outcome) if slot.last_outcome else None,
        "provider": slot.provider,
    }


def _from_item(item: Item) -> Slot:
    return Slot(
        org=keys.org_of_slot(item),
        n=int(item["SK"]),
        attempt_id=item["attempt"],
        campaign_key=item["campaign"],
        contact_id=item["contact"],
        phone_number=item["phone"],
        attempt_no=item["attempt_no"],
        phase=SlotPhase(item["phase"]),
        lease_until=item["lease_until"],
        locked_at=item["locked_at"],
        is_callback=item.get("callback", False),
        contact_number=item["contact_n"],
        last_outcome=Outcome(item["last_outcome"]) if "last_outcome" in item else None,
        intended_at=item.get("intended_at"),
        provider_call_id=item.get("call"),
        conversation_id=item.get("conversation"),
        provider=item.get("provider"),
    )
