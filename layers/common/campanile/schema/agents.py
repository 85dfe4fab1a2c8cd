"""Agents as objects of their own: requests and responses of `/campaign/agents`.

An agent of a campaign or contact is a field that may name any agent of the provider; an object is needed where a
client pushes contacts for an agent by its id alone (seed 004), and what calls them is looked up.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from campanile.domain.agent import Agent, OutboundTrunk
from campanile.domain.campaign import AgentFields
from campanile.domain.times import instant
from campanile.schema.field_types import (
    CallerId,
    Instant,
    Name,
    json_object_of,
    without_slash,
)
from campanile.schema.messages import Request, Response, without_defaults

MAX_ID_CHARACTERS = 255
AgentId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_ID_CHARACTERS),
    AfterValidator(without_slash),
    Field(json_schema_extra={"pattern": r"^[^/\u0000-\u001f\u007f-\u009f]+$"}),
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Trunk(Request):
    """What an agent calls through."""

    caller_number: CallerId
    """The number that people see who are called, in E.164."""
    state: Literal["active", "inactive"]
    """Contacts are released to an agent only while it is active."""


class AgentFieldsInput(Request):
    name: Name
    """What people call it; space around it is dropped."""
    version: Label | None = None
    """The version that speaks to contacts pushed from now on; null: the provider's latest."""
    provider: Label | None = None
    """Who runs it."""
    outbound_trunk: Trunk | None = None
    """Null: it has none, and contacts can only be held for it."""


class NewAgent(AgentFieldsInput):
    """An agent of the provider, made known."""

    id: AgentId | None = None
    """The provider's id of the agent; without one, an id is generated."""


class AgentPatch(AgentFieldsInput):
    """Changes of an agent: an absent field stays as it is. Contacts that were pushed keep what they were given."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: Name = ""  # never looked at when absent


class AgentResponse(Response):
    id: str
    name: str
    version: str | None
    provider: str | None
    outbound_trunk: Trunk | None
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, agent: Agent) -> Self:
        """The agent as the API shows it. It is not validated again: another version may have stored it."""
        trunk = agent.outbound_trunk
        return cls.model_construct(
            id=agent.id,
            name=agent.name,
            version=agent.version,
            provider=agent.provider,
            outbound_trunk=Trunk.model_construct(**asdict(trunk)) if trunk else None,
            created_at=instant(agent.created_at),
            updated_at=instant(agent.updated_at),
        )


class AgentsResponse(Response):
    """`next_cursor`: where the next page begins; null on the last one."""

    agents: list[AgentResponse]
    next_cursor: str | None


def fields(agent: AgentFieldsInput) -> dict[str, Any]:
    """What of an agent can be changed, as its fields have it."""
    trunk = agent.outbound_trunk
    return {
        "name": agent.name,
        "version": agent.version,
        "provider": agent.provider,
        "outbound_trunk": OutboundTrunk(trunk.caller_number, trunk.state) if trunk else None,
    }


MAX_AGENT_CONFIG_BYTES = 8 * 1024


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
    """What the agent knows before the call."""

    @property
    def agent(self) -> AgentFields:
        return AgentFields.of(self)
