"""Answers of the API, as pydantic models. Times go out as RFC 3339 in UTC."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from campanile.field_types import Instant
from campanile.models import Configuration


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Notice(Answer):
    """Something accepted that the caller should look at. `index` is the row it concerns, counted from 0."""

    code: str
    message: str
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
    contacts_import: "ImportAnswer | None" = None


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
    """A row that was not imported. `row` is the row a spreadsheet shows, the header being row 1; of contacts that came
    within a request it is their position, counted from 1.
    """

    row: int
    column: str | None
    code: str
    message: str


class ImportAnswer(Answer):
    id: str
    file_name: str | None
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
