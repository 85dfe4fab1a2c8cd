"""GET /campaign/agents/{agent_id}: get an agent."""

from campanile.campaigns import manage_agents
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation
from campanile.schema.agents import AgentResponse

api = http.rest_api()


@api.get("/campaign/agents/<agent_id>")
def get_agent(agent_id: PathId, caller: CallerOf) -> AgentResponse:
    return manage_agents.get(foundation.table(), caller.org, agent_id)


handler = http.Endpoint(api, READ)
