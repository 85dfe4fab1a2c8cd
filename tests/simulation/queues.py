"""SQS and its event source mappings: `dial.fifo`, and the standard queues `wake` and `work`, at least once.

A group of the FIFO queue is blocked while its messages are in flight. A batch that ended well is deleted; one whose
function died is visible again after the visibility time-out, and given up after five deliveries.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from campanile.adapters.dial_queue import parse_hint
from tests.simulation.chronicle import Chronicle
from tests.simulation.faults import Fault, Faults
from tests.simulation.scheduler import Scheduler

DIAL = "dial.fifo"
WAKE = "wake"
WORK = "work"
BATCH = 10
MAX_RECEIVES = 5
DIAL_VISIBILITY_MS = 45_000
VISIBILITY_MS = 60_000
DEDUPLICATION_MS = 300_000
LATE_HINT_MS = 30_000

Finished = Callable[[bool], None]
"""Told how a function ended: whether it ended well."""
Invoke = Callable[[Sequence[str], Finished], None]


@dataclass(slots=True)
class Message:
    body: str
    group: str
    received: int = 0


class DialQueue:
    """`dial.fifo` with its mapping to the dial function."""

    def __init__(self, scheduler: Scheduler, faults: Faults, invoke: Invoke) -> None:
        self._scheduler = scheduler
        self._faults = faults
        self._invoke = invoke
        self._waiting: defaultdict[str, list[Message]] = defaultdict(list)
        self._in_flight: set[str] = set()
        self._seen: dict[str, int] = {}
        self.given_up = 0

    @property
    def is_idle(self) -> bool:
        return not self._in_flight and not any(self._waiting.values())

    def send(self, body: str, group: str, deduplication_id: str) -> None:
        now = self._scheduler.now
        if now - self._seen.get(deduplication_id, -DEDUPLICATION_MS) < DEDUPLICATION_MS:
            return
        self._seen[deduplication_id] = now
        self._waiting[group].append(Message(body, group))
        self._poll_soon(group)

    def _poll_soon(self, group: str) -> None:
        self._scheduler.at(self._scheduler.now + self._faults.between(5, 50), lambda: self._deliver(group))

    def _deliver(self, group: str) -> None:
        """Hand the group's next messages to the function, sometimes together with those of another group."""
        if group in self._in_flight:
            return
        batch = self._receive(group, BATCH)
        for other in sorted(self._waiting):
            if batch and len(batch) < BATCH and other not in self._in_flight and self._faults.between(0, 1):
                batch += self._receive(other, BATCH - len(batch))
        if not batch:
            return
        received_at = self._scheduler.now
        bodies = [one.body for one in batch]
        self._invoke(bodies, lambda is_done: self._finish(batch, is_done, received_at))
        if self._faults.strikes(self._faults.profile.overlap):
            self._faults.note(Fault.OVERLAP)
            again = received_at + self._faults.between(0, 3_000)
            self._scheduler.at(again, lambda: self._invoke(bodies, lambda _: None))

    def _receive(self, group: str, most: int) -> list[Message]:
        batch, self._waiting[group] = self._waiting[group][:most], self._waiting[group][most:]
        for message in batch:
            message.received += 1
        if batch:
            self._in_flight.add(group)
        return batch

    def _finish(self, batch: Sequence[Message], is_done: bool, received_at: int) -> None:
        groups = sorted({one.group for one in batch})
        if is_done:
            self._free(groups)
            return
        visible_at = max(self._scheduler.now, received_at + DIAL_VISIBILITY_MS)
        self._scheduler.at(visible_at, lambda: self._return(batch, groups))

    def _return(self, batch: Sequence[Message], groups: Sequence[str]) -> None:
        for message in reversed(batch):
            if message.received >= MAX_RECEIVES:
                self.given_up += 1
                continue
            self._faults.note(Fault.REDELIVERY)
            self._waiting[message.group].insert(0, message)
        self._free(groups)

    def _free(self, groups: Sequence[str]) -> None:
        for group in groups:
            self._in_flight.discard(group)
            self._poll_soon(group)


class StandardQueue:
    """A standard queue of delayed messages with its mapping to a function."""

    def __init__(self, scheduler: Scheduler, faults: Faults, invoke: Invoke) -> None:
        self._scheduler = scheduler
        self._faults = faults
        self._invoke = invoke
        self.waiting = 0

    def send(self, body: str, delay_seconds: int) -> None:
        message = Message(body, "")
        self.waiting += 1
        self._deliver_at(message, self._scheduler.now + 1000 * delay_seconds + self._faults.between(5, 50))

    def _deliver_at(self, message: Message, at_ms: int) -> None:
        self._scheduler.at(at_ms, lambda: self._deliver(message))

    def _deliver(self, message: Message) -> None:
        message.received += 1
        received_at = self._scheduler.now

        def finished(is_done: bool) -> None:
            if is_done or message.received >= MAX_RECEIVES:
                self.waiting -= 1
            else:
                self._faults.note(Fault.REDELIVERY)
                self._deliver_at(message, max(self._scheduler.now, received_at + VISIBILITY_MS))

        self._invoke([message.body], finished)


class SqsClient:
    """Stands in for boto3's client. A message may be refused, lost, doubled or late on its way."""

    def __init__(
        self,
        scheduler: Scheduler,
        faults: Faults,
        chronicle: Chronicle,
        dial: DialQueue,
        wake: StandardQueue,
        work: StandardQueue,
    ) -> None:
        self._scheduler = scheduler
        self._faults = faults
        self._chronicle = chronicle
        self._dial = dial
        self._wake = wake
        self._work = work

    def send_message(self, **request: Any) -> None:
        if request["QueueUrl"] == WORK:
            self._send_work(request)
            return
        assert request["QueueUrl"] == DIAL, "the wake queue gets its messages in batches"
        body, group = request["MessageBody"], request["MessageGroupId"]
        assert "DelaySeconds" not in request, "a FIFO queue has no delay per message"
        deduplication_id = request["MessageDeduplicationId"]
        self._send(request, [body], lambda _: self._dial.send(body, group, deduplication_id))

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        assert request["QueueUrl"] == WAKE, "only wakes are sent in batches"
        delays = {one["MessageBody"]: one["DelaySeconds"] for one in request["Entries"]}
        self._send(request, list(delays), lambda body: self._wake.send(body, delays[body]))
        return {}

    def _send_work(self, request: dict[str, Any]) -> None:
        """An order is not lost once it is taken, but may come twice."""
        body, delay = request["MessageBody"], request["DelaySeconds"]
        process = self._scheduler.current
        assert process is not None, "only a process sends messages"
        self._faults.before_request(process)
        self._chronicle.note("send_message", request)
        for _ in range(1 + self._faults.strikes(self._faults.profile.hint)):
            self._work.send(body, delay)
        self._faults.after_request(process)

    def _send(self, request: dict[str, Any], bodies: Sequence[str], deliver: Callable[[str], None]) -> None:
        process = self._scheduler.current
        assert process is not None, "only a process sends messages"
        self._faults.before_request(process)
        self._scheduler.pause(self._faults.between(2, 10))
        if self._faults.strikes(self._faults.profile.hint / 2):
            self._note(Fault.HINT_REFUSED, bodies[0], 60_000)
            if self._faults.between(0, 1):
                raise EndpointConnectionError(endpoint_url="https://sqs")
            raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": ""}}, "SendMessage")
        self._chronicle.note("send_message", request)
        for body in bodies:
            self._carry(body, deliver)
        self._faults.after_request(process)
        self._scheduler.pause(self._faults.between(2, 10))

    def _carry(self, body: str, deliver: Callable[[str], None]) -> None:
        probability = self._faults.profile.hint / 2
        if self._faults.strikes(probability):
            self._note(Fault.HINT_LOST, body, 60_000)
            return
        if self._faults.strikes(probability):
            late = self._faults.between(500, LATE_HINT_MS)
            self._note(Fault.HINT_LATE, body, late)
            self._scheduler.at(self._scheduler.now + late, lambda: deliver(body))
            return
        deliver(body)
        if self._faults.strikes(probability):
            self._note(Fault.HINT_DUPLICATED, body, 0)
            again = self._scheduler.now + self._faults.between(0, LATE_HINT_MS)
            self._scheduler.at(again, lambda: deliver(body))

    def _note(self, fault: Fault, body: str, cost: int) -> None:
        self._faults.note(fault, (parse_hint(body).org,), cost)
