"""What the product is about, as immutable values. Times are UTC milliseconds since the epoch unless named otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from campanile.lifecycle import CampaignStatus, ContactStatus, Outcome, SlotPhase

AD_HOC_PRIORITY = 1_000_000
"""Effective priority of contacts that belong to no campaign (seed 003)."""

MAX_ALIASES = 20
"""How many further names a contact has at most: it keeps them until it is deleted, on its own item."""
TOO_MANY_NAMES = f"the contact has had {MAX_ALIASES} other external_ids, which it keeps until it is deleted"


class LaneKind(StrEnum):
    """Why a pending contact waits: a callback, a first call (plain or scheduled), or a retry."""

    CALLBACK = "C"
    FIRST = "F"
    RETRY = "R"
    SCHEDULED = "S"


@dataclass(frozen=True, slots=True)
class AgentFields:
    """Who speaks on a call. Any level (contact, campaign, configuration) may set any of them."""

    agent_id: str | None = None
    agent_version: str | None = None
    agent_number: str | None = None
    agent_config: Mapping[str, Any] | None = None
    initial_context: str | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign, or the ad-hoc pseudo-campaign when `configuration_id` is None. `key` is its campaign key."""

    org: str
    key: str
    id: str
    status: CampaignStatus
    priority: int
    configuration_id: str | None
    name: str = ""
    number: int = 0
    external_id: str | None = None
    unique_numbers: bool = False
    agent: AgentFields = field(default_factory=AgentFields)
    lanes: frozenset[str] = frozenset()
    rev: int = 0
    created_at: int = 0
    updated_at: int = 0

    @property
    def is_ad_hoc(self) -> bool:
        return self.configuration_id is None


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
class Told:
    """What the agent told of the call in progress; it decides over the carrier's outcome when that call ends.

    `callback_at` in UTC ms. `is_canceled`: no callback is wanted any more, nor one that the carrier will tell of.
    """

    do_not_call: bool = False
    callback_at: int | None = None
    is_canceled: bool = False


@dataclass(frozen=True, slots=True)
class LastRefusal:
    """Why the contact was last not called, and until when that holds."""

    code: str
    at: int
    until: int | None


MAX_ALIASES = 20
"""How many further names a contact has at most: it keeps them until it is deleted, on its own item."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to call. `due`, `kind` say when and why it waits, and stay while it is active.

    `rev` grows with every write; `number` is the creation number within the campaign. `budget_used` counts calls
    nobody asked for, `callbacks_used` those the person asked for (G8). `unreachable` are numbers found invalid or
    on the do-not-call list, `listed` those of them that were on the list; `attempts` are the latest 8, older ones are
    in the cold item. `aliases` are the ids that lead here besides its own: of its external id and of former ones.
    `imported` names the import that wrote it last and the first of its rows that did. `told` is there only while it is
    active.
    """

    campaign_key: str
    id: str
    number: int
    status: ContactStatus
    phone_numbers: tuple[str, ...]
    created_at: int
    due: int
    kind: LaneKind
    rev: int = 0
    external_id: str | None = None
    aliases: tuple[str, ...] = ()
    timezone: str | None = None
    scheduled_at: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    agent: AgentFields = field(default_factory=AgentFields)
    cold: bool = False
    attempt_id: str | None = None
    told: Told | None = None
    attempt_count: int = 0
    budget_used: int = 0
    callbacks_used: int = 0
    attempts: tuple[Attempt, ...] = ()
    unreachable: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    last_outcome: Outcome | None = None
    last_refusal: LastRefusal | None = None
    updated_at: int = 0
    imported: str | None = None

    @property
    def is_scheduled_first_call(self) -> bool:
        """Whether its next call is a first-time scheduled one, which has windows of its own."""
        return self.kind is LaneKind.SCHEDULED

    @property
    def asked_not_to_be_called(self) -> bool:
        """Whether the person has said so in one of the latest calls, or in an earlier one while this one goes on."""
        was_told = self.told is not None and self.told.do_not_call
        return was_told or any(one.outcome is Outcome.DO_NOT_CALL for one in self.attempts)

    @property
    def bucket(self) -> str:
        """The counter the contact is in."""
        return bucket(self.status, self.last_outcome)


def bucket(status: ContactStatus, last_outcome: Outcome | None) -> str:
    """Name of the counter of contacts in `status` whose last call ended with `last_outcome`.

    An active contact is counted as the pending one it was, so LOCK writes no counter: slots tell who is active.
    """
    counted = ContactStatus.PENDING if status is ContactStatus.ACTIVE else status
    return f"{counted}.{last_outcome or '-'}"


def split_bucket(name: str) -> tuple[ContactStatus, Outcome | None]:
    """The reverse of `bucket`."""
    status, _, outcome = name.partition(".")
    return ContactStatus(status), None if outcome == "-" else Outcome(outcome)


@dataclass(frozen=True, slots=True)
class Slot:
    """One unit of an org's concurrency, existing only while a call holds it. `lease_until` is when to look after it.

    `contact_number` and `last_outcome` are the contact's creation number and the outcome of its call before this one.
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


@dataclass(frozen=True, slots=True)
class CallReport:
    """The end of a call. Times are UTC milliseconds since the epoch, the duration is in seconds.

    `callback_local` is a time by the contact's clock, where the carrier names no offset; `disposition` a JSON object.
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


@dataclass(frozen=True, slots=True)
class CallbackWish:
    """When a person wants to be called back: at an aware time, or at one by the contact's clock; None: not any more."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class AgentReport:
    """What an agent tells of an attempt; whatever it does not tell stays as it is.

    `remarks` are texts by field, `notes` and `disposition` (a JSON object); None takes one away.
    """

    do_not_call: bool = False
    reason: str | None = None
    callback: CallbackWish | None = None
    remarks: Mapping[str, str | None] = field(default_factory=dict)


NEVER_GRANTED = -1


@dataclass(frozen=True, slots=True)
class OrgSettings:
    """An org's limits. `usable` is what it may use of `concurrency_limit` now; `limit_rev` fences its changes.

    `highest_slot` bounds where slots may still be held after the limit was lowered. `global_limit` is the deployment's
    limit that `usable` was granted under (0: there is none; NEVER_GRANTED: nothing was yet). `account` is the provider
    account that its calls go through.
    """

    org: str
    concurrency_limit: int
    usable: int
    limit_rev: int
    highest_slot: int
    calls_per_second: float
    account: str
    global_limit: int


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """What the dialer needs of an active campaign, from the org's dial sheet."""

    campaign_key: str
    priority: int
    configuration_id: str | None
    lanes: frozenset[str]
