"""What stands before the functions: API Gateway's REST front door, strict as on AWS, and MiniStack's, which is not.

What the REST front door does, and where it was recorded on AWS (in public repositories; nothing is copied from them):

- Path parameters, `path` and `requestContext.path` are percent-encoded as the client sent them, `%25`, `%2F` and
  `%252F` too. Query parameters are decoded. The maps of single values have the last one.
  localstack/localstack tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json, aws/aws-lambda-dotnet
  Tools/LambdaTestTool-v2/tests, snapshots V1_SpecialCharactersInPathRest, V1_UnicodeCharactersInPathRest and
  V1_UrlEncodedQueryStringRest, hotsock/voker vokerhttp/testdata/apigwv1-request.json and ingress-paths.json.
- Slashes at the end, and repeated ones at the beginning, change no route; `path` keeps the one at the end,
  `requestContext.path` all. The same snapshot of LocalStack.
- A path, or a method, that no resource has gets 403 with MissingAuthenticationTokenException. localstack/localstack
  test_apigateway_common.snapshot.json, test_routing_not_found. With an Authorization header the 403 is a complaint
  about its signature that quotes it: aws/chalice#828, serverless/serverless#3205.
- HEAD and OPTIONS are methods as any other.

MiniStack's source (services/apigateway_v1.py, `_match_greedy_fallback`) says that AWS falls back to `/{proxy+}` for a
method that a resource lacks. The recordings neither show nor exclude it, as they have no `/{proxy+}`. This model takes
the worse case.

From AWS's documentation, without a recording: 10,240 bytes of request line and headers, 10 MB of body, 6 MB of
invocation (6,291,456 bytes in, 6,291,556 out), counted on JSON in which the body is a string. Inferred: 431 for too
large headers.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from tests.support.template import API, FUNCTION, fallbacks, folder, resources, routes

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
HEADER_BYTES = 10_240
BODY_BYTES = 10 * 1024 * 1024
INVOCATION_BYTES = 6_291_456
RESULT_BYTES = 6_291_556
STAGE = "v1"
DOMAIN = "abc123defg.execute-api.us-east-1.amazonaws.com"

Event = dict[str, Any]
Methods = Mapping[str, str]
"""The folder of a function by method; `ANY` for all methods that are not named."""


@dataclass(frozen=True)
class Sent:
    """A request as it goes over the wire: `target` is path and query below the stage."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]] = ()
    body: str | None = None
    is_base64: bool = False
    request_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def path(self) -> str:
        return urlsplit("http://host" + self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit("http://host" + self.target).query, keep_blank_values=True)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class Received:
    """What comes back."""

    status: int
    headers: Mapping[str, str]
    text: str


class RefusedError(Exception):
    """The front door itself refuses a request. `kind` is the type of API Gateway's response."""

    def __init__(self, kind: str, status: int, message: str, error_type: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.message = message
        self.error_type = error_type


Door = Callable[[Sent], tuple[Event, str]]
"""Makes the event of a request, and says which function gets it; or raises RefusedError."""


# ---------------------------------------------------------------- AWS


def rest(sent: Sent) -> tuple[Event, str]:
    """API Gateway's REST front door."""
    assert re.fullmatch(r"/[!-~]*", sent.target), f"no client sends {sent.target!r} as it is"
    check_size(sent)
    resource, methods, parameters = match(sent.path, tree())
    function = methods.get(sent.method) or methods.get("ANY")
    if function is None:
        raise _no_such_method(sent)
    event = _event(sent, resource, parameters)
    if len(json.dumps(event, ensure_ascii=False).encode(errors="replace")) > INVOCATION_BYTES:
        raise RefusedError("REQUEST_TOO_LARGE", 413, "Request Too Long", "RequestTooLargeException")
    return event, function


def check_size(sent: Sent) -> None:
    """What is refused before it is read."""
    line = f"{sent.method} /{STAGE}{sent.target} HTTP/1.1"
    if (
        len(line) + sum(len(name) + len(value.encode(errors="replace")) + 4 for name, value in sent.headers)
        > HEADER_BYTES
    ):
        raise RefusedError("DEFAULT_4XX", 431, "Request Header Fields Too Large", "BadRequestException")
    if len((sent.body or "").encode(errors="replace")) > BODY_BYTES:
        message = f"HTTP content length exceeded {BODY_BYTES} bytes."
        raise RefusedError("REQUEST_TOO_LARGE", 413, message, "RequestTooLargeException")


@cache
def tree() -> dict[str, Methods]:
    """Every resource of the template's API, those between the root and a route included, with its methods."""
    found: dict[str, dict[str, str]] = {"/": {}}
    functions = resources(FUNCTION)
    for route in [*routes(), *fallbacks()]:
        segments = route.path.strip("/").split("/")
        for number in range(1, len(segments) + 1):
            found.setdefault("/" + "/".join(segments[:number]), {})
        found[route.path][route.method] = folder(functions[route.function])
    return dict(found)


def match(path: str, known: Mapping[str, Methods]) -> tuple[str, Methods, dict[str, str]]:
    """The resource of a path, its methods and the parameters as they were sent. A fixed segment comes before a
    parameter, a parameter before `{proxy+}`.
    """
    plain = "/" + path.strip("/")
    for resource in sorted(known, key=_specificity):
        if found := re.fullmatch(_pattern(resource), plain):
            return resource, known[resource], found.groupdict()
    return "", {}, {}


@cache
def _specificity(resource: str) -> list[int]:
    return [2 if "+}" in segment else int("{" in segment) for segment in resource.split("/")]


@cache
def _pattern(resource: str) -> str:
    parts = re.split(r"(\{\w+\+?\})", resource)
    return "".join(
        rf"(?P<{part.strip('{+}')}>{'.+' if '+}' in part else '[^/]+'})" if part.startswith("{") else re.escape(part)
        for part in parts
    )


def _no_such_method(sent: Sent) -> RefusedError:
    credential = sent.header("Authorization")
    if credential is None:
        kind, error = "MISSING_AUTHENTICATION_TOKEN", "MissingAuthenticationTokenException"
        return RefusedError(kind, 403, "Missing Authentication Token", error)
    token = credential.rpartition(" ")[2]
    message = f"'{token}' not a valid key=value pair (missing equal-sign) in Authorization header: '{credential}'."
    return RefusedError("INVALID_SIGNATURE", 403, message, "IncompleteSignatureException")


def _event(sent: Sent, resource: str, parameters: Mapping[str, str]) -> Event:
    multiple: dict[str, list[str]] = {}
    for name, value in sent.headers:
        multiple.setdefault(name, []).append(value)
    return {
        "resource": resource,
        "path": "/" + sent.path.lstrip("/"),
        "httpMethod": sent.method,
        "headers": {name: values[-1] for name, values in multiple.items()},
        "multiValueHeaders": multiple,
        "queryStringParameters": {name: values[-1] for name, values in sent.query.items()} or None,
        "multiValueQueryStringParameters": sent.query or None,
        "pathParameters": dict(parameters) or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": DOMAIN.partition(".")[0],
            "domainName": DOMAIN,
            "domainPrefix": DOMAIN.partition(".")[0],
            "extendedRequestId": "dXZ3AGm0IAMEdkg=",
            "httpMethod": sent.method,
            "identity": {"sourceIp": "203.0.113.7", "userAgent": sent.header("User-Agent")},
            "path": f"/{STAGE}{sent.path}",
            "protocol": "HTTP/1.1",
            "requestId": sent.request_id,
            "requestTime": "01/Jul/2026:17:00:00 +0000",
            "requestTimeEpoch": 1_782_925_200_000,
            "resourceId": "a1b2c3",
            "resourcePath": resource,
            "stage": STAGE,
        },
        "body": sent.body,
        "isBase64Encoded": sent.is_base64,
    }


def received(sent: Sent, result: Any) -> Received:
    """What a client gets of a function's result; RefusedError for a result that API Gateway does not take."""
    is_good = (
        isinstance(result, dict)
        and isinstance(result.get("statusCode"), int)
        and isinstance(result.get("body"), str | None)
        and all(isinstance(values, list) for values in result.get("multiValueHeaders", {}).values())
        and len(json.dumps(result)) <= RESULT_BYTES
    )
    if not is_good:
        raise RefusedError("DEFAULT_5XX", 502, "Internal server error", "InternalServerErrorException")
    headers = {name.lower(): ", ".join(values) for name, values in result["multiValueHeaders"].items()}
    return Received(result["statusCode"], headers, "" if sent.method == "HEAD" else result["body"] or "")


def refused(sent: Sent, error: RefusedError, *, has_origins: bool = False) -> Received:
    """The gateway's own response, as the template words it."""
    [api] = resources(API).values()
    worded = api.get("GatewayResponses", {})
    default = "DEFAULT_5XX" if error.status >= 500 else "DEFAULT_4XX"
    chosen = worded.get(error.kind) or worded.get(default) or {}
    text = chosen.get("ResponseTemplates", {}).get("application/json", '{"message":$context.error.messageString}')
    text = text.replace("$context.requestId", sent.request_id)
    text = text.replace("$context.error.messageString", json.dumps(error.message))
    headers = {"content-type": "application/json", "x-amzn-errortype": error.error_type}
    for name, value in chosen.get("ResponseParameters", {}).get("Headers", {}).items():
        literal = value["Fn::If"][1 if has_origins else 2] if isinstance(value, dict) else value
        if isinstance(literal, str):
            headers[name.lower()] = sent.request_id if literal == "context.requestId" else literal.strip("'")
    return Received(chosen.get("StatusCode", error.status), headers, "" if sent.method == "HEAD" else text)


# ---------------------------------------------------------------- MiniStack


def ministack(sent: Sent) -> tuple[Event, str]:
    """MiniStack 1.5.33: decodes the whole path before it routes, and marks its events with a version.

    So `%2F` is a slash to it. It ignores `x-amazon-apigateway-any-method`, and falls back to `/{proxy+}` for a method
    that a resource lacks. Header names are in lower case, and the map of single query parameters has the first value.
    """
    path = unquote(sent.path)
    resource, methods, parameters = match(path, tree())
    function = methods.get(sent.method)
    if function is None:
        resource, methods, parameters = match(path, {"/{proxy+}": tree()["/{proxy+}"]})
        function = methods[sent.method]
    headers = [(name.lower(), value) for name, value in sent.headers]
    event = _event(
        Sent(sent.method, sent.target, headers, sent.body, sent.is_base64, sent.request_id), resource, parameters
    )
    event["requestContext"]["path"] = f"/{STAGE}{path}"
    single = {name: values[0] for name, values in sent.query.items()} or None
    return event | {"version": "1.0", "path": path, "queryStringParameters": single}, function
