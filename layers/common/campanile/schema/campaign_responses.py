"""Campaigns as they are shown. Most of what handles campaigns shows them only, and needs no schema of contacts."""

from typing import Annotated, Any

from pydantic import Field

from campanile.domain.lifecycle import CampaignStatus
from campanile.schema.field_types import Id, Instant, one_of
from campanile.schema.import_responses import ImportResponse
from campanile.schema.messages import ApiWarning, Response


class CampaignResponse(Response):
    id: Id
    number: int
    """The campaign's number in the organization, counted from 1."""
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
    contacts_import: ImportResponse | None = None
    """The import of the contacts in the request; null if it had none."""


class CampaignsResponse(Response):
    """`next_cursor`: where the next page begins; null on the last page, however many campaigns are on it."""

    campaigns: list[CampaignResponse]
    next_cursor: str | None
