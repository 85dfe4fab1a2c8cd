"""The telephony port: place a call, look a call up, parse a signed carrier event.

Adapters never retry a POST by themselves: a create-call request repeated after a time-out is the classic way to
dial twice. They say what they know (`Placed`, `Refused`, `Ambiguous`) and the dialer decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from campanile.domain.call import AgentReport
from campanile.domain.call import CallEnd as CallEnd


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do.

    idempotency_key_seconds: how long the provider remembers an attempt id given as idempotency key; None: no such key.
    look_up: whether a call can be found by attempt id or call id. cancel: whether a queued call can be taken back.
    calls_per_second: how many calls an account may start per second before the provider queues or refuses them.
    """

    idempotency_key_seconds: int | None
    look_up: bool
    cancel: bool
    calls_per_second: float


@dataclass(frozen=True, slots=True)
class CallRequest:
    """One call to place. `attempt_id` is never reused: idempotency key, fencing token and callback reference."""

    attempt_id: str
    to: str
    callback_url: str
    contact_id: str
    campaign_id: str
    caller_id: str | None = None
    agent_id: str | None = None
    agent_version: str | None = None
    agent_config: Mapping[str, Any] | None = None
    initial_context: str | None = None
    custom_metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """The provider has the call."""

    provider_call_id: str
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider certainly placed no call; try again not sooner than `retry_after_seconds`.

    `is_account_wide`: it takes no call of this account before that, not just not this one.
    """

    reason: str
    retry_after_seconds: float
    is_account_wide: bool = False


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The call may or may not exist (time-out, lost response, 5xx): only a look-up or an event can tell."""

    reason: str


PlaceResult = Placed | Refused | Ambiguous


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider has no call for this attempt."""


@dataclass(frozen=True, slots=True)
class Live:
    """The call is queued, ringing or in conversation."""

    provider_call_id: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over."""

    report: CallEnd


@dataclass(frozen=True, slots=True)
class LookUpFailed:
    """The provider could not be asked: nothing is known, ask again later."""

    reason: str


LookUp = NotFound | Live | Ended | LookUpFailed


@dataclass(frozen=True, slots=True)
class CarrierEvent:
    """A verified carrier event. `report` is set on the final event only, `told` on an agent's report from within the
    conversation; any other event is progress.

    `attempt_id` is the attempt the carrier says it is about; None when it does not say.
    """

    provider_call_id: str
    report: CallEnd | None
    attempt_id: str | None = None
    told: AgentReport | None = None


class InvalidSignatureError(Exception):
    """The carrier event is not signed by the carrier, or its timestamp is outside the tolerance."""


class MalformedEventError(Exception):
    """The carrier event is signed but cannot be understood."""


class Telephony(Protocol):
    """What the dialer needs of a provider."""

    @property
    def capabilities(self) -> Capabilities: ...

    def place(self, request: CallRequest) -> PlaceResult:
        """Ask the provider to call, once, with HTTP retries off and within the adapter's POST time-out."""

    def look_up(self, attempt_id: str, provider_call_id: str | None) -> LookUp:
        """What became of the call of `attempt_id`."""

    def parse_event(self, headers: Mapping[str, str], body: str) -> CarrierEvent:
        """Verify and parse a carrier's HTTP request; raises InvalidSignatureError or MalformedEventError."""
