"""The HTTP edge: one resolver, one entry point. Every response carries X-Request-Id; a dialect renders errors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler import Request as HttpRequest
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.compat import is_sequence_field
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AfterValidator

from campanile.domain import errors
from campanile.domain.errors import FieldError
from campanile.edge import gateway_event, observability, routes
from campanile.edge.authentication import Caller
from campanile.edge.gateway_event import Event, header
from campanile.edge.problems import problem
from campanile.edge.wiring import credentials, foundation

MAX_ID_CHARACTERS = 255
ORGANIZATION = "X-Anyreach-Org"

GatewayResponse = dict[str, Any]
Handler = Callable[[Event, LambdaContext], GatewayResponse]
Renderer = Callable[[Exception, str], Response[str]]
"""Makes the response to an error, given the request id."""
Serve = Callable[[str | None], GatewayResponse]
"""Carries the request out, given its Idempotency-Key."""
Once = Callable[[Event, LambdaContext, str, Serve], GatewayResponse]
"""Carries an org's request out once, however often it is sent: `idempotency.once`."""


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


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a family of routes authenticates callers (any of some scopes suffices), and how it renders errors."""

    authenticate: Callable[[Event, frozenset[str]], Caller]
    render: Renderer


def _bearer(event: Event, accepted_scopes: frozenset[str]) -> Caller:
    return credentials.authenticator().authenticate(
        header(event, "Authorization"), header(event, ORGANIZATION), accepted_scopes, foundation.clock().now_ms()
    )


OWN_DIALECT = Dialect(_bearer, problem)
"""Bearer credentials and problem documents: all routes but those that imitate another product's."""


def rest_api(dialect: Dialect = OWN_DIALECT) -> APIGatewayRestResolver:
    """A resolver that validates requests and renders every error in its dialect."""
    api = APIGatewayRestResolver(enable_validation=True)
    api.use([_refuse_unknown_parameters])

    @api.exception_handler(Exception)  # type: ignore[untyped-decorator]  # Powertools leaves it untyped
    def _rendered(error: Exception) -> Response[str]:
        return dialect.render(error, api.current_event.request_context.request_id or "")

    return api


class Endpoint:
    """The Lambda handler of an endpoint: authenticate, check the size, route, log one line.

    `accepted_scopes`: any of them is enough, and the empty set accepts any credential. None: the route checks something
    else (a carrier's signature), or nothing. `once`: makes an Idempotency-Key count, on a POST. Other functions do not
    pass it, so they load none of its code.
    """

    def __init__(
        self,
        api: APIGatewayRestResolver,
        accepted_scopes: frozenset[str] | None,
        dialect: Dialect = OWN_DIALECT,
        *,
        once: Once | None = None,
    ) -> None:
        self.api = api
        self.accepted_scopes = accepted_scopes
        self.once = once
        self._dialect = dialect

    def __call__(self, event: Event, context: LambdaContext) -> GatewayResponse:
        began = foundation.clock().monotonic_ms()
        caller = None
        try:
            caller = self._authenticate(event)
            gateway_event.check_body(event)
            response = self._served(event, context, caller)
        except Exception as error:  # noqa: BLE001  the edge: whatever is raised becomes a response, never a gateway's 502
            response = _refusal(error, event, self._dialect.render)
        return _completed(response, event, began, caller)

    def _authenticate(self, event: Event) -> Caller | None:
        return None if self.accepted_scopes is None else self._dialect.authenticate(event, self.accepted_scopes)

    def _served(self, event: Event, context: LambdaContext, caller: Caller | None) -> GatewayResponse:
        if self.once is None or caller is None:
            return self._serve(event, context, caller, None)
        return self.once(event, context, caller.org, lambda key: self._serve(event, context, caller, key))

    def _serve(self, event: Event, context: LambdaContext, caller: Caller | None, key: str | None) -> GatewayResponse:
        if event["path"].endswith("/"):
            raise routes.unmatched(event["httpMethod"], event["path"])
        self.api.append_context(caller=caller, request_key=key)  # type: ignore[no-untyped-call]  # Powertools' own
        # Every body is JSON, whatever the client calls it: curl -d says it is a form.
        headers = {
            name: value for name, value in (event.get("headers") or {}).items() if name.lower() != "content-type"
        }
        headers["content-type"] = "application/json"
        return self.api.resolve({**event, "path": gateway_event.routed_path(event), "headers": headers}, context)


def refusing(error_for: Callable[[str, str], Exception], render: Renderer = problem) -> Handler:
    """The Lambda handler of what no endpoint serves; `error_for` gives the error by method and path."""

    def handler(event: Event, _context: LambdaContext) -> GatewayResponse:
        began = foundation.clock().monotonic_ms()
        response = _refusal(error_for(event["httpMethod"], event["path"]), event, render)
        return _completed(response, event, began, None)

    return handler


def _refuse_unknown_parameters(api: APIGatewayRestResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """A misspelt filter must not return the whole list, and of two values of one parameter neither is the right one."""
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


def _refusal(error: Exception, event: Event, render: Renderer) -> GatewayResponse:
    response = render(error, gateway_event.request_id(event))
    headers = {name: [str(value)] for name, value in response.headers.items()}
    return {
        "statusCode": response.status_code,
        "multiValueHeaders": headers | {"Content-Type": [response.content_type]},
        "body": response.body,
        "isBase64Encoded": False,
    }


def _completed(response: GatewayResponse, event: Event, began: int, caller: Caller | None) -> GatewayResponse:
    """The response as it leaves: with its request id, and logged."""
    response.setdefault("multiValueHeaders", {})["X-Request-Id"] = [gateway_event.request_id(event)]
    response["body"] = response.get("body") or ""  # the gateway wants text, also where nothing is to be said
    _log(response, event, began, caller)
    return response


def _log(response: GatewayResponse, event: Event, began: int, caller: Caller | None) -> None:
    fields = {
        "action": "request",
        "request_id": gateway_event.request_id(event),
        "method": event["httpMethod"],
        "route": event.get("resource"),
        "status": response["statusCode"],
        "org": caller.org if caller else None,
        "duration_ms": foundation.clock().monotonic_ms() - began,
    }
    observability.logger().info("request", extra=fields)
