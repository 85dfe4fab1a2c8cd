"""POST /campaign/agents: register one of the provider's agents, with the number it calls from."""

from campanile.campaigns import manage_agents
from campanile.edge import http, idempotency
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, RequestKeyOf
from campanile.edge.wiring import foundation
from campanile.schema.agents import AgentResponse, NewAgent

api = http.rest_api()


@api.post("/campaign/agents", status_code=201)
def create_agent(agent: NewAgent, caller: CallerOf, request_key: RequestKeyOf) -> AgentResponse:
    return manage_agents.create(foundation.table(), caller.org, agent, foundation.clock().now_ms(), request_key)


handler = http.Endpoint(api, MANAGE, once=idempotency.once)
