"""Answers of the API, as pydantic models. Times go out as RFC 3339 in UTC."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from campanile.akol_views import VIEWS
from campanile.field_types import Id, Instant, StatusName, one_of
from campanile.lifecycle import CampaignStatus, Outcome, Refusal
from campanile.models import Configuration


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


class Notice(Answer):
    """Something accepted that the caller should look at. `index` is the row it concerns, counted from 0."""

    code: str
    """For programs."""
    message: str
    """For people."""
    index: int | None = None


class ConfigurationAnswer(Configuration):
    warnings: list[Notice]


class TimezonesAnswer(Answer):
    """Every IANA name that is taken wherever a timezone is."""

    timezones: list[str]


class ConfigurationsAnswer(Answer):
    """`next_cursor`: where the next page begins; null on the last one."""

    configurations: list[Configuration]
    next_cursor: str | None


class CampaignAnswer(Answer):
    id: Id
    number: int
    """Counts the organization's campaigns."""
    external_id: str | None
    name: str
    configuration_id: Id
    status: Annotated[str, one_of(CampaignStatus)]
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
    contacts_import: "ImportAnswer | None" = None
    """The import of the contacts that the request brought; null if it brought none."""


class CampaignsAnswer(Answer):
    """`next_cursor`: where the next page begins; null on the last one, whatever the number of campaigns on it."""

    campaigns: list[CampaignAnswer]
    next_cursor: str | None


class FailedRow(Answer):
    index: int
    code: str
    message: str


class UpsertAnswer(Answer):
    """`contact_ids` has one entry per row, null for a failed one."""

    inserted: int
    updated: int
    duplicates: int
    """Rows that made no contact, as another one of the campaign has their number (`unique_numbers`): their
    `contact_ids` name that one.
    """
    failed: list[FailedRow]
    warnings: list[Notice]
    contact_ids: list[Id | None]


class AttemptAnswer(Answer):
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


class RefusalAnswer(Answer):
    """Why the contact was not called when it was its turn. No attempt was used up."""

    code: Annotated[str, one_of(Refusal)]
    at: Instant
    until: Instant | None
    """When it may be tried again, where that is known."""


class ContactAnswer(Answer):
    id: Id
    external_id: str | None
    phone_numbers: list[str]
    data: dict[str, Any]
    first_name: str | None
    """The text that `data` has under this name, like the next three; null if it has none."""
    last_name: str | None
    email: str | None
    company: str | None
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
    last_refusal: RefusalAnswer | None
    attempts: list[AttemptAnswer]
    """The calls made, in order."""
    created_at: Instant
    updated_at: Instant


class ContactsAnswer(Answer):
    contacts: list[ContactAnswer]
    total: int
    """How many there are, on this page or not."""
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

    campaign_id: Id
    status: Annotated[str, one_of(CampaignStatus)]
    contacts: ContactCounts
    attempts: AttemptCounts
    refusals: dict[str, int]
    """How often calls were held back, by reason; these are no attempts."""
    active_calls: int
    concurrency_limit: int
    waiting_until: Instant | None


class ConcurrencyAnswer(Answer):
    """`effective_limit` is what holds: the org's limit, or its fair part of the deployment's global one while others
    ask for theirs. Calls of others that are still in flight may keep it from that for a while.
    """

    concurrency_limit: int
    effective_limit: int
    active_count: int
    calls_per_second: float


class ImportCounts(Answer):
    """`rows` = inserted + updated + duplicates + invalid. `do_not_call` is an of-which figure: rows that
    were stored, with no number that may be called.
    """

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    duplicates: int = 0
    invalid: int = 0
    do_not_call: int = 0


class ImportProgress(Answer):
    """How far an import is. A file is read twice: to check it, then to store its rows; `phase` says which.

    `phase` and the bytes are null for contacts that came within a request; `rows_total` is null until it is known.
    """

    phase: Literal["checking", "importing"] | None
    rows_done: int
    rows_total: int | None
    bytes_done: int
    bytes_total: int | None


class ImportRowError(Answer):
    """A row that was not imported. `row` is the row a spreadsheet shows, the header being row 1; of contacts that came
    within a request it is their position, counted from 1.
    """

    row: int
    column: str | None
    code: str
    message: str


class ImportAnswer(Answer):
    id: Id
    file_name: str | None
    """Null for contacts that came within a request."""
    status: Literal["awaiting_upload", "running", "completed", "completed_with_errors", "failed"]
    reason: str | None
    """Why it failed as a whole."""
    mode: Literal["lenient", "strict"]
    progress: ImportProgress
    counts: ImportCounts
    errors: list[ImportRowError]
    """The first 100."""
    failed_rows_url: str | None = None
    """Downloads all failing rows as a CSV file with the reason beside each, ready to be corrected and dropped again.
    Only in the answer to a request for this one import.
    """
    failed_rows_url_expires_at: Instant | None = None
    created_at: Instant
    updated_at: Instant


class ImportsAnswer(Answer):
    imports: list[ImportAnswer]


class UploadForm(Answer):
    """A form for one file: POST it to `url` as multipart/form-data, the `fields` first, then the file as `file`."""

    url: str
    fields: dict[str, str]
    max_bytes: int
    expires_at: Instant


class ImportUploadAnswer(ImportAnswer):
    upload: UploadForm


class PreviewColumn(Answer):
    """A column and what it is taken for: phone, id, external_id, timezone, scheduled_at, data.<key> or ignore."""

    header: str
    target: str


class PreviewRow(Answer):
    """A contact as the row would store it; on a contact that is there, absent fields stay as they are."""

    row: int
    id: str | None
    external_id: str | None
    phone_numbers: list[str]
    timezone: str | None
    scheduled_at: Instant | None
    data: dict[str, Any]


class PreviewAnswer(Answer):
    """What an import would make of the file. `reason` says why it would fail as a whole; the rest is then empty."""

    encoding: str | None
    delimiter: str | None
    columns: list[PreviewColumn]
    rows: list[PreviewRow]
    """The first 10 good ones."""
    rows_read: int
    problems: list[ImportRowError]
    """The first 100."""
    reason: str | None


class ExportAnswer(Answer):
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


class ReleaseAnswer(Answer):
    """A release of held contacts. `released`: by this request itself, which works on it for a few seconds; `held`: as
    many as are left, with which a worker goes on while it is `running`. Ask the stats how far it is.
    """

    status: Literal["running", "completed"]
    released: int
    held: int


class ProblemDetail(Answer):
    """Where a request went wrong: `path` as in `contacts[3].phone_numbers[0]`."""

    path: str
    code: str
    message: str


class Problem(Answer):
    """Every error, by RFC 9457. `errors` is there when single fields are wrong."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    """What is wrong, and where possible what to do."""
    request_id: str
    """Finds the request in the log; `X-Request-Id` says the same."""
    errors: list[ProblemDetail] = []
