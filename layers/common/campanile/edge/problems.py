"""Errors as responses: the one table from errors to status codes, and RFC 9457 problem documents."""

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as RouteNotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from campanile.adapters import faults
from campanile.domain import errors
from campanile.domain.errors import FieldError
from campanile.edge import observability
from campanile.schema.field_errors import field_error, path_of
from campanile.store.table import ContendedError, ItemTooLargeError
from campanile.telephony.errors import InvalidSignatureError, MalformedEventError, UnknownProviderError

LISTED_ERRORS = 100
CONTENT_TYPE = "application/problem+json"

STATUS: dict[type[Exception], HTTPStatus] = {
    errors.MalformedError: HTTPStatus.BAD_REQUEST,
    errors.StateError: HTTPStatus.BAD_REQUEST,
    errors.TooManyContactsError: HTTPStatus.BAD_REQUEST,
    MalformedEventError: HTTPStatus.BAD_REQUEST,
    RecursionError: HTTPStatus.BAD_REQUEST,  # nothing of ours is recursive but what walks a body
    errors.UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    InvalidSignatureError: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    UnknownProviderError: HTTPStatus.NOT_FOUND,
    RouteNotFoundError: HTTPStatus.NOT_FOUND,
    errors.MethodNotAllowedError: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.ConflictError: HTTPStatus.CONFLICT,
    ContendedError: HTTPStatus.CONFLICT,
    ItemTooLargeError: HTTPStatus.CONFLICT,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.InvalidFieldsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RequestValidationError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""The one table of errors. Anything else is a 500; the log has its cause under the request id."""

_SENTENCES: dict[type[Exception], str] = {
    ContendedError: "Too many writers at once; nothing was lost, try again.",
    ItemTooLargeError: "The organization has too many active campaigns or timezones in them; close or pause some.",
    RequestValidationError: "The request has invalid fields.",
    RouteNotFoundError: "No such route.",
    InvalidSignatureError: "The signature is missing, wrong or too old.",
    MalformedEventError: "The event cannot be understood.",
    UnknownProviderError: "No such carrier.",
    RecursionError: "The body is nested too deeply.",
}
"""A sentence for the caller where the error's own words are not meant for one."""


def status_and_detail(error: Exception, request_id: str) -> tuple[HTTPStatus, str]:
    """The status of an error and a sentence for the caller. The cause of an unexpected error goes to the log."""
    if isinstance(error, RequestValidationError) and _is_malformed_json(error):
        return HTTPStatus.BAD_REQUEST, "The body is not valid JSON."
    kind = next((one for one in type(error).__mro__ if one in STATUS), None)
    if kind is not None:
        return STATUS[kind], _SENTENCES.get(kind, str(error))
    fields = {"action": "unhandled", "request_id": request_id, **faults.describe(error)}
    observability.logger().error("unhandled", extra=fields)
    detail = "Something went wrong on our side; the request id finds it in the log."
    return HTTPStatus.INTERNAL_SERVER_ERROR, detail


def problem(error: Exception, request_id: str) -> Response[str]:
    """An RFC 9457 problem document for an error."""
    status, detail = status_and_detail(error, request_id)
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "request_id": request_id,
    }
    if fields := field_errors(error):
        document["errors"] = [asdict(field) for field in fields[:LISTED_ERRORS]]
    headers = {"X-Request-Id": request_id}
    if isinstance(error, errors.MethodNotAllowedError):
        headers["Allow"] = ", ".join(error.allowed)
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(int(status), CONTENT_TYPE, json.dumps(document, ensure_ascii=False), headers)


def _is_malformed_json(error: RequestValidationError) -> bool:
    return any(one["type"] == "json_invalid" for one in error.errors())


def field_errors(error: Exception) -> list[FieldError]:
    """The wrong fields that an error names; none if it names none."""
    if isinstance(error, errors.InvalidFieldsError):
        return error.errors
    if isinstance(error, RequestValidationError) and not _is_malformed_json(error):
        return [field_error(one, path_of(one["loc"])) for one in error.errors()]
    return []
