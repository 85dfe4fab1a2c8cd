"""The HTTP edge: one resolver, one entry point, one table from errors to status codes.

Every error is an RFC 9457 problem document; every answer carries X-Request-Id.
"""

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler import Request as HttpRequest
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as RouteNotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AfterValidator

from campanile import errors, faults, observability, routes, wiring
from campanile.authentication import Caller
from campanile.errors import FieldError
from campanile.store.campaigns import (
    ContendedError,
    ExternalIdTakenError,
    TransitionRefusedError,
    UnknownConfigurationError,
)
from campanile.telephony.port import InvalidSignatureError, MalformedEventError

MAX_BODY_BYTES = 4_500_000
MAX_ID_CHARACTERS = 255
LISTED_ERRORS = 100
PROBLEM_TYPE = "application/problem+json"

STATUS: dict[type[Exception], HTTPStatus] = {
    errors.MalformedError: HTTPStatus.BAD_REQUEST,
    errors.StateError: HTTPStatus.BAD_REQUEST,
    errors.TooManyContactsError: HTTPStatus.BAD_REQUEST,
    TransitionRefusedError: HTTPStatus.BAD_REQUEST,
    MalformedEventError: HTTPStatus.BAD_REQUEST,
    errors.UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    InvalidSignatureError: HTTPStatus.UNAUTHORIZED,
    errors.ForbiddenError: HTTPStatus.FORBIDDEN,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    RouteNotFoundError: HTTPStatus.NOT_FOUND,
    errors.MethodNotAllowedError: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.ConflictError: HTTPStatus.CONFLICT,
    ExternalIdTakenError: HTTPStatus.CONFLICT,
    ContendedError: HTTPStatus.CONFLICT,
    errors.TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.InvalidFieldsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RequestValidationError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownConfigurationError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""The one error table; anything else is a 500 whose cause is in the log under the request id."""

_SENTENCES: dict[type[Exception], str] = {
    ExternalIdTakenError: "Another campaign of the organization has this external_id.",
    ContendedError: "Too many writers at once; nothing was lost, try again.",
    UnknownConfigurationError: "The request has invalid fields.",
    RequestValidationError: "The request has invalid fields.",
    RouteNotFoundError: "No such route.",
    InvalidSignatureError: "The signature is missing, wrong or too old.",
    MalformedEventError: "The event cannot be understood.",
}
"""What to say where the error's own words are not for the caller."""


def _caller(request: HttpRequest) -> Caller:
    caller = request.context["caller"]
    assert isinstance(caller, Caller)
    return caller


CallerOf = Annotated[Caller, Depends(_caller)]
"""A route parameter of this type is the authenticated caller."""


def _path_id(encoded: str) -> str:
    decoded = unquote(encoded)
    if len(decoded) > MAX_ID_CHARACTERS:
        raise ValueError(f"must have at most {MAX_ID_CHARACTERS} characters")
    return decoded


PathId = Annotated[str, Path(min_length=1), AfterValidator(_path_id)]
"""A path parameter: a UUID, or the external id of the object."""


def rest_api() -> APIGatewayRestResolver:
    """A resolver that validates requests and answers every error as a problem document."""
    api = APIGatewayRestResolver(enable_validation=True)

    @api.exception_handler(Exception)  # type: ignore[untyped-decorator]  # Powertools leaves it untyped
    def _problem(error: Exception) -> Response[str]:
        return problem(error, api.current_event.request_context.request_id or "")

    return api


Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]
_Serve = Callable[[dict[str, Any], LambdaContext, Caller | None], dict[str, Any]]


def entry_point(api: APIGatewayRestResolver, accepted_scopes: frozenset[str] | None) -> Handler:
    """The Lambda handler of an endpoint: authenticate, check the size, route, log one line.

    `accepted_scopes` None: the route has an authentication of its own (a carrier's signature), or needs none.
    """

    def serve(event: dict[str, Any], context: LambdaContext, caller: Caller | None) -> dict[str, Any]:
        if event["path"].endswith("/"):
            raise routes.unmatched(event["httpMethod"], event["path"])
        api.append_context(caller=caller)  # type: ignore[no-untyped-call]  # Powertools leaves it untyped
        # Every body is JSON, whatever the client calls it: curl -d says it is a form.
        headers = {
            name: value for name, value in (event.get("headers") or {}).items() if name.lower() != "content-type"
        }
        headers["content-type"] = "application/json"
        return api.resolve({**event, "path": _routed_path(event), "headers": headers}, context)

    return _edge(serve, accepted_scopes)


def refusing(error_for: Callable[[str, str], Exception]) -> Handler:
    """The Lambda handler of what no endpoint serves; `error_for` gives the error by method and path."""

    def serve(event: dict[str, Any], _context: LambdaContext, _caller: Caller | None) -> dict[str, Any]:
        raise error_for(event["httpMethod"], event["path"])

    return _edge(serve, accepted_scopes=None)


def _edge(serve: _Serve, accepted_scopes: frozenset[str] | None) -> Handler:
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        began = wiring.clock().monotonic_ms()
        request_id = event["requestContext"]["requestId"]
        caller = None
        try:
            if accepted_scopes is not None:
                authorization = _header(event, "authorization")
                now = wiring.clock().now_ms()
                caller = wiring.authenticator().authenticate(authorization, accepted_scopes, now)
            _check_body(event)
            answer = serve(event, context, caller)
        except Exception as error:  # noqa: BLE001  the edge: whatever is raised becomes an answer, never a gateway's 502
            answer = _plain_answer(problem(error, request_id))
        answer.setdefault("multiValueHeaders", {})["X-Request-Id"] = [request_id]
        fields = {
            "action": "request",
            "request_id": request_id,
            "method": event["httpMethod"],
            "route": event.get("resource"),
            "status": answer["statusCode"],
            "org": caller.org if caller else None,
            "duration_ms": wiring.clock().monotonic_ms() - began,
        }
        observability.logger().info("request", extra=fields)
        return answer

    return handler


def _plain_answer(response: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "multiValueHeaders": {name: [str(value)] for name, value in response.headers.items()}
        | {"Content-Type": [response.content_type]},
        "body": response.body,
        "isBase64Encoded": False,
    }


def problem(error: Exception, request_id: str) -> Response[str]:
    """An RFC 9457 problem document for an error."""
    if isinstance(error, RequestValidationError) and _is_malformed_json(error):
        error = errors.MalformedError("The body is not valid JSON.")
    kind = next((one for one in type(error).__mro__ if one in STATUS), None)
    status = STATUS[kind] if kind else HTTPStatus.INTERNAL_SERVER_ERROR
    if kind is None:
        detail = "Something went wrong on our side; the request id finds it in the log."
        told = {"action": "unhandled", "request_id": request_id, **faults.describe(error)}
        observability.logger().error("unhandled", extra=told)
    else:
        detail = _SENTENCES.get(kind, str(error))
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "request_id": request_id,
    }
    if fields := _fields(error):
        document["errors"] = [asdict(field) for field in fields[:LISTED_ERRORS]]
    headers = {"X-Request-Id": request_id}
    if isinstance(error, errors.MethodNotAllowedError):
        headers["Allow"] = ", ".join(error.allowed)
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(int(status), PROBLEM_TYPE, json.dumps(document, ensure_ascii=False), headers)


def _routed_path(event: dict[str, Any]) -> str:
    """The path as the route spells it, whatever stage or base path stands before it; parameters percent-encoded."""
    parameters = event.get("pathParameters") or {}
    path: str = event["resource"]
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", quote(value, safe="")).replace(f"{{{name}+}}", quote(value, safe=""))
    return path


def _header(event: dict[str, Any], name: str) -> str | None:
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name), None)


def _check_body(event: dict[str, Any]) -> None:
    """Refuse a body that is too large, no text, or JSON on which the parser chokes.

    A plain JSONDecodeError is left to the resolver: not every body has to be JSON.
    """
    body = event.get("body") or ""
    try:
        data = b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="replace")
        if len(data) > MAX_BODY_BYTES:
            raise errors.TooLargeError(
                f"The body has {len(data)} bytes; at most {MAX_BODY_BYTES} are taken. Split the request."
            )
        json.loads(data.decode() or "null")
    except json.JSONDecodeError:
        return
    except UnicodeDecodeError:
        raise errors.MalformedError("The body is not UTF-8 text.") from None
    except (RecursionError, ValueError):
        raise errors.MalformedError("The body is nested too deeply, or has a number of too many digits.") from None


def _is_malformed_json(error: RequestValidationError) -> bool:
    return any(one["type"] == "json_invalid" for one in error.errors())


def _fields(error: Exception) -> list[FieldError]:
    if isinstance(error, errors.InvalidFieldsError):
        return error.errors
    if isinstance(error, UnknownConfigurationError):
        return [FieldError("configuration_id", "unknown", "no configuration has this id; create one first")]
    if isinstance(error, RequestValidationError):
        return [
            FieldError(_path(one["loc"]), one["type"], one["msg"].removeprefix("Value error, "))
            for one in error.errors()
        ]
    return []


def _path(location: tuple[str | int, ...]) -> str:
    """`("body", "contacts", 3, "phone_numbers", 0)` as `contacts[3].phone_numbers[0]`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location[1:]]
    return "".join(parts).removeprefix(".") or str(location[0])
