"""Which agent speaks: contact, then campaign, then configuration, each field by itself (seed 003)."""

from dataclasses import replace

from campanile.domain.campaign import AgentFields


def resolve(contact: AgentFields, campaign: AgentFields, configuration: AgentFields) -> AgentFields:
    """The first value set, field by field; `agent_version` comes from the level that set `agent_id`.

    A version pinned on another level would belong to another agent.
    """
    levels = (contact, campaign, configuration)

    def first(name: str) -> object:
        return next((getattr(level, name) for level in levels if getattr(level, name) is not None), None)

    owner = next((level for level in levels if level.agent_id is not None), None)
    merged = AgentFields(**{name: first(name) for name in AgentFields.__slots__})  # type: ignore[arg-type]
    return replace(merged, agent_version=owner.agent_version) if owner else merged
