"""Requests to the API, as pydantic models: the field rules live here and nowhere else.

Requests are strict (no silent coercion) and refuse unknown fields.
"""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from campanile import phone
from campanile.calling_window import Overrides, Schedule, TimeWindow
from campanile.csv_headers import DISPLAY_FIELDS
from campanile.entities import AgentFields
from campanile.errors import TooManyContactsError
from campanile.field_types import (
    CallerId,
    CampaignExternalId,
    DelayOutcome,
    DelaySeconds,
    ExternalId,
    Id,
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
from campanile.timezones import TimezoneName

MAX_CONTACTS_PER_REQUEST = 1_000
MAX_INLINE_CONTACTS = 5_000
"""Contacts within the creation or change of a campaign (seed 001)."""
MAX_PHONE_NUMBERS = 10
MAX_DATA_BYTES = 16 * 1024
MAX_MAPPING_BYTES = 32 * 1024
"""It is kept with the import, as are the header and the first errors: one item, of 400 KB at most."""
MAX_MAPPED_COLUMNS = 200
MAX_AGENT_CONFIG_BYTES = 8 * 1024
MAX_CONFIGURATION_BYTES = 64 * 1024
DEFAULT_CONCURRENCY_LIMIT = 10
MAX_CONCURRENCY_LIMIT = 10_000
COLUMN_TARGETS = (
    "phone", "id", "external_id", "timezone", "scheduled_at", *DISPLAY_FIELDS, "data", "data.<key>", "ignore"
)  # fmt: skip
FILE_SUFFIXES = (".csv", ".tsv", ".txt")
CountryCode = Annotated[
    str, AfterValidator(phone.parse_country_code), Field(json_schema_extra={"pattern": "^\\+[1-9][0-9]{0,2}$"})
]
PhoneText = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": phone.LONGEST_TEXT})]
RecognizedText = Annotated[str, StringConstraints(max_length=255)]
STRUCTURED_FIELDS = frozenset(
    {"phone_numbers", "external_id", "timezone", "scheduled_at"} | set(AgentFields.__dataclass_fields__)
)
"""Contact fields that must not be repeated inside `data` (seed 000)."""


class Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", json_schema_serialization_defaults_required=True)


def without_defaults(schema: dict[str, Any]) -> None:
    """In a change an absent field stays as it is, whatever it would be on creation."""
    for field in schema["properties"].values():
        field.pop("default", None)


class AgentInput(Request):
    """Agent fields; contact, campaign and configuration each may set any of them."""

    agent_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    """The provider's agent that speaks. The contact's goes before the campaign's, that before the configuration's."""
    agent_version: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    """The agent's version; it counts where `agent_id` is set beside it."""
    agent_number: CallerId | None = None
    """The number that the person called sees, in E.164."""
    agent_config: Annotated[dict[str, Any], json_object_of(MAX_AGENT_CONFIG_BYTES)] | None = None
    """Settings that are passed to the agent: at most 8 KB of JSON."""
    initial_context: Annotated[str, StringConstraints(max_length=4_000)] | None = None
    """What the agent is told before the call."""

    @property
    def agent(self) -> AgentFields:
        return AgentFields(**{name: getattr(self, name) for name in AgentFields.__dataclass_fields__})


class ConfigurationInput(AgentInput):
    """A reusable bundle of calling windows, retry policy and default agent; at most 64 KB of JSON in all."""

    name: Name
    """What people call it; space around it is dropped."""
    default_timezone: TimezoneName = "America/New_York"
    """IANA name of the clock that counts for contacts without a timezone."""
    default_windows: list[TimeWindow] = []
    """When contacts may be called, by their own clock; none: nobody is called."""
    overrides: Overrides = []
    """Windows that replace the usual ones in the timezones they list."""
    scheduled_windows: list[TimeWindow] | None = None
    """Windows for the first call of a contact with a `scheduled_at`; null: the usual ones."""
    scheduled_overrides: Overrides | None = None
    """Overrides for the first call of a contact with a `scheduled_at`; null: the usual ones."""
    default_country_code: CountryCode = "+1"
    """The calling code that completes numbers written without one."""
    retry_attempts: Annotated[int, Field(ge=0, le=10)] = 2
    """Calls after the first one at most."""
    retry_delay_seconds: DelaySeconds = 3_600
    """How long after a call the next one follows at the earliest."""
    retry_outcomes: Annotated[list[RetryOutcome], AfterValidator(outcomes)] = ["busy", "failed", "no_answer"]
    """Outcomes after which there is another call."""
    retry_delays: dict[DelayOutcome, DelaySeconds] = {}
    """Delays of single outcomes, in seconds, in place of `retry_delay_seconds`."""

    daily_attempts_per_number: Annotated[int, Field(ge=1, le=20)] | None = None
    """Calls to one number in any 24 hours at most, those of other campaigns counted; null: no cap."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """The gate reads it before every call, so it has to stay small."""
        size = len(self.model_dump_json(exclude_defaults=True).encode())
        if size > MAX_CONFIGURATION_BYTES:
            raise ValueError(f"must be at most {MAX_CONFIGURATION_BYTES} bytes in all, is {size}: use fewer windows")
        return self

    @property
    def schedule(self) -> Schedule:
        # Checked already, and what was stored under earlier rules must not be refused here.
        return Schedule.model_construct(
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

    id: Id
    created_at: Instant
    updated_at: Instant


class ConfigurationPatch(ConfigurationInput):
    """Changes of a configuration: an absent field stays as it is."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: Name = ""  # never looked at when absent


class ContactInput(AgentInput):
    """One row of an upsert. An absent field stays, null clears; `data` and `phone_numbers` are replaced whole."""

    id: Uuid | None = None
    """Of the contact to update; an unknown one is given to the contact that is created."""
    external_id: ExternalId | None = None
    """Your own name for the contact, unique in the campaign; a known one updates."""
    phone_numbers: Annotated[list[PhoneText], Field(min_length=1, max_length=MAX_PHONE_NUMBERS)] | None = None
    """In the order in which they are tried. Needed on creation; for ad-hoc contacts in E.164."""
    data: Annotated[dict[str, Any], json_object_of(MAX_DATA_BYTES)] | None = None
    """What else is known of the person, passed to every call: at most 16 KB of JSON."""
    first_name: RecognizedText | None = None
    """Kept in `data` under this name, like the next three; refused if `data` of the same row has it too."""
    last_name: RecognizedText | None = None
    """Kept in `data`."""
    email: RecognizedText | None = None
    """Kept in `data`; any text will do."""
    company: RecognizedText | None = None
    """Kept in `data`."""
    timezone: TimezoneName | None = None
    """IANA name of the person's timezone; null: the configuration's."""
    scheduled_at: Instant | None = None
    """Not called before; it must name its offset and lie before the year 3000."""


def _at_most(limit: int, advice: str) -> BeforeValidator:
    """Refuse before looking at a single row: millions of bad ones would take longer than there is time."""

    def check(rows: Any) -> Any:
        if isinstance(rows, list) and len(rows) > limit:
            raise TooManyContactsError(f"The request has {len(rows)} contacts; at most {limit} are taken. {advice}")
        return rows

    return BeforeValidator(check)


class ContactsInput(Request):
    """A batch of at most 1,000 rows."""

    contacts: Annotated[
        list[ContactInput],
        _at_most(MAX_CONTACTS_PER_REQUEST, "Split it, or drop a CSV into the bucket."),
        Field(json_schema_extra={"maxItems": MAX_CONTACTS_PER_REQUEST}),
    ]
    """Worked off in order, row by row."""


InlineContacts = Annotated[
    list[ContactInput],
    _at_most(MAX_INLINE_CONTACTS, "Add the others with further requests, or drop a CSV into the bucket."),
    Field(json_schema_extra={"maxItems": MAX_INLINE_CONTACTS}),
]
"""Contacts that come with a campaign; raises TooManyContactsError for more than 5,000 rows."""


class CampaignInput(AgentInput):
    """A new campaign; it starts active."""

    name: Name
    """What people call it; space around it is dropped."""
    configuration_id: Uuid
    """Of the configuration that says when and how to call."""
    external_id: CampaignExternalId | None = None
    """Your own name for it, unique in the organization; paths take it in place of the id."""
    priority: Priority = 1
    """Campaigns of higher priority go first."""
    unique_numbers: bool = False
    """No contact is made of a number that another one of the campaign has; it stays as it is created."""
    contacts: InlineContacts | None = None
    """Contacts to begin with; they are added as an import."""


class CampaignPatch(AgentInput):
    """Changes of a campaign: an absent field stays as it is, null clears one that may be empty."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: Name = ""  # never looked at when absent, like the next two
    """What people call it; space around it is dropped."""
    configuration_id: Uuid = ""
    """Of the configuration that says when and how to call."""
    priority: Priority = 1
    """Campaigns of higher priority go first."""
    external_id: CampaignExternalId | None = None
    """Your own name for it; paths keep taking the former one too."""
    contacts: InlineContacts | None = None
    """Contacts to add; they are added as an import."""


def mapping_onto(targets: Sequence[str]) -> AfterValidator:
    """Admits mappings of headers onto these targets, of at most 32 KB; `<key>` in one of them stands for any text."""
    admitted = "|".join(re.escape(target).replace("<key>", ".+") for target in targets)

    def check(mapping: dict[str, str | None]) -> dict[str, str | None]:
        try:
            size = len(json.dumps(mapping, ensure_ascii=False).encode())
        except UnicodeEncodeError:
            raise ValueError("must not contain halves of characters") from None
        if size > MAX_MAPPING_BYTES:
            raise ValueError(f"must be at most {MAX_MAPPING_BYTES} bytes of JSON, is {size}")
        for header, target in mapping.items():
            if not header.strip():
                raise ValueError("must name each column by its header, which cannot be empty")
            if target is not None and not re.fullmatch(admitted, target):
                raise ValueError(f"maps {header[:40]!r} to something unknown: it must be one of {', '.join(targets)}")
        return mapping

    return AfterValidator(check)


def _file_name(value: str) -> str:
    if "/" in value or not value.isprintable():
        raise ValueError("must not contain '/' or control characters")
    if not value.lower().endswith(FILE_SUFFIXES):
        raise ValueError(f"must end in one of {', '.join(FILE_SUFFIXES)}")
    return value


FileName = Annotated[str, StringConstraints(min_length=5, max_length=200), AfterValidator(_file_name)]


class ImportSettings(Request):
    """How the rows of a file are read."""

    mode: Literal["lenient", "strict"] = "lenient"
    """lenient: bad rows are reported and left out. strict: one bad row refuses the file before anything is stored."""
    mapping: Annotated[dict[str, str | None], Field(max_length=MAX_MAPPED_COLUMNS), mapping_onto(COLUMN_TARGETS)] = {}
    """What columns are, by header: phone, id, external_id, timezone, scheduled_at, first_name, last_name, email,
    company, data, data.<key>, or ignore (or null). The others are detected.
    """


class ImportInput(ImportSettings):
    """An import whose file is to be uploaded."""

    file_name: FileName = "contacts.csv"
    """For the list of imports."""
    content_type: Annotated[
        str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?$", max_length=100)
    ] = "text/csv"
    """The one that the upload will name."""


class PreviewInput(ImportSettings):
    """The beginning of a file, at most 64 KB: its text, or its bytes in base64, which tell its encoding too."""

    content: str | None = None
    """The text."""
    content_base64: str | None = None
    """The bytes."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.content is None) == (self.content_base64 is None):
            raise ValueError("must have either content or content_base64")
        return self


class ConcurrencyInput(Request):
    """How many calls the org may have in flight, and how fast they may start."""

    concurrency_limit: Annotated[int, Field(ge=1, le=MAX_CONCURRENCY_LIMIT)]
    """Calls in flight at once."""
    calls_per_second: Annotated[float, Field(ge=0.1, le=500)] | None = None
    """How fast the provider lets this org start calls; absent or null: as it was."""
