"""GET /reference: get this API as a page for people. No credential is needed."""

import pkgutil

from aws_lambda_powertools.event_handler import Response

from campanile.edge import http

api = http.rest_api()


@api.get(
    "/reference",
    responses={200: {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}}},
)
def get_reference() -> Response[str]:
    page = (pkgutil.get_data("campanile.edge", "reference.html") or b"").decode()
    return Response(200, "text/html; charset=utf-8", page, {"Cache-Control": "public, max-age=300"})


handler = http.Endpoint(api, None)
