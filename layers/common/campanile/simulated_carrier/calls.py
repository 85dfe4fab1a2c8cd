"""The carrier's two answers to requests: it places a call once per attempt id, and says what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from campanile.simulated_carrier.behaviour import RETRY_AFTER_SECONDS, CallPlan, plan
from campanile.simulated_carrier.event_queue import EventQueue
from campanile.simulated_carrier.records import CallRecords
from campanile.store.table import Item

DELIVERY_POLL_SECONDS = 0.05
SHORTEST_NUMBER = len("+123456789")


class Agent(BaseModel):
    """The voice agent that would lead the conversation; accepted and not used."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = None
    version: str | None = None
    config: dict[str, Any] | None = None


class PlaceRequest(BaseModel):
    """The body of `POST /simulated-carrier/calls`; `attempt_id` is the idempotency key, `to` is E.164."""

    model_config = ConfigDict(extra="forbid")

    attempt_id: str = Field(min_length=1, max_length=128)
    to: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$")
    caller_id: str | None = Field(default=None, alias="from")
    callback_url: str = Field(pattern=r"^https?://")
    contact_id: str = Field(min_length=1, max_length=256)
    campaign_id: str = Field(min_length=1, max_length=256)
    agent: Agent = Agent()
    initial_context: str | None = None
    metadata: dict[str, Any] = {}
    ring_timeout_seconds: int | None = None
    max_call_seconds: int | None = None

    @property
    def is_reachable(self) -> bool:
        """No number in the carrier's world is shorter than nine digits; it says so at the POST, as real ones do."""
        return len(self.to) >= SHORTEST_NUMBER


@dataclass(frozen=True, slots=True)
class Accepted:
    """The call exists; `repeated` when an earlier POST had placed it."""

    call_id: str
    conversation_id: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class Busy:
    """No call was placed; try again after so many seconds."""

    retry_after_seconds: int


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The attempt id was used before for another contact or number."""


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """call_seconds: length of an ordinary call, 0-840. seed: of numbers that are not magic.

    hold_seconds: how long a held response is held; longer than any caller's time-out.
    """

    call_seconds: int
    seed: str
    hold_seconds: float


class Carrier:
    """The carrier's switchboard. `new_id` makes call ids, `sleep` (seconds) holds a response back."""

    def __init__(
        self,
        records: CallRecords,
        events: EventQueue,
        settings: CarrierSettings,
        new_id: Callable[[], str],
        sleep: Callable[[float], None],
    ) -> None:
        self._records = records
        self._events = events
        self._settings = settings
        self._new_id = new_id
        self._sleep = sleep

    def place(self, request: PlaceRequest, now_ms: int) -> Accepted | Busy | KeyReused:
        """Place the call of an attempt, once however often it is asked for; a refusal may be asked again."""
        record = self._records.count_post(
            request.attempt_id, request.contact_id, request.campaign_id, request.to, now_ms
        )
        if (record["contact_id"], record["to"]) != (request.contact_id, request.to):
            return KeyReused()
        if "call_id" in record:
            return _accepted(record, repeated=True)
        seen_before = self._records.count_seen(request.contact_id, request.to, now_ms)
        planned = plan(request.to, seen_before, self._settings.call_seconds, self._settings.seed)
        if planned.refused:
            self._records.count_refusal(request.attempt_id)
            return Busy(RETRY_AFTER_SECONDS)
        record, placed_now = self._records.place(
            request.attempt_id,
            planned,
            call_id=self._new_id(),
            conversation_id=self._new_id(),
            callback_url=request.callback_url,
            now_ms=now_ms,
        )
        if placed_now:
            self._events.schedule(request.attempt_id, planned.events)
            self._delay_answer(request.attempt_id, planned)
        return _accepted(record, repeated=not placed_now)

    def look_up(self, attempt_id: str, now_ms: int) -> dict[str, Any] | None:
        """What became of an attempt's call, as sent over HTTP; None when it has no call."""
        record = self._records.find(attempt_id)
        if record and "ended_at" not in record:
            if now_ms < record["ends_at"]:
                return {"call_id": record["call_id"], "attempt_id": attempt_id, "status": "live"}
            # The platform may dial again as soon as it learns of the end, so the end is recorded first.
            record = self._records.end(attempt_id, record["ends_at"])
        if record is None:
            return None
        return {"call_id": record["call_id"], "attempt_id": attempt_id, "status": "ended", **call_end(record)}

    def _delay_answer(self, attempt_id: str, planned: CallPlan) -> None:
        if planned.hold_response:
            self._sleep(self._settings.hold_seconds)
        if planned.end_before_response:
            self._await_delivery(attempt_id)

    def _await_delivery(self, attempt_id: str) -> None:
        """Wait until the final event is delivered, or until no caller waits any more."""
        for _ in range(round(self._settings.hold_seconds / DELIVERY_POLL_SECONDS)):
            record = self._records.find(attempt_id)
            if record is None or "delivered_at" in record:
                return
            self._sleep(DELIVERY_POLL_SECONDS)


def call_end(record: Item) -> dict[str, Any]:
    """How a call ended, in the fields that events and look-ups share."""
    callback_in = record.get("callback_in")
    return {
        "outcome": record["outcome"],
        "duration_seconds": record["duration"],
        "conversation_id": record["conversation_id"],
        "callback_at": None if callback_in is None else _rfc3339(record["ended_at"] + callback_in * 1000),
        "ended_at": _rfc3339(record["ended_at"]),
        "notes": record.get("notes"),
    }


def _accepted(record: Item, repeated: bool) -> Accepted:
    return Accepted(record["call_id"], record["conversation_id"], repeated)


def _rfc3339(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
