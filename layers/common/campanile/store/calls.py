"""The transactions of one call: LOCK, giving a lock back, the agent's report, FINAL, and its correction. INTENT
and PLACED are in `store.slots`.

Contact, slot, number and counters change together or not at all, so a crash between two steps leaves one of the
states that `docs/guarantees.md` lists, never half of one.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum, auto

from campanile.domain import lifecycle
from campanile.domain.call import Slot
from campanile.domain.contact import Contact
from campanile.domain.lifecycle import ContactStatus, Refusal
from campanile.domain.org import OrgSettings
from campanile.store import contact_actions, contacts, counters, keys, number_locks, orgs, slots
from campanile.store.number_locks import NumberLock
from campanile.store.table import Action, Delete, Table, TransactionCanceledError, Update


class Lock(Enum):
    """How a LOCK ended: done, or which of its conditions failed."""

    LOCKED = auto()
    LIMIT_CHANGED = auto()
    SLOT_TAKEN = auto()
    CONTACT_CHANGED = auto()
    NUMBER_BUSY = auto()


def lock(table: Table, settings: OrgSettings, contact: Contact, slot: Slot, number_lock: NumberLock | None) -> Lock:
    """LOCK: slot absent and within the limit, contact pending at the revision read, number free."""
    actions: list[Action] = [
        orgs.allowing_slot(settings, slot.n),
        slots.opening(slot),
        contact_actions.locking(contact, slot.attempt_id, slot.locked_at),
        *number_locks.taking(slot.org, slot.phone_number, slot.attempt_id, slot.n, number_lock, slot.locked_at),
    ]
    try:
        table.transact(actions)
    except TransactionCanceledError as canceled:
        by_index = (Lock.LIMIT_CHANGED, Lock.SLOT_TAKEN, Lock.CONTACT_CHANGED)
        first = min(canceled.failed)
        return by_index[first] if first < len(by_index) else Lock.NUMBER_BUSY
    return Lock.LOCKED


def pass_over(table: Table, contact: Contact, changed: Contact, ad_hoc: bool, code: Refusal) -> None:
    """Record on a pending contact why it is not called now, and count that; nothing if another writer changed it."""
    block = keys.block_of(contact.number)
    counted = counters.changing(contact.campaign_key, block, {counters.refused(code): 1})
    with suppress(TransactionCanceledError):
        table.transact([contact_actions.postponing(contact, changed, ad_hoc), counted])


def give_back(table: Table, slot: Slot, contact: Contact, changed: Contact, ad_hoc: bool, code: Refusal) -> bool:
    """Give a lock back: no attempt was made. `changed` is the contact as it is to be, pending or `do_not_call`.

    False when the contact or the slot is no longer what was read.
    """
    if changed.status is ContactStatus.PENDING:
        update = contact_actions.giving_back(contact, changed, ad_hoc)
    else:
        update = contact_actions.finishing(contact, changed, lifecycle.contact_action(changed.status), ad_hoc)
    actions = [update, number_locks.returning(slot.org, slot.phone_number, slot.attempt_id)]
    return _settle(table, slots.returning(slot), contact, changed, actions, counters.refused(code))


def finish(
    table: Table,
    slot: Slot,
    contact: Contact,
    changed: Contact,
    ad_hoc: bool,
    remarks: Mapping[str, str],
    listed: Sequence[Action],
) -> bool:
    """FINAL: record the attempt, free the slot, move the counters; `listed` are do-not-call entries to write with it,
    `remarks` the carrier's texts by field.

    False when the contact or the slot is no longer what was read: the caller reads again, or finds it already done.
    """
    surplus = changed.attempts[: -contacts.HOT_ATTEMPTS]
    archive = contact_actions.archiving(contact, surplus, slot.attempt_id, remarks)
    if archive:
        changed = replace(changed, cold=True)
    action = lifecycle.contact_action(changed.status)
    actions: list[Action] = [contact_actions.finishing(contact, changed, action, ad_hoc), *listed]
    if archive:
        actions.append(archive)
    return _settle(table, slots.closing(slot), contact, changed, actions, counters.ATTEMPTS)


def correct(
    table: Table,
    contact: Contact,
    changed: Contact,
    ad_hoc: bool,
    remarks: Update | None,
    listed: Sequence[Action],
) -> bool:
    """Correct a recorded attempt: `changed` is the contact as it is to be, `remarks` are for its cold item.

    False when the contact is no longer what was read.
    """
    if remarks:
        changed = replace(changed, cold=True)
    actions: list[Action] = [contact_actions.correcting(contact, changed, ad_hoc), *listed]
    if remarks:
        actions.append(remarks)
    if changed.bucket != contact.bucket:
        actions.append(counters.moving(contact.campaign_key, contact.number, contact.bucket, changed.bucket))
    try:
        table.transact(actions)
    except TransactionCanceledError:
        return False
    return True


def keep_report(
    table: Table, contact: Contact, changed: Contact, remarks: Update | None, listed: Sequence[Action]
) -> bool:
    """Store what the agent has reported during the call; `changed` has it. False when the contact was changed."""
    if remarks:
        changed = replace(changed, cold=True)
    actions: list[Action] = [contact_actions.keeping_report(contact, changed), *listed]
    if remarks:
        actions.append(remarks)
    try:
        table.transact(actions)
    except TransactionCanceledError:
        return False
    return True


def _settle(
    table: Table, freeing: Delete, contact: Contact, changed: Contact, actions: Sequence[Action], counted: str
) -> bool:
    moved = counters.moving(contact.campaign_key, contact.number, contact.bucket, changed.bucket, counted)
    try:
        table.transact([freeing, moved, *actions])
    except TransactionCanceledError:
        return False
    return True
