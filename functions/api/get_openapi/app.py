"""GET /openapi.json: get this API as an OpenAPI 3.1 document. No credential is needed."""

import pkgutil

from aws_lambda_powertools.event_handler import Response

from campanile.edge import http

api = http.rest_api()


@api.get(
    "/openapi.json",
    responses={200: {"description": "The document.", "content": {"application/json": {"schema": {"type": "object"}}}}},
)
def get_openapi() -> Response[str]:
    document = (pkgutil.get_data("campanile.edge", "openapi.json") or b"").decode()
    return Response(200, "application/json", document, {"Cache-Control": "public, max-age=300"})


handler = http.Endpoint(api, None)
