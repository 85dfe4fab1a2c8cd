"""Campaigns as they are sent and shown, and their stats."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from campanile.domain.lifecycle import CampaignStatus
from campanile.schema.agents import AgentInput
from campanile.schema.contacts import InlineContacts
from campanile.schema.field_types import CampaignExternalId, Id, Instant, Name, Priority, Uuid, one_of
from campanile.schema.imports import ImportResponse
from campanile.schema.messages import ApiWarning, Response, without_defaults


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


class CampaignResponse(Response):
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
    warnings: list[ApiWarning] = Field(default=[])
    contacts_import: "ImportResponse | None" = None
    """The import of the contacts that the request brought; null if it brought none."""


class CampaignsResponse(Response):
    """`next_cursor`: where the next page begins; null on the last one, whatever the number of campaigns on it."""

    campaigns: list[CampaignResponse]
    next_cursor: str | None


class ContactCounts(Response):
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


class AttemptCounts(Response):
    """Calls whose POST was made, and their number per contact rounded to two decimals."""

    total: int
    average_per_contact: float


class StatsResponse(Response):
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
