"""How agent fields are stored in the items of configurations, campaigns and contacts."""

import json

from campanile.domain.campaign import AGENT_FIELDS, AgentFields
from campanile.store.table import Item


def to_item(agent: AgentFields) -> Item:
    """The set fields only; `agent_config` as JSON text, which keeps its numbers exact."""
    values = agent.to_dict()
    if agent.agent_config is not None:
        values["agent_config"] = json.dumps(agent.agent_config, ensure_ascii=False, separators=(",", ":"))
    return {name: value for name, value in values.items() if value is not None}


def from_item(item: Item) -> AgentFields:
    values = {name: item.get(name) for name in AGENT_FIELDS}
    if values["agent_config"] is not None:
        values["agent_config"] = json.loads(values["agent_config"])
    return AgentFields(**values)
