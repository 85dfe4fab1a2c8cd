"""Contacts as they are sent and shown, with their attempts."""

from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, create_model

from campanile.domain.campaign import AGENT_FIELDS
from campanile.domain.contact_fields import PLAIN_FIELDS
from campanile.domain.errors import TooManyContactsError
from campanile.domain.lifecycle import Outcome, Refusal
from campanile.domain.shown_status import VIEWS
from campanile.domain.timezones import TimezoneName
from campanile.schema.agents import AgentInput
from campanile.schema.field_types import (
    ExternalId,
    Id,
    Instant,
    StatusName,
    Uuid,
    json_object_of,
    one_of,
)
from campanile.schema.messages import ApiWarning, Request, Response
from campanile.schema.phone_text import PhoneText

MAX_CONTACTS_PER_REQUEST = 1_000
MAX_INLINE_CONTACTS = 5_000
"""Contacts within the creation or change of a campaign (seed 001)."""
MAX_PHONE_NUMBERS = 10
MAX_DATA_BYTES = 16 * 1024
STRUCTURED_FIELDS = frozenset({"phone_numbers", "external_id", "timezone", "scheduled_at"} | set(AGENT_FIELDS))
"""Contact fields that must not be repeated inside `data` (seed 000)."""


Model = TypeVar("Model", bound=BaseModel)


def _taking_plain_fields(model: type[Model]) -> type[Model]:
    """The model with the plain fields of a contact as a row brings them."""
    fields: dict[str, Any] = {}
    for one in PLAIN_FIELDS:
        words = f"{one.description} Kept in `data` under this name; refused if `data` of the same row has it too."
        text = Annotated[str, StringConstraints(max_length=one.max_characters)]
        fields[one.name] = (Annotated[text | None, Field(description=words)], None)
    return create_model(model.__name__, __base__=model, __module__=model.__module__, **fields)


def _showing_plain_fields(model: type[Model]) -> type[Model]:
    """The model with the plain fields of a contact as they are shown."""
    fields: dict[str, Any] = {}
    for one in PLAIN_FIELDS:
        words = f"{one.description} Null if `data` has no text under this name."
        fields[one.name] = (Annotated[str | None, Field(description=words)], ...)
    return create_model(model.__name__, __base__=model, __module__=model.__module__, **fields)


@_taking_plain_fields
class _IdentifiedInput(AgentInput):
    id: Uuid | None = None
    """Of the contact to update; an unknown one is given to the contact that is created."""
    external_id: ExternalId | None = None
    """Your own name for the contact, unique in the campaign; a known one updates."""
    phone_numbers: Annotated[list[PhoneText], Field(min_length=1, max_length=MAX_PHONE_NUMBERS)] | None = None
    """In the order in which they are tried. Needed on creation; for ad-hoc contacts in E.164."""
    data: Annotated[dict[str, Any], json_object_of(MAX_DATA_BYTES)] | None = None
    """What else is known of the person, passed to every call: at most 16 KB of JSON."""


class ContactInput(_IdentifiedInput):
    """One row of an upsert. An absent field stays, null clears; `data` and `phone_numbers` are replaced whole."""

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


class FailedRow(Response):
    index: int
    code: str
    message: str


class UpsertResponse(Response):
    """`contact_ids` has one entry per row, null for a failed one."""

    inserted: int
    updated: int
    duplicates: int
    """Rows that made no contact, as another one of the campaign has their number (`unique_numbers`): their
    `contact_ids` name that one.
    """
    failed: list[FailedRow]
    warnings: list[ApiWarning]
    contact_ids: list[Id | None]


class AttemptResponse(Response):
    """One call."""

    id: Id
    attempt_no: int
    """1 is the first."""
    phone_number: str
    """The number called."""
    conversation_id: str | None
    """The provider's name for the conversation."""
    status: Literal["in_progress", "finished"]
    outcome: Annotated[str, one_of(Outcome)] | None
    """Null while the call lasts."""
    started_at: Instant
    ended_at: Instant | None
    duration_seconds: float | None
    notes: str | None
    """What the agent wrote down."""
    disposition: dict[str, Any] | None
    """The conversation's outcome in the agent's own structure."""


class RefusalResponse(Response):
    """Why the contact was not called when it was its turn. No attempt was used up."""

    code: Annotated[str, one_of(Refusal)]
    at: Instant
    until: Instant | None
    """When it may be tried again, where that is known."""


@_showing_plain_fields
class _IdentifiedResponse(Response):
    id: Id
    external_id: str | None
    phone_numbers: list[str]
    data: dict[str, Any]


class ContactResponse(_IdentifiedResponse):
    timezone: str | None
    scheduled_at: Instant | None
    agent_id: str | None
    agent_version: str | None
    agent_number: str | None
    agent_config: dict[str, Any] | None
    initial_context: str | None
    status: Annotated[str, one_of(get_args(StatusName))]
    view: Annotated[str, one_of(VIEWS)]
    """Status and last outcome in one word: `pending` has not been called yet; `no_answer` and `failed` may be tried
    again while the status is `pending`; `rescheduled` asked to be called back.
    """
    last_outcome: Annotated[str, one_of(Outcome)] | None
    outcome_notes: str | None
    """What the agent wrote down on the latest attempt that has notes."""
    attempts_count: int
    last_attempt_at: Instant | None
    next_attempt_at: Instant | None
    """The earliest moment of the next call, by schedule, delay and window; null when none follows."""
    last_refusal: RefusalResponse | None
    attempts: list[AttemptResponse]
    """The calls made, in order."""
    created_at: Instant
    updated_at: Instant


class ContactsResponse(Response):
    contacts: list[ContactResponse]
    total: int
    """How many there are, on this page or not."""
    limit: int
    offset: int


class ExportResponse(Response):
    """An export of a campaign's contacts as a CSV file: `rows` are written of the `total` there were when it began."""

    id: Id
    status: Literal["running", "completed", "failed"]
    reason: str | None
    """Why it failed."""
    rows: int
    total: int
    url: str | None
    """Where the file can be fetched without a credential, until `url_expires_at`; null unless completed."""
    url_expires_at: Instant | None
    created_at: Instant
    updated_at: Instant


class EnqueueResponse(Response):
    """A release of held contacts. `released`: by this request itself, which works on it for a few seconds; `held`: as
    many as are left, with which a worker goes on while it is `running`. Ask the stats how far it is.
    """

    status: Literal["running", "completed"]
    released: int
    held: int
