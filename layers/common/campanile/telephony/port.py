"""The telephony port: place a call, look a call up, parse a signed carrier event.

Adapters never retry a POST by themselves: a create-call request repeated after a time-out is the classic way to
dial twice. They say what they know (`Placed`, `Refused`, `Rejected`, `Misconfigured`,
`Ambiguous`) and the dialer decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from campanile.domain.call import AgentReport
from campanile.domain.call import CallEnd as CallEnd
from campanile.domain.lifecycle import Outcome


@dataclass(frozen=True, slots=True)
class Idempotency:
    """How a provider treats a second create of one call.

    `kind`: `none`; `key`: it returns the first call for `lifetime_seconds`; `conditional`: only while that call lives.
    `duplicate_answers`: whether a repeat gets the `same` response or a `conflict`.
    """

    kind: Literal["none", "key", "conditional"] = "none"
    lifetime_seconds: int = 0
    duplicate_answers: Literal["same", "conflict"] = "same"


@dataclass(frozen=True, slots=True)
class EventDelivery:
    """How a provider's events reach us. `retries`: how often it sends an event again that was not acknowledged."""

    channel: Literal["webhook", "event_bus", "none"] = "webhook"
    may_be_lost: bool = True
    retries: int = 0
    ordered: bool = False


LookUpKey = Literal["reference", "call_id", "number_and_time", "room"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do. The engine asks nothing else about a provider.

    look_up_by: which keys find a call; empty: the provider cannot be asked.
    absence_proves_after_seconds: how long after the POST "not found" is believed; None: never.
    live_look_up: whether a call is found while it rings or talks. look_up_retention_seconds: how long after its end.
    correlation: where our reference comes back in events. queues_above_rate: whether the provider keeps calls above its
    rate and dials them later, for at most `queue_ttl_seconds`. can_cancel: whether a call that does not ring yet can be
    taken back. calls_per_second, max_concurrent: what `rate_scope` may start per second, and have at once (None:
    unknown).
    """

    calls_per_second: float
    idempotency: Idempotency = Idempotency()
    look_up_by: frozenset[LookUpKey] = frozenset()
    absence_proves_after_seconds: int | None = None
    live_look_up: bool = False
    look_up_retention_seconds: int = 0
    correlation: Literal["url", "metadata", "call_id"] = "url"
    events: EventDelivery = EventDelivery()
    queues_above_rate: bool = False
    queue_ttl_seconds: int = 0
    can_cancel: bool = False
    max_concurrent: int | None = None
    rate_scope: Literal["account", "instance", "trunk"] = "account"


@dataclass(frozen=True, slots=True)
class CallRequest:
    """One call to place. `attempt_id` is never reused: idempotency key, fencing token and callback reference.

    `ring_timeout_seconds` and `max_call_seconds` are sent with every call: past the longest call the engine frees the
    slot, and nobody may still be talking then. `record`, `detect_machine`: only when the campaign asks for it.
    """

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
    ring_timeout_seconds: int = 30
    max_call_seconds: int = 3_540
    detect_machine: bool = False
    record: bool = False
    display_name: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """The provider has the call. `queued_until` (UTC ms): it may begin to ring only then; None: it dials at once."""

    provider_call_id: str
    conversation_id: str | None = None
    queued_until: int | None = None


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
    """The call may or may not exist (time-out, lost response, 5xx): only a look-up or an event shows it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider says that this number cannot be called, now or later: the attempt ends with `outcome`.

    That is `invalid_number`, `do_not_call` or `failed`.
    """

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """The account cannot place any call: credentials, credit, permission, caller id or agent. No call was placed."""

    reason: str


PlaceResult = Placed | Refused | Rejected | Misconfigured | Ambiguous


@dataclass(frozen=True, slots=True)
class LookUpQuery:
    """Everything we know of a call that a provider may find it by. `intended_at_ms`: just before its POST, UTC ms."""

    attempt_id: str
    to: str
    intended_at_ms: int
    provider_call_id: str | None = None
    caller_id: str | None = None
    reference_token: str | None = None


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
    """A verified carrier event. `report` is set on the final event only, `agent_report` on what the agent reports from
    within the conversation; any other event is progress.

    `attempt_id` is the attempt the carrier says it is about, `reference_token` our signed reference that came back
    inside the event; None when it does not say.
    """

    provider_call_id: str
    report: CallEnd | None
    attempt_id: str | None = None
    agent_report: AgentReport | None = None
    reference_token: str | None = None


class Telephony(Protocol):
    """What the dialer needs of a provider."""

    @property
    def capabilities(self) -> Capabilities: ...

    def place(self, request: CallRequest) -> PlaceResult:
        """Ask the provider to call, once, with HTTP retries off and within the adapter's POST time-out."""

    def look_up(self, query: LookUpQuery) -> LookUp:
        """What became of a call."""

    def parse_event(self, url: str, headers: Mapping[str, str], body: bytes) -> list[CarrierEvent]:
        """Verify and parse a carrier's HTTP request. `url` is the address as we issued it, `body` the raw bytes.

        A request may carry several events; events of calls that are not ours are left out.
        Raises InvalidSignatureError or MalformedEventError.
        """
