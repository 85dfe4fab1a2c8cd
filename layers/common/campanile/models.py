"""Requests and responses of the API, as pydantic models: the field rules live here and nowhere else.

Requests are strict (no silent coercion) and refuse unknown fields. Times go out as RFC 3339 in UTC.
"""

from typing import Annotated, Any, Literal, Self

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
    RetryOutcome,
    Uuid,
    json_object_of,
    outcomes,
)
from campanile.lifecycle import Outcome
from campanile.retry import RetryPolicy

MAX_CONTACTS_PER_REQUEST = 1_000
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


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


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


class Notice(Answer):
    """Something accepted that the caller should look at. `index` is the row it concerns, counted from 0."""

    code: str
    message: str
    index: int | None = None


class ConfigurationCreated(Configuration):
    warnings: list[Notice] = []


class CampaignInput(AgentInput):
    """A new campaign; it starts active (seed 001)."""

    name: Name
    configuration_id: Uuid
    external_id: CampaignExternalId | None = None
    priority: Annotated[int, Field(ge=0, le=999_999)] = 1
    unique_numbers: bool = False


class CampaignAnswer(Answer):
    id: str
    number: int
    external_id: str | None
    name: str
    configuration_id: str
    status: str
    priority: int
    unique_numbers: bool
    agent_id: str | None
    agent_version: str | None
    agent_number: str | None
    agent_config: dict[str, Any] | None
    initial_context: str | None
    created_at: Instant
    updated_at: Instant
    warnings: list[Notice] = []


class ContactInput(AgentInput):
    """One row of an upsert. An absent field stays, null clears; `data` and `phone_numbers` are replaced whole."""

    id: Uuid | None = None
    external_id: ExternalId | None = None
    phone_numbers: Annotated[list[str], Field(min_length=1, max_length=MAX_PHONE_NUMBERS)] | None = None
    data: Annotated[dict[str, Any], json_object_of(MAX_DATA_BYTES)] | None = None
    timezone: TimezoneName | None = None
    scheduled_at: Instant | None = None


def _not_too_many(rows: Any) -> Any:
    """Refuse before looking at a single row: millions of bad ones would take longer than there is time."""
    if isinstance(rows, list) and len(rows) > MAX_CONTACTS_PER_REQUEST:
        raise TooManyContactsError(
            f"The request has {len(rows)} contacts; at most {MAX_CONTACTS_PER_REQUEST} are taken. "
            "Split it, or drop a CSV into the bucket."
        )
    return rows


class ContactsInput(Request):
    """A batch; raises TooManyContactsError for more than 1,000 rows."""

    contacts: Annotated[list[ContactInput], BeforeValidator(_not_too_many)]


class FailedRow(Answer):
    index: int
    code: str
    message: str


class UpsertAnswer(Answer):
    """`contact_ids` has one entry per row, null for a failed one."""

    inserted: int
    updated: int
    failed: list[FailedRow]
    warnings: list[Notice]
    contact_ids: list[str | None]


class AttemptAnswer(Answer):
    id: str
    attempt_no: int
    phone_number: str
    conversation_id: str | None
    status: Literal["in_progress", "finished"]
    outcome: str | None
    started_at: Instant
    ended_at: Instant | None
    duration_seconds: float | None
    notes: str | None


class RefusalAnswer(Answer):
    code: str
    at: Instant
    until: Instant | None


class ContactAnswer(Answer):
    id: str
    external_id: str | None
    phone_numbers: list[str]
    data: dict[str, Any]
    timezone: str | None
    scheduled_at: Instant | None
    agent_id: str | None
    agent_version: str | None
    agent_number: str | None
    agent_config: dict[str, Any] | None
    initial_context: str | None
    status: str
    last_outcome: str | None
    last_attempt_at: Instant | None
    next_attempt_at: Instant | None
    last_refusal: RefusalAnswer | None
    attempts: list[AttemptAnswer]
    created_at: Instant
    updated_at: Instant


class ContactsAnswer(Answer):
    contacts: list[ContactAnswer]
    total: int
    limit: int
    offset: int


class ContactCounts(Answer):
    """`total` = pending + in_progress + completed + exhausted + error + do_not_call; the rest are of-which figures.

    `in_progress` includes `locked`; `pending` includes `retry_waiting` and `held`.
    """

    total: int
    pending: int
    in_progress: int
    completed: int
    exhausted: int
    error: int
    do_not_call: int
    locked: int
    retry_waiting: int
    held: int


class AttemptCounts(Answer):
    """Calls whose POST was made, and their number per contact rounded to two decimals."""

    total: int
    average_per_contact: float


class StatsAnswer(Answer):
    """`waiting_until`: when the next pending contact may be called, if none may be called now; else null."""

    campaign_id: str
    status: str
    contacts: ContactCounts
    attempts: AttemptCounts
    active_calls: int
    concurrency_limit: int
    waiting_until: Instant | None


class ConcurrencyInput(Request):
    """`calls_per_second`: how fast the provider lets this org start calls."""

    concurrency_limit: Annotated[int, Field(ge=1, le=MAX_CONCURRENCY_LIMIT)]
    calls_per_second: Annotated[float, Field(ge=0.1, le=500)] | None = None


class ConcurrencyAnswer(Answer):
    """`effective_limit` is what holds: the org's limit, or the deployment's global one when that is lower."""

    concurrency_limit: int
    effective_limit: int
    active_count: int
    calls_per_second: float


class ImportCounts(Answer):
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    duplicates: int = 0
    invalid: int = 0


class ImportRowError(Answer):
    """A row that was not imported. `row` is the row a spreadsheet shows; the header is row 1."""

    row: int
    column: str | None
    code: str
    message: str


class ImportAnswer(Answer):
    id: str
    file_name: str
    status: Literal["running", "completed", "completed_with_errors", "failed"]
    reason: str | None
    counts: ImportCounts
    errors: list[ImportRowError]
    created_at: Instant
    updated_at: Instant


class ImportsAnswer(Answer):
    imports: list[ImportAnswer]


class ProblemDetail(Answer):
    """Where a request went wrong: `path` as in `contacts[3].phone_numbers[0]`."""

    path: str
    code: str
    message: str
