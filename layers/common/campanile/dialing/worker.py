"""One pass over one org: sweep, then LOCK in dialing order and place calls side by side until nothing is left to do.

Correctness never rests on there being one pass at a time: every step is guarded by the condition of its write.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

from campanile import faults, pacing, retry
from campanile.dial_queue import Hint
from campanile.dialing import placing, recovery
from campanile.dialing.agenda import Agenda
from campanile.dialing.placing import LockedCall
from campanile.dialing.ports import Ports
from campanile.entities import Contact, LaneKind, OrgSettings, SheetEntry, Slot
from campanile.lifecycle import ContactStatus, Refusal, SlotPhase
from campanile.ordering import Head
from campanile.store import accounts, calls, contacts, numbers, orgs, registry, slots
from campanile.store.numbers import NumberLock

VIEW_AGE_MS = 200
AGENDA_AGE_MS = 2_000
"""How long a pass goes by the lanes it has read: what comes in between, of a higher priority too, waits no longer."""
INDEX_LAG_MS = 2_000
"""How long an index may lag behind the table; a hint older than the last pass by this much is already served."""
IDLE_SECONDS = 0.5
"""How long a pass with nothing to lock waits for one of its sends before it looks again."""
MAX_SEND_AHEAD_MS = 1_000
"""Nothing is locked for a send further ahead than this."""
PACING_SECONDS = 0.2
"""How long a pass waits before it asks a busy provider account for sends again."""
LINGER_MS = 500
"""A pass waits for work that is due within this time instead of ending."""


@dataclass(slots=True)
class View:
    """What a pass knows of its org, and when (monotonic ms) it asked."""

    settings: OrgSettings
    sheet: list[SheetEntry]
    held: list[Slot]
    read_at: int
    is_stale: bool = False


@dataclass(slots=True)
class Pass:
    """One pass and what it did."""

    ports: Ports
    org: str
    began_ms: int
    began_monotonic: int
    agenda: Agenda
    view: View
    agenda_read_at: int
    sends: set[Future[None]] = field(default_factory=set)
    busy: list[Head] = field(default_factory=list)
    locked: int = 0


def run(ports: Ports, org: str, hints: list[Hint], executor: Executor, may_lock: Callable[[], bool]) -> int:
    """Serve an org; answers how many calls were locked, 0 too when the hints were already served.

    `may_lock` says whether the invocation still has the time to see a lock through.
    """
    began = ports.clock.now_ms()
    registration = registry.read(ports.table, org)
    if registration and all(one.sent_at + INDEX_LAG_MS <= registration.pass_began_at for one in hints):
        return 0
    agenda = Agenda(ports.table, org)
    monotonic = ports.clock.monotonic_ms()
    current = Pass(ports, org, began, monotonic, agenda, _look(ports, org), monotonic)
    if recovery.sweep(ports, current.view.held):
        current.view.is_stale = True
    try:
        _work(current, executor, may_lock)
    finally:
        _see_through(current)
    registry.finish_pass(ports.table, org, began)
    if registration and registration.may_settle(began):
        _settle(current, registration)
    return current.locked


def _work(current: Pass, executor: Executor, may_lock: Callable[[], bool]) -> None:
    ports = current.ports
    longest = int(1000 * ports.limits.longest_pass)
    while may_lock() and ports.clock.monotonic_ms() - current.began_monotonic < longest:
        _reap(current)
        _renew(current)
        settings = current.view.settings
        free = slots.free_numbers(settings, current.view.held)
        most = pacing.overlap(settings.calls_per_second, ports.limits.post_timeout)
        room = min(len(free), most - len(current.sends))
        heads = current.agenda.take(room, ports.clock.now_ms()) if room > 0 else []
        if heads:
            _lock_and_send(current, executor, heads, free)
        elif current.sends:
            # New work sends hints of its own; what this waits to see is a slot that frees while a POST hangs.
            ports.clock.wait(current.sends, IDLE_SECONDS)
        elif not free or not _wait_for_due(current):
            return


def _lock_and_send(current: Pass, executor: Executor, heads: list[Head], free: list[int]) -> None:
    """LOCK the heads one after another, in order, and hand each to a send of its own."""
    ports, settings = current.ports, current.view.settings
    now = ports.clock.now_ms()
    times = accounts.reserve(
        ports.table, current.org, len(heads), settings.calls_per_second, now, now + MAX_SEND_AHEAD_MS
    )
    if not times:
        ports.clock.sleep(PACING_SECONDS)
    entries = {entry.campaign_key: entry for entry in current.view.sheet}
    candidates = _read(ports, current.org, heads)
    for head in heads:
        if not times or not free:
            current.agenda.put_back(head)
            current.view.is_stale = True
            continue
        contact = candidates.contacts.get((head.campaign_key, head.contact_id))
        if contact is None or not _still_waits(contact, head):
            continue
        call = _lock(current, head, entries[head.campaign_key], contact, candidates.locks, free)
        if call is not None:
            current.locked += 1
            current.sends.add(executor.submit(placing.place, ports, call, times.pop(0)))


def _lock(
    current: Pass,
    head: Head,
    entry: SheetEntry,
    contact: Contact,
    locks: dict[str, NumberLock],
    free: list[int],
) -> LockedCall | None:
    """LOCK a contact on the lowest free slot; None when a condition stood in the way."""
    ports = current.ports
    number = _number(contact)
    known = locks.get(number)
    if known and any(one.attempt_id == known.attempt_id for one in current.view.held):
        _pass_over(current, head, contact)
        return None
    while free:
        now = ports.clock.now_ms()
        slot = Slot(
            org=current.org,
            n=free[0],
            attempt_id=ports.new_id(),
            campaign_key=contact.campaign_key,
            contact_id=contact.id,
            phone_number=number,
            attempt_no=contact.attempt_count + 1,
            phase=SlotPhase.LOCKED,
            lease_until=now + 1000 * ports.limits.lock_lease,
            locked_at=now,
            is_callback=contact.kind is LaneKind.CALLBACK,
        )
        result = calls.lock(ports.table, current.view.settings, contact, slot, known)
        if result is calls.Lock.LOCKED:
            free.pop(0)
            current.view.held.append(slot)
            return LockedCall(slot, contact, entry.configuration_id)
        current.view.is_stale = True
        if result is calls.Lock.SLOT_TAKEN:
            free.pop(0)
            continue
        if result is calls.Lock.LIMIT_CHANGED:
            free.clear()
            break
        if result is calls.Lock.NUMBER_BUSY:
            _pass_over(current, head, contact)
        return None  # whoever changed the contact, or is calling its number, sends a hint
    current.agenda.put_back(head)
    return None


def _pass_over(current: Pass, head: Head, contact: Contact) -> None:
    """Leave a contact whose number is on the line, until one of this pass's sends ends or a hint comes."""
    current.busy.append(head)
    contacts.note_refusal(current.ports.table, contact, Refusal.NUMBER_BUSY, current.ports.clock.now_ms())


@dataclass(frozen=True, slots=True)
class _Candidates:
    contacts: dict[tuple[str, str], Contact]
    locks: dict[str, NumberLock]


def _read(ports: Ports, org: str, heads: list[Head]) -> _Candidates:
    """The contacts behind the heads, read strongly, and the call locks of the numbers to dial."""
    found: dict[tuple[str, str], Contact] = {}
    for campaign_key in dict.fromkeys(head.campaign_key for head in heads):
        ids = [head.contact_id for head in heads if head.campaign_key == campaign_key]
        for contact_id, contact in contacts.get_many(ports.table, campaign_key, ids).items():
            found[campaign_key, contact_id] = contact
    dialed = [_number(contact) for contact in found.values()]
    return _Candidates(found, numbers.locks(ports.table, org, dialed) if dialed else {})


def _still_waits(contact: Contact, head: Head) -> bool:
    """Whether the lane told the truth: an index may still show what has been taken, or moved."""
    return (contact.status, contact.due, contact.kind) == (ContactStatus.PENDING, head.due, head.kind)


def _number(contact: Contact) -> str:
    """The number to dial; the first one when all are unreachable, for the gate to name the refusal."""
    number = retry.number_for(contact.attempt_count + 1, contact.phone_numbers, contact.unreachable)
    return number or contact.phone_numbers[0]


def _look(ports: Ports, org: str) -> View:
    read_at = ports.clock.monotonic_ms()
    settings, sheet = orgs.dial_view(ports.table, org)
    usable = ports.limits.usable(settings.concurrency_limit)
    if settings.usable != usable:  # the deployment's global limit has changed
        rate = settings.calls_per_second
        settings = orgs.set_limit(ports.table, settings, settings.concurrency_limit, usable, rate) or settings
    return View(settings, sheet, slots.held(ports.table, settings), read_at)


def _renew(current: Pass) -> None:
    now = current.ports.clock.monotonic_ms()
    if current.view.is_stale or now - current.view.read_at >= VIEW_AGE_MS:
        current.view = _look(current.ports, current.org)
    if now - current.agenda_read_at >= AGENDA_AGE_MS:
        current.agenda.forget()
        current.agenda_read_at = now
    current.agenda.follow(current.view.sheet)


def _reap(current: Pass) -> None:
    """Forget finished sends. A send that failed leaves its slot to the lease, and is told to the operator."""
    for send in [one for one in current.sends if one.done()]:
        current.sends.discard(send)
        while current.busy:
            current.agenda.put_back(current.busy.pop())
            current.view.is_stale = True
        if error := send.exception():
            current.ports.log.error("a send failed", extra={"action": "send_failed", **faults.describe(error)})


def _see_through(current: Pass) -> None:
    """Wait for every send: what the process would leave behind is for the leases to find."""
    while running := [one for one in current.sends if not one.done()]:
        current.ports.clock.wait(running, IDLE_SECONDS)


def _wait_for_due(current: Pass) -> bool:
    """Wait for work that is due in a moment; False when there is none."""
    now = current.ports.clock.now_ms()
    due = current.agenda.next_due_in_memory(now)
    if due is None or due > now + LINGER_MS:
        return False
    current.ports.clock.sleep(max(10, due - now) / 1000)
    return True


def _settle(current: Pass, registration: registry.Registration) -> None:
    """Let the tick forget the org until something is due, unless a slot is held or work was announced meanwhile.

    The lanes are read anew, and before the slots: a contact locked in between shows in one of the two.
    """
    ports = current.ports
    agenda = Agenda(ports.table, current.org)
    agenda.follow(current.view.sheet)
    next_due = agenda.next_due(ports.clock.now_ms())
    if not _look(ports, current.org).held:
        registry.settle(ports.table, registration, next_due)
