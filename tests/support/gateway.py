"""The API in one process: a front door, the template's routes and the functions' handlers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.support import front_doors, source
from tests.support.dialer import ALL_DAY
from tests.support.front_doors import Door, RefusedError, Sent
from tests.support.template import FUNCTION, folder, resources, routes

Handler = Any

SOME_ID = "0190f3c2-0000-7000-8000-000000000000"
ROUTES = [
    ("POST", "/campaign/configurations"),
    ("GET", "/campaign/configurations"),
    ("GET", f"/campaign/configurations/{SOME_ID}"),
    ("PATCH", f"/campaign/configurations/{SOME_ID}"),
    ("DELETE", f"/campaign/configurations/{SOME_ID}"),
    ("GET", "/campaign/timezones"),
    ("POST", "/campaign/agents"),
    ("GET", "/campaign/agents"),
    ("GET", f"/campaign/agents/{SOME_ID}"),
    ("PATCH", f"/campaign/agents/{SOME_ID}"),
    ("DELETE", f"/campaign/agents/{SOME_ID}"),
    ("POST", "/campaign/campaigns"),
    ("GET", "/campaign/campaigns"),
    ("GET", f"/campaign/campaigns/{SOME_ID}"),
    ("PATCH", f"/campaign/campaigns/{SOME_ID}"),
    ("POST", f"/campaign/campaigns/{SOME_ID}/start"),
    ("POST", f"/campaign/campaigns/{SOME_ID}/pause"),
    ("POST", f"/campaign/campaigns/{SOME_ID}/close"),
    ("POST", f"/campaign/campaigns/{SOME_ID}/contacts"),
    ("GET", f"/campaign/campaigns/{SOME_ID}/contacts"),
    ("GET", f"/campaign/campaigns/{SOME_ID}/contacts/{SOME_ID}"),
    ("DELETE", f"/campaign/campaigns/{SOME_ID}/contacts/{SOME_ID}"),
    ("POST", f"/campaign/campaigns/{SOME_ID}/contacts/{SOME_ID}/attempts/{SOME_ID}/report"),
    ("GET", f"/campaign/campaigns/{SOME_ID}/imports"),
    ("GET", f"/campaign/campaigns/{SOME_ID}/export"),
    ("GET", f"/campaign/campaigns/{SOME_ID}/stats"),
    ("GET", "/campaign/do-not-call"),
    ("POST", "/campaign/do-not-call"),
    ("GET", "/campaign/do-not-call/+14155550123"),
    ("DELETE", "/campaign/do-not-call/+14155550123"),
    ("GET", "/campaign/do-not-call/imports"),
    ("POST", "/campaign/do-not-call/imports"),
    ("GET", f"/campaign/do-not-call/imports/{SOME_ID}"),
    ("GET", "/campaign/concurrency-settings"),
    ("PUT", "/campaign/concurrency-settings"),
]


class Context(LambdaContext):
    """What Lambda passes beside the event."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 28_000


@dataclass(frozen=True)
class Response:
    """What a handler answered. `body` is parsed when it is JSON."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


@cache
def served() -> list[tuple[str, str, str]]:
    """Method, path and function folder of every route; the most specific paths first."""
    functions = resources(FUNCTION)
    found = [(route.method, route.path, folder(functions[route.function])) for route in routes()]
    return sorted(found, key=lambda route: ("+}" in route[1], route[1].count("{")))


def call(
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    *,
    is_base64: bool = False,
    door: Door = front_doors.rest,
) -> Response:
    """One request. `body` goes as JSON, or as it is when it is text."""
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    sent = Sent(method, path, [*{"Content-Type": "application/json", **(headers or {})}.items()], text, is_base64)
    try:
        event, function = door(sent)
        handler: Handler = source.app(function).handler
        got = front_doors.received(sent, handler(event, Context()))
    except RefusedError as error:
        got = front_doors.refused(sent, error)
    assert got.headers["x-request-id"] == sent.request_id
    return Response(got.status, got.headers, got.text)


class Client:
    """Calls the API with one credential, through the front door of AWS unless told otherwise."""

    def __init__(self, authorization: str | None, door: Door = front_doors.rest) -> None:
        self.headers = {} if authorization is None else {"Authorization": authorization}
        self.door = door

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Response:
        return call(method, path, body, {**self.headers, **headers}, door=self.door)

    def get(self, path: str) -> Any:
        answer = self("GET", path)
        assert answer.status == 200, answer.text
        return answer.body

    def post(self, path: str, body: object = None, status: int = 200) -> Any:
        answer = self("POST", path, body)
        assert answer.status == status, answer.text
        return answer.body

    def campaign(self, **fields: Any) -> str:
        configuration = self.post("/campaign/configurations", {"name": "c", "default_windows": ALL_DAY}, 201)
        wanted = {"name": "a campaign", "configuration_id": configuration["id"], **fields}
        return str(self.post("/campaign/campaigns", wanted, 201)["id"])


def problem(answer: Response, status: int) -> dict[str, Any]:
    """The problem document (RFC 9457) of an answer that must be one."""
    assert answer.status == status, (answer.status, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.body
    assert {"type", "title", "status", "detail", "request_id"} <= document.keys()
    assert document["status"] == status
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


def paths(answer: Response) -> list[str]:
    """Where a 422 says the request is wrong."""
    return sorted(error["path"] for error in problem(answer, 422)["errors"])
