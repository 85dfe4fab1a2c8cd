"""The carrier's own queue: events that wait for their moment as delayed messages."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

from campanile.simulated_carrier.behaviour import EventType, PlannedEvent

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class DueEvent:
    """An event to send now; what it says is read from the call's record."""

    attempt_id: str
    type: EventType


class EventsNotScheduledError(Exception):
    """The queue took some of a call's events, or none."""


class EventQueue:
    """A standard queue: delays are per message, at most 900 s, and order is not kept."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def schedule(self, attempt_id: str, events: Sequence[PlannedEvent]) -> None:
        """Send a call's events (1-10) on their way; EventsNotScheduledError when the queue refuses one."""
        answer = self._client.send_message_batch(
            QueueUrl=self._url,
            Entries=[
                {
                    "Id": str(number),
                    "MessageBody": json.dumps({"attempt_id": attempt_id, "type": event.type}),
                    "DelaySeconds": event.delay_seconds,
                }
                for number, event in enumerate(events)
            ],
        )
        if answer.get("Failed"):
            raise EventsNotScheduledError(f"{len(answer['Failed'])} of {len(events)} events")


def due_event(message_body: str) -> DueEvent:
    """The event of one message; ValueError when the message is not ours."""
    message = json.loads(message_body)
    if message["type"] not in get_args(EventType):
        raise ValueError("the message names no event type")
    return DueEvent(message["attempt_id"], cast(EventType, message["type"]))
