"""The dialer's queues in memory: what was sent, and what has arrived by now."""

from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from campanile.adapters.clock import Clock
from campanile.adapters.dial_queue import DialQueue, Hint, parse_hint
from campanile.adapters.faults import Log

DIAL = "dial"
WAKE = "wake"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as SQS took it; `visible_at` in UTC ms."""

    queue: str
    hint: Hint
    visible_at: int
    deduplication_id: str | None = None


class RecordingQueue(DialQueue):
    """The real queue over an SQS of our own. `sent` has every message, `waiting` those nobody took."""

    def __init__(self, clock: Clock, log: Log) -> None:
        self._clock = clock
        self.sent: list[Message] = []
        self.waiting: list[Message] = []
        self.is_down = False
        client: Any = self
        super().__init__(client, DIAL, WAKE, clock, log)

    def take(self) -> list[Hint]:
        """The hints that have arrived, those of the wake queue forwarded; they will not come again."""
        arrived = [one for one in self.waiting if one.visible_at <= self._clock.now_ms()]
        self.waiting = [one for one in self.waiting if one not in arrived]
        now = self._clock.now_ms()
        return [replace(one.hint, sent_at=now) if one.queue == WAKE else one.hint for one in arrived]

    def next_arrival(self) -> int | None:
        """When the next hint arrives (UTC ms)."""
        return min((one.visible_at for one in self.waiting), default=None)

    def causes(self) -> list[str]:
        return [message.hint.cause for message in self.sent if message.queue == DIAL]

    def wakes(self) -> list[int]:
        """When the dialer is to be woken (UTC ms), in the order of sending."""
        return [message.visible_at for message in self.sent if message.queue == WAKE]

    def forget(self) -> None:
        self.sent.clear()
        self.waiting.clear()

    def send_message(self, **request: Any) -> None:
        self._store(request["QueueUrl"], request["MessageBody"], 0, request.get("MessageDeduplicationId"))

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        for entry in request["Entries"]:
            self._store(request["QueueUrl"], entry["MessageBody"], entry["DelaySeconds"], None)
        return {}

    def _store(self, queue: str, body: str, delay_seconds: int, deduplication_id: str | None) -> None:
        if self.is_down:
            raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": ""}}, "SendMessage")
        assert queue == WAKE or delay_seconds == 0, "a FIFO queue has no delay per message"
        visible_at = self._clock.now_ms() + 1000 * delay_seconds
        message = Message(queue, parse_hint(body), visible_at, deduplication_id)
        self.sent.append(message)
        self.waiting.append(message)
