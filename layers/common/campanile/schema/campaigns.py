"""Campaigns as they are created and changed."""

from pydantic import ConfigDict

from campanile.schema.agents import AgentInput
from campanile.schema.contacts import InlineContacts
from campanile.schema.field_types import CampaignExternalId, Name, Priority, Uuid
from campanile.schema.messages import without_defaults


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
