"""OSVI's dialect (seed 004): the header `API-Token`, and errors as `{success, error, details}`."""

import json
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as RouteNotFoundError

from campanile.edge import problems
from campanile.edge.authentication import Caller
from campanile.edge.gateway_event import Event, header
from campanile.edge.http import Dialect
from campanile.edge.wiring import credentials, foundation
from campanile.osvi.requests import BadRequestError, NoTrunkError

CREDENTIAL = "API-Token"
UNAUTHORIZED = "Invalid API token"
CONTENT_TYPE = "application/json"


def render(error: Exception, request_id: str) -> Response[str]:
    """The response to an error as OSVI's clients know it: the first thing that is wrong, in one sentence."""
    status, words = _status_and_words(error, request_id)
    body: dict[str, Any] = {"success": False, "error": words, "details": None}
    if status is HTTPStatus.UNAUTHORIZED:
        body = {"success": False, "error": UNAUTHORIZED}
    headers = {"X-Request-Id": request_id}
    if allowed := getattr(error, "allowed", None):
        headers["Allow"] = ", ".join(allowed)
    return Response(int(status), CONTENT_TYPE, json.dumps(body, ensure_ascii=False), headers)


def success(status: int, **fields: object) -> Response[str]:
    """A response of success with these fields."""
    body = {"success": True, **fields}
    return Response(status, CONTENT_TYPE, json.dumps(body, ensure_ascii=False))


def _status_and_words(error: Exception, request_id: str) -> tuple[HTTPStatus, str]:
    if isinstance(error, BadRequestError):
        return HTTPStatus.BAD_REQUEST, str(error)
    if isinstance(error, NoTrunkError):
        return HTTPStatus.UNPROCESSABLE_ENTITY, str(error)
    if isinstance(error, RouteNotFoundError):
        return HTTPStatus.NOT_FOUND, "not_found"
    if fields := problems.field_errors(error):
        return HTTPStatus.BAD_REQUEST, f"{fields[0].path} {fields[0].message}"
    return problems.status_and_detail(error, request_id)


def _authenticate(event: Event, accepted_scopes: frozenset[str]) -> Caller:
    return credentials.authenticator().authenticate_osvi(
        header(event, CREDENTIAL), accepted_scopes, foundation.clock().now_ms()
    )


DIALECT = Dialect(_authenticate, render)
