"""PATCH /campaign/agents/{agent_id}: change an agent; contacts pushed for it afterwards follow it."""

from campanile import http, manage_agents, wiring
from campanile.agent_models import AgentAnswer, AgentPatch
from campanile.authentication import MANAGE
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.patch("/campaign/agents/<agent_id>")
def update_agent(agent_id: PathId, changes: AgentPatch, caller: CallerOf) -> AgentAnswer:
    return manage_agents.change(wiring.table(), caller.org, agent_id, changes, wiring.clock().now_ms())


handler = http.Endpoint(api, MANAGE)
