"""Campaigns as they are created and changed."""

from pydantic import ConfigDict

from campanile.schema.agents import AgentInput
from campanile.schema.contacts import InlineContacts
from campanile.schema.field_types import CampaignExternalId, Name, Priority, Uuid
from campanile.schema.messages import without_defaults


class CampaignInput(AgentInput):
    """A new campaign; it starts active."""

    name: Name
    """What people call it. Surrounding space is removed."""
    configuration_id: Uuid
    """The id of the configuration that says when and how to call."""
    external_id: CampaignExternalId | None = None
    """Your own name for it, unique in the organization. Paths accept it in place of the id."""
    priority: Priority = 1
    """Campaigns of higher priority go first."""
    unique_numbers: bool = False
    """Two contacts of the campaign cannot have the same number. It cannot be changed later."""
    contacts: InlineContacts | None = None
    """The first contacts. They are added as an import."""


class CampaignPatch(AgentInput):
    """Changes to a campaign. An absent field stays as it is; null clears a field that may be empty."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: Name = ""  # never read when absent, like the next two
    """What people call it. Surrounding space is removed."""
    configuration_id: Uuid = ""
    """The id of the configuration that says when and how to call."""
    priority: Priority = 1
    """Campaigns of higher priority go first."""
    external_id: CampaignExternalId | None = None
    """Your own name for it. Paths still accept the former one."""
    contacts: InlineContacts | None = None
    """Contacts to add. They are added as an import."""
