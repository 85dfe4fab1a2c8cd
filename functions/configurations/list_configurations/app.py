"""GET /campaign/configurations: list the org's configurations in order of creation, page by page."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from campanile.campaigns import manage_configurations
from campanile.edge import http
from campanile.edge.authentication import READ
from campanile.edge.http import CallerOf
from campanile.edge.wiring import foundation
from campanile.schema.configurations import ConfigurationsResponse
from campanile.schema.pagination import MAX_PAGE, Cursor, PageLimit

api = http.rest_api()


@api.get("/campaign/configurations")
def list_configurations(
    caller: CallerOf,
    limit: Annotated[PageLimit, Query()] = MAX_PAGE,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> ConfigurationsResponse:
    return manage_configurations.page(foundation.table(), caller.org, limit, cursor)


handler = http.Endpoint(api, READ)
