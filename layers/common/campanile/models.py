"""Requests to the API, as pydantic models: the field rules live here and nowhere else.

Requests are strict (no silent coercion) and refuse unknown fields.
"""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from campanile import phone
from campanile.calling_window import Overrides, Schedule, TimeWindow, TimezoneName
from campanile.entities import AgentFields
from campanile.errors import TooManyContactsError
from campanile.field_types import (
    CallerId,
    CampaignExternalId,
    DelayOutcome,
    DelaySeconds,
    ExternalId,
    Instant,
    Name,
    Priority,
    RetryOutcome,
    Uuid,
    json_object_of,
    outcomes,
)
from campanile.lifecycle import Outcome
from campanile.retry import RetryPolicy

MAX_CONTACTS_PER_REQUEST = 1_000
MAX_INLINE_CONTACTS = 5_000
"""Contacts within the creation or change of a campaign (seed 001)."""
MAX_PHONE_NUMBERS = 10
MAX_DATA_BYTES = 16 * 1024
MAX_AGENT_CONFIG_BYTES = 8 * 1024
MAX_CONFIGURATION_BYTES = 64 * 1024
MAX_PAGE = 200
DEFAULT_PAGE = 50
DEFAULT_CONCURRENCY_LIMIT = 10
MAX_CONCURRENCY_LIMIT = 10_000
STRUCTURED_FIELDS = frozenset(
    {"phone_numbers", "external_id", "timezone", "scheduled_at"} | set(AgentFields.__dataclass_fields__)
)
"""Contact fields that must not be repeated inside `data` (seed 000)."""


class Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


def _without_defaults(schema: dict[str, Any]) -> None:
    """In a change an absent field stays as it is, whatever it would be on creation."""
    for field in schema["properties"].values():
        field.pop("default", None)


class AgentInput(Request):
    """Agent fields; contact, campaign and configuration each may set any of them."""

    agent_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    agent_version: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    agent_number: CallerId | None = None
    agent_config: Annotated[dict[str, Any], json_object_of(MAX_AGENT_CONFIG_BYTES)] | None = None
    initial_context: Annotated[str, StringConstraints(max_length=4_000)] | None = None

    @property
    def agent(self) -> AgentFields:
        return AgentFields(**{name: getattr(self, name) for name in AgentFields.__dataclass_fields__})


class ConfigurationInput(AgentInput):
    """A reusable bundle of calling windows, retry policy and default agent (seed 003; `products.md` for windows)."""

    name: Name
    default_timezone: TimezoneName = "America/New_York"
    default_windows: list[TimeWindow] = []
    overrides: Overrides = []
    scheduled_windows: list[TimeWindow] | None = None
    scheduled_overrides: Overrides | None = None
    default_country_code: Annotated[str, AfterValidator(phone.parse_country_code)] = "+1"
    retry_attempts: Annotated[int, Field(ge=0, le=10)] = 2
    retry_delay_seconds: DelaySeconds = 3_600
    retry_outcomes: Annotated[list[RetryOutcome], AfterValidator(outcomes)] = ["busy", "failed", "no_answer"]
    retry_delays: dict[DelayOutcome, DelaySeconds] = {}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """The gate reads it before every call, so it has to stay small."""
        size = len(self.model_dump_json(exclude_defaults=True).encode())
        if size > MAX_CONFIGURATION_BYTES:
            raise ValueError(f"must be at most {MAX_CONFIGURATION_BYTES} bytes in all, is {size}: use fewer windows")
        return self

    @property
    def schedule(self) -> Schedule:
        return Schedule(
            default_timezone=self.default_timezone,
            default_windows=self.default_windows,
            overrides=self.overrides,
            scheduled_windows=self.scheduled_windows,
            scheduled_overrides=self.scheduled_overrides,
        )

    @property
    def retry_policy(self) -> RetryPolicy:
        return RetryPolicy(
            self.retry_attempts,
            self.retry_delay_seconds,
            frozenset(Outcome(outcome) for outcome in self.retry_outcomes),
            {Outcome(outcome): delay for outcome, delay in self.retry_delays.items()},
        )

    @property
    def has_windows(self) -> bool:
        """Whether any contact could ever be called."""
        schedules = [*self.overrides, *(self.scheduled_overrides or [])]
        return bool(self.default_windows or self.scheduled_windows or any(one.windows for one in schedules))


class Configuration(ConfigurationInput):
    """A stored configuration."""

    id: str
    created_at: Instant
    updated_at: Instant


class ConfigurationPatch(ConfigurationInput):
    """Changes of a configuration: an absent field stays as it is."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    name: Name = ""  # never looked at when absent


class ContactInput(AgentInput):
    """One row of an upsert. An absent field stays, null clears; `data` and `phone_numbers` are replaced whole."""

    id: Uuid | None = None
    external_id: ExternalId | None = None
    phone_numbers: Annotated[list[str], Field(min_length=1, max_length=MAX_PHONE_NUMBERS)] | None = None
    data: Annotated[dict[str, Any], json_object_of(MAX_DATA_BYTES)] | None = None
    timezone: TimezoneName | None = None
    scheduled_at: Instant | None = None


def _at_most(limit: int, advice: str) -> BeforeValidator:
    """Refuse before looking at a single row: millions of bad ones would take longer than there is time."""

    def check(rows: Any) -> Any:
        if isinstance(rows, list) and len(rows) > limit:
            raise TooManyContactsError(f"The request has {len(rows)} contacts; at most {limit} are taken. {advice}")
        return rows

    return BeforeValidator(check)


class ContactsInput(Request):
    """A batch; raises TooManyContactsError for more than 1,000 rows."""

    contacts: Annotated[
        list[ContactInput],
        _at_most(MAX_CONTACTS_PER_REQUEST, "Split it, or drop a CSV into the bucket."),
        Field(json_schema_extra={"maxItems": MAX_CONTACTS_PER_REQUEST}),
    ]


InlineContacts = Annotated[
    list[ContactInput],
    _at_most(MAX_INLINE_CONTACTS, "Add the others once the campaign exists, or drop a CSV into the bucket."),
    Field(json_schema_extra={"maxItems": MAX_INLINE_CONTACTS}),
]
"""Contacts that come with a campaign; raises TooManyContactsError for more than 5,000 rows."""


class CampaignInput(AgentInput):
    """A new campaign; it starts active (seed 001)."""

    name: Name
    configuration_id: Uuid
    external_id: CampaignExternalId | None = None
    priority: Priority = 1
    unique_numbers: bool = False
    contacts: InlineContacts | None = None


class CampaignPatch(AgentInput):
    """Changes of a campaign: an absent field stays as it is, null clears one that may be empty."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    name: Name = ""  # never looked at when absent, like the next two
    configuration_id: Uuid = ""
    priority: Priority = 1
    external_id: CampaignExternalId | None = None
    contacts: InlineContacts | None = None


class ConcurrencyInput(Request):
    """`calls_per_second`: how fast the provider lets this org start calls."""

    concurrency_limit: Annotated[int, Field(ge=1, le=MAX_CONCURRENCY_LIMIT)]
    calls_per_second: Annotated[float, Field(ge=0.1, le=500)] | None = None
