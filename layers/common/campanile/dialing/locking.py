"""LOCK: takes the contacts at the heads of the lanes, one after another, in dialing order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from campanile.dialing.agenda import Agenda
from campanile.dialing.ask_gate import LockedCall
from campanile.dialing.ports import Ports
from campanile.domain import pacing, retry
from campanile.domain.call import Slot
from campanile.domain.contact import Contact, LaneKind, LastRefusal
from campanile.domain.lifecycle import ContactStatus, Refusal, SlotPhase
from campanile.domain.ordering import Head
from campanile.domain.org import OrgSettings
from campanile.store import calls, contacts, number_locks, slots
from campanile.store.number_locks import NumberLock
from campanile.store.provider_accounts import Account


@dataclass(frozen=True, slots=True)
class Candidates:
    """The contacts of some heads, by campaign key and id, and the call locks of the numbers to dial."""

    contacts: dict[tuple[str, str], Contact]
    locks: dict[str, NumberLock]


def read(ports: Ports, org: str, heads: Sequence[Head], doubted: Collection[Head]) -> Candidates:
    """Read eventually consistently, as LOCK's conditions decide. A contact that no longer seems to wait is read again
    strongly, and so is one whose earlier reading is `doubted`.
    """
    found = _contacts(ports, heads, consistent=False)
    again = [
        head for head in heads if head in doubted or not waits(found.get((head.campaign_key, head.contact_id)), head)
    ]
    found |= _contacts(ports, again, consistent=True)
    dialed = [number_of(contact) for contact in found.values()]
    is_doubted = any(head in doubted for head in heads)
    return Candidates(found, number_locks.locks(ports.table, org, dialed, is_doubted) if dialed else {})


def _contacts(ports: Ports, heads: Sequence[Head], consistent: bool) -> dict[tuple[str, str], Contact]:
    found: dict[tuple[str, str], Contact] = {}
    for campaign_key in sorted({head.campaign_key for head in heads}):
        ids = [head.contact_id for head in heads if head.campaign_key == campaign_key]
        for contact_id, contact in contacts.get_many(ports.table, campaign_key, ids, consistent).items():
            found[campaign_key, contact_id] = contact
    return found


def waits(contact: Contact | None, head: Head) -> bool:
    """Whether the contact still waits as its lane says: an index may still show one that was taken or moved."""
    if contact is None:
        return False
    return (contact.status, contact.due, contact.kind) == (ContactStatus.PENDING, head.due, head.kind)


def number_of(contact: Contact) -> str:
    """The number to dial; the first one when all are unreachable, for the gate to name the refusal."""
    number = retry.number_for(contact.attempt_count + 1, contact.phone_numbers, contact.unreachable)
    return number or contact.phone_numbers[0]


@dataclass(slots=True)
class Locker:
    """Takes slots for one pass. `free` are the slot numbers it may take, `held` the org's slots as it knows them.

    `is_stale` says that somebody else has changed what it goes by; `busy` are heads whose number is on the line, with
    the attempt that is; `doubted` are those for whom a LOCK has failed, though nothing it knew of stood in the way.
    """

    ports: Ports
    agenda: Agenda
    settings: OrgSettings
    held: list[Slot]
    busy: dict[Head, str]
    doubted: set[Head]
    is_stale: bool = False
    free: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.free = slots.free_numbers(self.settings, self.held)

    def lock(self, head: Head, contact: Contact, known: NumberLock | None, account: Account) -> LockedCall | None:
        """LOCK a contact on the lowest free slot; None when a condition stood in the way."""
        configuration = self.agenda.configuration_of(head)
        while self.free:
            slot = self._slot(contact, account.provider)
            result = calls.lock(self.ports.table, self.settings, contact, slot, known)
            if result is calls.Lock.LOCKED:
                self.free.pop(0)
                self.held.append(slot)
                of_campaign = configuration.id if configuration else None
                return LockedCall(slot, contact, of_campaign, account.name, is_probe=account.is_stopped)
            self.is_stale = True
            if result is calls.Lock.SLOT_TAKEN:
                self.free.pop(0)
                continue
            if result is calls.Lock.LIMIT_CHANGED:
                self.free.clear()
                break
            if head in self.doubted:
                return None  # the writer that changed the contact, or the call that has its number, sends a hint
            self.doubted.add(head)
            break
        self.agenda.put_back(head)
        return None

    def must_wait(self, head: Head, contact: Contact, known: NumberLock | None) -> bool:
        """Whether the number is on the line, or has been called as often as it may be in 24 hours."""
        if known is None:
            return False
        if any(one.attempt_id == known.attempt_id for one in self.held):
            self._pass_over(head, contact, Refusal.NUMBER_BUSY)
            self.busy[head] = known.attempt_id
            return True
        configuration = self.agenda.configuration_of(head)
        daily_cap = configuration.daily_attempts_per_number if configuration else None
        until = pacing.capped_until(known.times, daily_cap, self.ports.clock.now_ms())
        if until is not None:
            self._pass_over(head, contact, Refusal.DAILY_CAP, until)
        return until is not None

    def _pass_over(self, head: Head, contact: Contact, code: Refusal, until: int | None = None) -> None:
        """Say on the contact why it is not called; once, unless that changes when it is due."""
        seen = contact.last_refusal
        if until is None and seen is not None and seen.code == code:
            return
        refusal = LastRefusal(str(code), self.ports.clock.now_ms(), until)
        changed = replace(contact, due=contact.due if until is None else until, last_refusal=refusal)
        calls.pass_over(self.ports.table, contact, changed, self.agenda.is_ad_hoc(head), code)

    def _slot(self, contact: Contact, provider: str | None) -> Slot:
        now = self.ports.clock.now_ms()
        return Slot(
            org=self.settings.org,
            n=self.free[0],
            attempt_id=self.ports.new_id(),
            campaign_key=contact.campaign_key,
            contact_id=contact.id,
            phone_number=number_of(contact),
            attempt_no=contact.attempt_count + 1,
            phase=SlotPhase.LOCKED,
            lease_until=now + 1000 * self.ports.limits.lock_lease,
            locked_at=now,
            is_callback=contact.kind is LaneKind.CALLBACK,
            contact_number=contact.number,
            last_outcome=contact.last_outcome,
            provider=provider,
        )
