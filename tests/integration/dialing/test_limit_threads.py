"""64 threads dial while the limit goes up and down: no LOCK ever commits beyond the limit of its moment (G2)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Semaphore
from threading import Lock as Mutex
from typing import Any

from campanile.adapters.dial_queue import Hint
from campanile.dialing import manage_concurrency, placing, record_outcome
from campanile.dialing.ask_gate import LockedCall
from campanile.domain.call import CallEnd, Slot
from campanile.domain.contact import Contact
from campanile.domain.lifecycle import ContactStatus, Outcome
from campanile.schema.concurrency import ConcurrencyInput
from campanile.store import calls, orgs, slots
from campanile.store.calls import Lock
from tests.support import table as tables
from tests.support.audit import audit, every_contact
from tests.support.clock import RealClock
from tests.support.dial_queue import RecordingQueue
from tests.support.dialer import Dialer, number
from tests.support.slots import slot_for
from tests.support.threads import together

WORKERS = 64
PEOPLE = 300
LIMITS = (10, 3, 7, 1)
CALLS_PER_LIMIT = 12
REIGNS = -(-PEOPLE // CALLS_PER_LIMIT)
"""A reign is the time of one limit."""
CALL_SECONDS = 0.02
SLOTS_OF_LONG_CALLS = (3, 5)
"""Under the highest limit their calls last into the next reign, where they are beyond the limit but leave it room."""
STALL_SECONDS = 0.01
"""Between a worker's reading and its LOCK, so that others read the same meanwhile."""
DELIVERIES = 4
"""How many workers are told of each hint: a queue delivers at least once."""
TICK_SECONDS = 5


class Witness:
    """A DynamoDB client that lets what takes and frees slots, and what sets the limit, commit one after another.

    So it knows at each commit how many slots are held and what the limit is. All reads and other writes race freely,
    and so does the time between what a worker has read and its LOCK.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._one_at_a_time = Mutex()
        self.held: set[str] = set()
        self.limit = 0
        self.tried = 0
        self.while_draining = 0
        self.locks: list[tuple[int, int]] = []
        """At each LOCK's commit: the limit, and how many slots were held then."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **request: Any) -> Any:
        values = request["ExpressionAttributeValues"]
        if ":usable" not in values:
            return self._client.update_item(**request)
        with self._one_at_a_time:
            answer = self._client.update_item(**request)
            self.limit = int(values[":usable"]["N"])
        return answer

    def transact_write_items(self, **request: Any) -> Any:
        actions = request["TransactItems"]
        taken = _slots(one["Put"]["Item"] for one in actions if "Put" in one)
        freed = _slots(one["Delete"]["Key"] for one in actions if "Delete" in one)
        with self._one_at_a_time:
            self.tried += bool(taken)
            answer = self._client.transact_write_items(**request)
            self.held = (self.held | taken) - freed
            if taken:
                self.locks.append((self.limit, len(self.held)))
                self.while_draining += any(int(n) >= self.limit for n in self.held)
        return answer


def _slots(items: Iterable[Mapping[str, Any]]) -> set[str]:
    return {item["SK"]["S"] for item in items if item["PK"]["S"].startswith("SL#")}


class HintedWorkers(RecordingQueue):
    """A dial queue whose messages workers wait for, and each of which comes more than once."""

    hints: "SimpleQueue[Hint | None]"

    def hint(self, hint: Hint, deduplication_id: str | None = None) -> bool:  # noqa: ARG002  part of the port
        for _ in range(DELIVERIES):
            self.hints.put(hint)
        return True


class Office:
    """An org of many workers, each of which finishes the call that it places before it looks for another."""

    def __init__(self, dialer: Dialer, people: Iterable[Contact], configuration_id: str) -> None:
        self.dialer = dialer
        self.queue = HintedWorkers(dialer.clock, dialer.log)
        self.queue.hints = SimpleQueue()
        dialer.queue = self.queue
        self._configuration_id = configuration_id
        self._waiting: SimpleQueue[Contact] = SimpleQueue()
        for contact in people:
            self._waiting.put(contact)
        self._finished = Semaphore(0)
        self._reign = 0
        self._over = [Event() for _ in range(REIGNS)]

    def work(self) -> None:
        """A worker: it makes one call for each hint that it is told, if there is a slot and somebody to call."""
        while self.queue.hints.get():
            with suppress(Empty):
                contact = self._waiting.get_nowait()
                if slot := self._lock(contact):
                    self._call(LockedCall(slot, contact, self._configuration_id, self.dialer.org))
                else:
                    self._waiting.put(contact)

    def _lock(self, contact: Contact) -> Slot | None:
        """LOCK on one of the slots that are free, tried in the order in which they are offered."""
        table = self.dialer.table
        settings = orgs.settings(table, self.dialer.org)
        held = slots.in_use(table, settings)
        self.dialer.clock.sleep(STALL_SECONDS)
        for n in slots.free_numbers(settings, held):
            slot = slot_for(self.dialer, contact, n)
            result = calls.lock(table, settings, contact, slot, None)
            if result is Lock.LOCKED:
                return slot
            if result is not Lock.SLOT_TAKEN:
                return None
        return None

    def _call(self, call: LockedCall) -> None:
        placing.place(self.dialer.ports, call, 0)
        is_long = call.slot.n in SLOTS_OF_LONG_CALLS and _limit_of(self._reign) == max(LIMITS)
        if is_long and self._reign + 1 < REIGNS:
            self._over[self._reign + 1].wait()
        else:
            self.dialer.clock.sleep(CALL_SECONDS)
        report = CallEnd(Outcome.ANSWERED, self.dialer.clock.now_ms())
        self.dialer.telephony.hang_up(call.slot.attempt_id)
        assert record_outcome.finish(self.dialer.ports, call.slot, report)
        self._finished.release()

    def manage(self) -> None:
        """Somebody who sets one limit after another, each for some calls, until everyone has been called."""
        try:
            for reign, over in enumerate(self._over):
                self._reign = reign
                put_limit(self.dialer, _limit_of(reign))
                for _ in range(min(CALLS_PER_LIMIT, PEOPLE - reign * CALLS_PER_LIMIT)):
                    self._await_the_end_of_a_call()
                over.set()
        finally:
            for over in self._over:
                over.set()
            for _ in range(WORKERS):
                self.queue.hints.put(None)

    def _await_the_end_of_a_call(self) -> None:
        for _ in range(4):
            if self._finished.acquire(timeout=TICK_SECONDS):
                return
            self.queue.hint(Hint(self.dialer.org, "tick"))
        raise AssertionError("the calls do not go on")


def _limit_of(reign: int) -> int:
    return LIMITS[reign % len(LIMITS)]


def put_limit(dialer: Dialer, limit: int) -> None:
    """As the API does."""
    wanted = ConcurrencyInput(concurrency_limit=limit)
    manage_concurrency.put(dialer.table, dialer.queue, dialer.limits, dialer.org, wanted, dialer.clock.now_ms())


def test_64_threads_lock_within_the_limit_of_the_moment_while_it_changes(dynamodb: Any, shared_table: str) -> None:
    witness = Witness(dynamodb)
    dialer = Dialer(tables.open_table(witness, shared_table), clock=RealClock())
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(PEOPLE)))
    people = every_contact(dialer.table, campaign.key)
    office = Office(dialer, people, str(campaign.configuration_id))
    together([office.manage, *[office.work] * WORKERS])
    beyond = [(limit, held) for limit, held in witness.locks if held > limit]
    assert beyond == [], "(limit, slots held) at the commit of a LOCK"
    fullest = {limit: max((held for at, held in witness.locks if at == limit), default=0) for limit in LIMITS}
    print(f"{len(witness.locks)} LOCKs of {witness.tried} committed; most slots held by limit: {fullest}")
    print(f"{witness.while_draining} of them while a slot beyond a lowered limit was still held")
    assert fullest == {1: 1, 3: 3, 7: 7, 10: fullest[10]}, "a limit that was never used up proves nothing"
    assert 7 < fullest[10] <= 10
    assert witness.while_draining, "no LOCK beside a slot beyond the limit"
    assert dialer.telephony.overlaps == []
    assert Counter(post.contact_id for post in dialer.posts) == Counter(one.id for one in people), "called once each"
    assert dialer.held() == []
    assert [one.status for one in audit(dialer, campaign)] == [ContactStatus.COMPLETED] * PEOPLE
