"""DELETE /campaign/agents/{agent_id}: delete an agent. Nothing that may still make calls may refer to it."""

from aws_lambda_powertools.event_handler import Response

from campanile.campaigns import manage_agents
from campanile.edge import http
from campanile.edge.authentication import MANAGE
from campanile.edge.http import CallerOf, PathId
from campanile.edge.wiring import foundation

api = http.rest_api()


@api.delete("/campaign/agents/<agent_id>", status_code=204)
def delete_agent(agent_id: PathId, caller: CallerOf) -> Response[None]:
    manage_agents.delete(foundation.table(), caller.org, agent_id)
    return Response(204)


handler = http.Endpoint(api, MANAGE)
