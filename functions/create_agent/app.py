"""POST /campaign/agents: make an agent of the provider known, with the number it calls from."""

from campanile import http, manage_agents, wiring
from campanile.agent_models import AgentAnswer, NewAgent
from campanile.authentication import MANAGE
from campanile.http import CallerOf, RequestKeyOf

api = http.rest_api()


@api.post("/campaign/agents", status_code=201)
def create_agent(agent: NewAgent, caller: CallerOf, request_key: RequestKeyOf) -> AgentAnswer:
    return manage_agents.create(wiring.table(), caller.org, agent, wiring.clock().now_ms(), request_key)


handler = http.Endpoint(api, MANAGE)
