"""One pass over one org: sweep, then LOCK in dialing order and place calls side by side until nothing is left to do.

Correctness never rests on there being one pass at a time: every step is guarded by the condition of its write.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

from campanile.adapters import faults
from campanile.adapters.dial_queue import TICK, Hint
from campanile.dialing import global_limit, locking, placing, recovery
from campanile.dialing.agenda import Agenda
from campanile.dialing.locking import Locker
from campanile.dialing.ports import Ports
from campanile.domain import pacing
from campanile.domain.call import Slot
from campanile.domain.contact import Contact
from campanile.domain.ordering import Head
from campanile.domain.org import OrgSettings, SheetEntry
from campanile.store import orgs, slots, work_registry
from campanile.store.number_locks import NumberLock
from campanile.store.provider_accounts import Account

VIEW_AGE_MS = 200
AGENDA_AGE_MS = 2_000
"""How long a pass goes by the lanes it has read: what comes in between, of a higher priority too, waits no longer."""
CLOCK_SKEW_MS = 100
"""How far two machines' clocks may differ: a hint sent this long before a pass began was served by it."""
STORM = 2
"""A batch of so many hints may be part of a storm, so the pass is recorded for the rest of it to be skipped."""
IDLE_SECONDS = 0.5
"""How long a pass with nothing to lock waits for one of its sends before it looks again."""
MAX_SEND_AHEAD_MS = 1_000
"""Nothing is locked for a send further ahead than this."""
PACING_SECONDS = 0.2
MOST_PACING_SECONDS = 2.0
"""How long a pass waits, at least and at most, before it asks a busy provider account for sends again. Where it is busy
for longer, as after a 429, the pass ends and has itself woken.
"""
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
    """One pass and what it did. `account` is None until it reserves the first send."""

    ports: Ports
    org: str
    began_ms: int
    began_monotonic: int
    agenda: Agenda
    view: View
    agenda_read_at: int
    account: Account | None = None
    sends: set[Future[None]] = field(default_factory=set)
    busy: dict[Head, str] = field(default_factory=dict)
    doubted: set[Head] = field(default_factory=set)
    locked: int = 0


def run(ports: Ports, org: str, hints: Sequence[Hint], executor: Executor, may_lock: Callable[[], bool]) -> int:
    """Serve an org. Returns how many calls were locked; 0 also when the hints were already served.

    `may_lock` says whether the invocation still has the time to see a lock through.
    """
    began = ports.clock.now_ms()
    is_late = min(hint.sent_at for hint in hints) + CLOCK_SKEW_MS <= began
    is_ticked = any(hint.cause == TICK for hint in hints)
    registration = work_registry.read(ports.table, org) if is_late or is_ticked else None
    if registration and all(one.sent_at + CLOCK_SKEW_MS <= registration.pass_began_at for one in hints):
        return 0
    current = _begin(ports, org, began)
    try:
        is_done = _work(current, executor, may_lock)
    finally:
        _see_through(current)
    if not is_done:
        ports.dial_queue.hint(Hint(org, "pass_goes_on"))
    elif is_late or len(hints) >= STORM:
        work_registry.finish_pass(ports.table, org, began)
    if is_ticked and registration and registration.may_settle(began):
        _settle(current, registration)
    return current.locked


def _begin(ports: Ports, org: str, began_ms: int) -> Pass:
    """Look at the org, and settle expired leases before anything is dialed."""
    agenda = Agenda(ports.table, org)
    monotonic = ports.clock.monotonic_ms()
    current = Pass(ports, org, began_ms, monotonic, agenda, _look(ports, org), monotonic)
    if recovery.sweep(ports, current.view.held):
        current.view.is_stale = True
    return current


def _work(current: Pass, executor: Executor, may_lock: Callable[[], bool]) -> bool:
    """Lock and send while slots and contacts are free. Work that comes later sends its own hint.

    False when its time was up before that.
    """
    ports = current.ports
    longest = int(1000 * ports.limits.longest_pass)
    while may_lock() and ports.clock.monotonic_ms() - current.began_monotonic < longest:
        _reap(current)
        _renew(current)
        settings = current.view.settings
        locker = Locker(ports, current.agenda, settings, current.view.held, current.busy, current.doubted)
        most = pacing.overlap(settings.calls_per_second, ports.limits.post_timeout)
        room = min(len(locker.free), most - len(current.sends))
        heads = current.agenda.take(room, ports.clock.now_ms()) if room > 0 else []
        if heads:
            if not _lock_and_send(current, executor, locker, heads):
                return True
        elif not locker.free and _asks_for_more(current):
            continue
        elif current.sends:
            ports.clock.wait(current.sends, IDLE_SECONDS)  # to see a slot that frees while a POST hangs
            if room > 0 and not _is_worth_another_look(current):
                return True
        elif not locker.free or not _wait_for_due(current):
            return True
    return False


def _lock_and_send(current: Pass, executor: Executor, locker: Locker, heads: Sequence[Head]) -> bool:
    """LOCK the heads one after another, in order, and hand each to a send of its own; False when that has to wait.

    Sends are reserved for those only that nothing known stands in the way of.
    """
    ports = current.ports
    candidates = locking.read(ports, current.org, heads, current.doubted)
    chosen: list[tuple[Head, Contact, NumberLock | None]] = []
    for head in heads:
        contact = candidates.contacts.get((head.campaign_key, head.contact_id))
        if contact is None or not locking.waits(contact, head):
            continue
        known = candidates.locks.get(locking.number_of(contact))
        if not locker.must_wait(head, contact, known):
            chosen.append((head, contact, known))
    if not chosen:
        return True
    now, account = ports.clock.now_ms(), _account(current)
    times = account.reserve(len(chosen), now, now + MAX_SEND_AHEAD_MS)
    is_blocked = not times and _is_blocked(current, account, now)
    for head, contact, known in chosen:
        if not times or not locker.free:
            current.agenda.put_back(head)
            current.view.is_stale = True
        elif call := locker.lock(head, contact, known, account):
            current.locked += 1
            current.sends.add(executor.submit(placing.place, ports, call, times.pop(0)))
    current.view.is_stale |= locker.is_stale
    return not is_blocked


def _is_blocked(current: Pass, account: Account, now_ms: int) -> bool:
    """Wait for a busy account; if that would take too long have the org woken then instead, and say so."""
    free_in = (account.next_free_at - now_ms - MAX_SEND_AHEAD_MS) / 1000
    if free_in <= MOST_PACING_SECONDS:
        current.ports.clock.sleep(max(free_in, PACING_SECONDS))
        return False
    current.ports.dial_queue.wake_at(Hint(current.org, "account_free"), [account.next_free_at - MAX_SEND_AHEAD_MS])
    return True


def _account(current: Pass) -> Account:
    """The provider account of the org, at the org's rate as it is now."""
    settings = current.view.settings
    known = current.account
    if known is None or known.name != settings.account or known.calls_per_second > settings.calls_per_second:
        known = Account(current.ports.table, settings.account, settings.calls_per_second)
        current.account = known
    return known


def _asks_for_more(current: Pass) -> bool:
    """Ask for a larger part of the global limit when somebody waits for it; whether there was one."""
    settings, now = current.view.settings, current.ports.clock.now_ms()
    if settings.usable >= settings.concurrency_limit:
        return False
    waiting = current.agenda.take(1, now)
    for head in waiting:
        current.agenda.put_back(head)
    if not waiting:
        return False
    granted = global_limit.ask(current.ports, settings)
    current.view.is_stale |= granted != settings
    return granted.usable > settings.usable


def _look(ports: Ports, org: str) -> View:
    read_at = ports.clock.monotonic_ms()
    settings, sheet = orgs.dial_view(ports.table, org)
    settings = global_limit.follow_deployment(ports, settings)
    return View(settings, sheet, slots.in_use(ports.table, settings), read_at)


def _renew(current: Pass) -> None:
    now = current.ports.clock.monotonic_ms()
    if current.view.is_stale or now - current.view.read_at >= VIEW_AGE_MS:
        current.view = _look(current.ports, current.org)
        _put_back_whose_number_is_free(current)
    if now - current.agenda_read_at >= AGENDA_AGE_MS:
        current.agenda.forget()
        current.agenda_read_at = now
    current.agenda.follow(current.view.sheet)


def _reap(current: Pass) -> None:
    """Forget finished sends. A send that failed is logged, and its slot is left to the lease."""
    for send in [one for one in current.sends if one.done()]:
        current.sends.discard(send)
        if error := send.exception():
            current.ports.log.error("a send failed", extra={"action": "send_failed", **faults.describe(error)})


def _put_back_whose_number_is_free(current: Pass) -> None:
    on_the_line = {slot.attempt_id for slot in current.view.held}
    for head in [head for head, attempt_id in current.busy.items() if attempt_id not in on_the_line]:
        del current.busy[head]
        current.agenda.put_back(head)


def _is_worth_another_look(current: Pass) -> bool:
    """Whether a pass that found nothing more to lock continues: for a POST that still hangs, a contact whose number was
    busy or was put back, or one that falls due in a moment.
    """
    if current.busy or current.view.is_stale or not all(send.done() for send in current.sends):
        return True
    now = current.ports.clock.now_ms()
    due = current.agenda.next_due_in_memory(now)
    return due is not None and due <= now + LINGER_MS


def _see_through(current: Pass) -> None:
    """Wait for every send: a send that the process abandons is only found when its lease expires."""
    while running := [one for one in current.sends if not one.done()]:
        current.ports.clock.wait(running, IDLE_SECONDS)
    _reap(current)


def _wait_for_due(current: Pass) -> bool:
    """Wait for work that is due in a moment; False when no such work exists."""
    now = current.ports.clock.now_ms()
    due = current.agenda.next_due_in_memory(now)
    if due is None or due > now + LINGER_MS:
        return False
    current.ports.clock.sleep(max(10, due - now) / 1000)
    return True


def _settle(current: Pass, registration: work_registry.Registration) -> None:
    """Let the tick forget the org until something is due, unless a slot is held or work was announced meanwhile.

    The lanes are read again, before the slots: a contact locked in between shows in one of the two.
    """
    ports = current.ports
    agenda = Agenda(ports.table, current.org)
    agenda.follow(current.view.sheet)
    next_due = agenda.next_due(ports.clock.now_ms())
    if not _look(ports, current.org).held:
        work_registry.settle(ports.table, registration, next_due)
