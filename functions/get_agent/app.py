"""GET /campaign/agents/{agent_id}: one agent."""

from campanile import http, manage_agents, wiring
from campanile.agent_models import AgentAnswer
from campanile.authentication import READ
from campanile.http import CallerOf, PathId

api = http.rest_api()


@api.get("/campaign/agents/<agent_id>")
def get_agent(agent_id: PathId, caller: CallerOf) -> AgentAnswer:
    return manage_agents.get(wiring.table(), caller.org, agent_id)


handler = http.Endpoint(api, READ)
