"""How agent fields are kept inside the items of configurations, campaigns and contacts."""

import json
from typing import Any

from campanile.domain.campaign import AgentFields
from campanile.store.table import Item


def to_item(agent: AgentFields) -> Item:
    """The set fields only; `agent_config` as JSON text, which keeps its numbers exact."""
    values: dict[str, Any] = {name: getattr(agent, name) for name in AgentFields.__dataclass_fields__}
    if agent.agent_config is not None:
        values["agent_config"] = json.dumps(agent.agent_config, ensure_ascii=False, separators=(",", ":"))
    return {name: value for name, value in values.items() if value is not None}


def from_item(item: Item) -> AgentFields:
    values = {name: item.get(name) for name in AgentFields.__dataclass_fields__}
    if values["agent_config"] is not None:
        values["agent_config"] = json.loads(values["agent_config"])
    return AgentFields(**values)
