"""The HTTP edge: one resolver, one entry point. Every answer carries X-Request-Id; a surface tells errors."""

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler import Request as HttpRequest
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.compat import is_sequence_field
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AfterValidator

from campanile.domain import errors, phone
from campanile.domain.errors import FieldError
from campanile.edge import idempotency, observability, routes
from campanile.edge.authentication import Caller
from campanile.edge.problems import problem
from campanile.edge.wiring import foundation, requests

MAX_BODY_BYTES = 4_500_000
MAX_ID_CHARACTERS = 255
ORGANIZATION = "X-Anyreach-Org"

Event = dict[str, Any]
Answer = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Answer]
Telling = Callable[[Exception, str], Response[str]]
"""How an error, and under which request id, is told to the caller."""


def _caller(request: HttpRequest) -> Caller:
    caller = request.context["caller"]
    assert isinstance(caller, Caller)
    return caller


def _request_key(request: HttpRequest) -> str | None:
    key: str | None = request.context["request_key"]
    return key


CallerOf = Annotated[Caller, Depends(_caller)]
"""A route parameter of this type is the authenticated caller."""

RequestKeyOf = Annotated[str | None, Depends(_request_key)]
"""A route parameter of this type is the request's Idempotency-Key."""


def _path_id(encoded: str) -> str:
    decoded = unquote(encoded)
    if len(decoded) > MAX_ID_CHARACTERS:
        raise ValueError(f"must have at most {MAX_ID_CHARACTERS} characters")
    return decoded


PathId = Annotated[str, Path(min_length=1), AfterValidator(_path_id)]
"""A path parameter: a UUID, or the external id of the object."""


def _path_number(encoded: str) -> str:
    number = unquote(encoded)
    if not number.startswith("+"):  # 2025550123 would be one of Egypt's to us, and of Washington to who asks
        raise ValueError("must begin with + and the country code, such as +14155550123; the + may be written %2B")
    return phone.normalize_e164(number).e164


PathNumber = Annotated[str, Path(min_length=1), AfterValidator(_path_number)]
"""A path parameter: a phone number in E.164, its `+` percent-encoded or as it is."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What a family of routes has of its own: its credential, asked for one of some scopes, and its errors."""

    authenticate: Callable[[Event, frozenset[str]], Caller]
    tell: Telling


def _bearer(event: Event, accepted_scopes: frozenset[str]) -> Caller:
    return requests.authenticator().authenticate(
        header(event, "Authorization"), header(event, ORGANIZATION), accepted_scopes, foundation.clock().now_ms()
    )


OWN_SURFACE = Surface(_bearer, problem)
"""Bearer credentials and problem documents: all routes but those that imitate another product's."""


def rest_api(surface: Surface = OWN_SURFACE) -> APIGatewayRestResolver:
    """A resolver that validates requests and tells every error in the words of its surface."""
    api = APIGatewayRestResolver(enable_validation=True)
    api.use([_refuse_unknown_parameters])

    @api.exception_handler(Exception)  # type: ignore[untyped-decorator]  # Powertools leaves it untyped
    def _told(error: Exception) -> Response[str]:
        return surface.tell(error, api.current_event.request_context.request_id or "")

    return api


class Endpoint:
    """The Lambda handler of an endpoint: authenticate, check the size, route, log one line.

    `accepted_scopes`: any of them suffices, the empty set means any credential; None: the route has an authentication
    of its own (a carrier's signature), or needs none.
    """

    def __init__(
        self, api: APIGatewayRestResolver, accepted_scopes: frozenset[str] | None, surface: Surface = OWN_SURFACE
    ) -> None:
        self.api = api
        self.accepted_scopes = accepted_scopes
        self._surface = surface

    def __call__(self, event: Event, context: LambdaContext) -> Answer:
        began = foundation.clock().monotonic_ms()
        caller = None
        try:
            caller = self._authenticate(event)
            _check_body(event)
            answer = self._serve_once(event, context, caller)
        except Exception as error:  # noqa: BLE001  the edge: whatever is raised becomes an answer, never a gateway's 502
            answer = _refusal(error, event, self._surface.tell)
        return _told(answer, event, began, caller)

    def _authenticate(self, event: Event) -> Caller | None:
        return None if self.accepted_scopes is None else self._surface.authenticate(event, self.accepted_scopes)

    def _serve_once(self, event: Event, context: LambdaContext, caller: Caller | None) -> Answer:
        """A POST that bears an Idempotency-Key is carried out once; a carrier repeats its events as it likes."""
        given = header(event, idempotency.HEADER) if event["httpMethod"] == "POST" else None
        if given is None or caller is None:
            return self._serve(event, context, caller, None)
        key, memory = idempotency.parse_key(given), requests.request_memory(caller.org)
        return idempotency.once(memory, key, event, context, lambda: self._serve(event, context, caller, key))

    def _serve(self, event: Event, context: LambdaContext, caller: Caller | None, key: str | None) -> Answer:
        if event["path"].endswith("/"):
            raise routes.unmatched(event["httpMethod"], event["path"])
        self.api.append_context(caller=caller, request_key=key)  # type: ignore[no-untyped-call]  # Powertools' own
        # Every body is JSON, whatever the client calls it: curl -d says it is a form.
        headers = {
            name: value for name, value in (event.get("headers") or {}).items() if name.lower() != "content-type"
        }
        headers["content-type"] = "application/json"
        return self.api.resolve({**event, "path": _routed_path(event), "headers": headers}, context)


def refusing(error_for: Callable[[str, str], Exception], tell: Telling = problem) -> Handler:
    """The Lambda handler of what no endpoint serves; `error_for` gives the error by method and path."""

    def handler(event: Event, _context: LambdaContext) -> Answer:
        began = foundation.clock().monotonic_ms()
        answer = _refusal(error_for(event["httpMethod"], event["path"]), event, tell)
        return _told(answer, event, began, None)

    return handler


def _refuse_unknown_parameters(api: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """A misspelt filter must not be a list without one, and of two values of one parameter none is the right one."""
    known = {field.alias: is_sequence_field(field) for field in api.context["_route"].dependant.query_params}
    given = api.current_event.raw_event.get("multiValueQueryStringParameters") or {}
    takes = f"the query parameters are {', '.join(sorted(known))}" if known else "the route takes no query parameters"
    wrong = [
        FieldError(name, "unknown_parameter", f"is not known here: {takes}") for name in given if name not in known
    ]
    wrong += [
        FieldError(name, "repeated_parameter", "may be given only once")
        for name, values in given.items()
        if len(values) > 1 and not known.get(name, True)
    ]
    if wrong:
        raise errors.InvalidFieldsError(wrong)
    return next_middleware(api)


def _refusal(error: Exception, event: Event, tell: Telling) -> Answer:
    response = tell(error, event["requestContext"]["requestId"])
    headers = {name: [str(value)] for name, value in response.headers.items()}
    return {
        "statusCode": response.status_code,
        "multiValueHeaders": headers | {"Content-Type": [response.content_type]},
        "body": response.body,
        "isBase64Encoded": False,
    }


def _told(answer: Answer, event: Event, began: int, caller: Caller | None) -> Answer:
    """The answer with its request id, and one line about it in the log."""
    request_id = event["requestContext"]["requestId"]
    answer.setdefault("multiValueHeaders", {})["X-Request-Id"] = [request_id]
    answer["body"] = answer.get("body") or ""  # the gateway wants text, also where there is nothing to say
    fields = {
        "action": "request",
        "request_id": request_id,
        "method": event["httpMethod"],
        "route": event.get("resource"),
        "status": answer["statusCode"],
        "org": caller.org if caller else None,
        "duration_ms": foundation.clock().monotonic_ms() - began,
    }
    observability.logger().info("request", extra=fields)
    return answer


def _routed_path(event: Event) -> str:
    """The path as the route spells it, whatever stage or base path stands before it; parameters percent-encoded."""
    parameters = event.get("pathParameters") or {}
    path: str = event["resource"]
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", quote(value, safe="")).replace(f"{{{name}+}}", quote(value, safe=""))
    return path


def header(event: Event, name: str) -> str | None:
    """A header of the request, whatever the case of its name."""
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


def _check_body(event: Event) -> None:
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
