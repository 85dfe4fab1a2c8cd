"""GET /campaign/agents: list the org's agents in order of their ids, page by page."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from campanile.campaigns import manage_agents
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation
from campanile.schema.agents import AgentsResponse
from campanile.schema.pagination import MAX_PAGE, PageLimit, TextCursor

api = http.rest_api()


@api.get("/campaign/agents")
def list_agents(
    caller: CallerOf,
    limit: Annotated[PageLimit, Query()] = MAX_PAGE,
    cursor: Annotated[TextCursor | None, Query()] = None,
) -> AgentsResponse:
    return manage_agents.page(foundation.table(), caller.org, limit, cursor)


handler = http.Endpoint(api, READ)
