"""A campaign, and the agent fields that any level may set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from campanile.domain.errors import StateError
from campanile.domain.lifecycle import CampaignStatus

AD_HOC_PRIORITY = 1_000_000
"""Effective priority of contacts that belong to no campaign (seed 003)."""
CLOSED = "The campaign is closed: it takes no contacts and calls nobody. Create a new campaign."


@dataclass(frozen=True, slots=True)
class AgentFields:
    """Who speaks on a call. Any level (contact, campaign, configuration) may set any of them."""

    agent_id: str | None = None
    agent_version: str | None = None
    agent_number: str | None = None
    agent_config: Mapping[str, Any] | None = None
    initial_context: str | None = None

    @classmethod
    def of(cls, source: object) -> Self:
        """The agent fields of anything that has all of them as attributes."""
        return cls(**{name: getattr(source, name) for name in AGENT_FIELDS})

    def to_dict(self) -> dict[str, Any]:
        """Every field by name, also those that are not set."""
        return {name: getattr(self, name) for name in AGENT_FIELDS}


AGENT_FIELDS: Final = tuple(AgentFields.__dataclass_fields__)
"""The names of the agent fields."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign, or the ad-hoc pseudo-campaign when `configuration_id` is None. `key` is its campaign key."""

    org: str
    key: str
    id: str
    status: CampaignStatus
    priority: int
    configuration_id: str | None
    name: str = ""
    number: int = 0
    external_id: str | None = None
    unique_numbers: bool = False
    agent: AgentFields = field(default_factory=AgentFields)
    lanes: frozenset[str] = frozenset()
    rev: int = 0
    created_at: int = 0
    updated_at: int = 0

    @property
    def is_ad_hoc(self) -> bool:
        return self.configuration_id is None


def refuse_closed(campaign: Campaign) -> None:
    """Raises StateError for a closed campaign."""
    if campaign.status is CampaignStatus.CLOSED:
        raise StateError(CLOSED)
