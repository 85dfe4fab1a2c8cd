"""A call: its slot, its attempt, and what the agent reported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campanile.domain.lifecycle import Outcome, SlotPhase


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call whose POST was made. `started_at` is when it was sent to the provider."""

    id: str
    attempt_no: int
    phone_number: str
    outcome: Outcome
    started_at: int
    ended_at: int
    duration_seconds: float = 0.0
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One unit of an org's concurrency, which exists only while a call has it. At `lease_until` somebody checks on it.

    `contact_number` and `last_outcome` are the contact's creation number and the outcome of its call before this one.
    `provider` places the call; None: the default one.
    """

    org: str
    n: int
    attempt_id: str
    campaign_key: str
    contact_id: str
    phone_number: str
    attempt_no: int
    phase: SlotPhase
    lease_until: int
    locked_at: int
    is_callback: bool = False
    contact_number: int = 0
    last_outcome: Outcome | None = None
    intended_at: int | None = None
    provider_call_id: str | None = None
    conversation_id: str | None = None
    provider: str | None = None

    @property
    def sent_at(self) -> int:
        """When the POST was intended, or the lock taken; the call began no earlier. UTC ms."""
        return self.intended_at or self.locked_at


@dataclass(frozen=True, slots=True)
class CallEnd:
    """The end of a call. Times are UTC milliseconds since the epoch, the duration is in seconds.

    `callback_local` is a time by the contact's clock, where the carrier names no offset; `disposition` a JSON object.
    `was_dialed` False: the provider took the request but never dialed, so no attempt was made.
    """

    outcome: Outcome
    ended_at_ms: int
    duration_seconds: float = 0.0
    provider_call_id: str | None = None
    conversation_id: str | None = None
    callback_at_ms: int | None = None
    notes: str | None = None
    callback_local: datetime | None = None
    disposition: str | None = None
    was_dialed: bool = True


@dataclass(frozen=True, slots=True)
class CallbackWish:
    """When a person wants to be called back: at an aware time, or at one by the contact's clock; None: not any more."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class ReportResult:
    """What became of an agent's report.

    `status` is the contact's as the API shows it, None when it is deleted; `callback_at` (UTC ms) when the person is
    going to be called back; `warnings` are codes.
    """

    contact_id: str
    attempt_id: str
    status: str | None
    number_listed: bool
    callback_at: int | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentReport:
    """What an agent reports on an attempt. What it leaves out stays as it is.

    `remarks` are texts by field, `notes` and `disposition` (a JSON object); None takes one away.
    """

    do_not_call: bool = False
    reason: str | None = None
    callback: CallbackWish | None = None
    remarks: Mapping[str, str | None] = field(default_factory=dict)
