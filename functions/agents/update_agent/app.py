"""PATCH /campaign/agents/{agent_id}: change an agent. The change applies to contacts pushed for it from then on."""

from campanile.campaigns import manage_agents
from campanile.edge import http
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.agents import AgentPatch, AgentResponse

api = http.rest_api()


@api.patch("/campaign/agents/<agent_id>")
def update_agent(agent_id: PathId, changes: AgentPatch, caller: CallerOf) -> AgentResponse:
    return manage_agents.change(foundation.table(), caller.org, agent_id, changes, foundation.clock().now_ms())


handler = http.Endpoint(api, MANAGE)
