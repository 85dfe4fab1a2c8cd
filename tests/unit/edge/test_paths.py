"""Ids in paths: every route with one gets it as its caller meant it, however it was encoded and decoded."""

import json
import re
import unicodedata
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

import pytest

from campanile.domain.errors import NotFoundError
from campanile.edge.authentication import Caller
from campanile.edge.http import Endpoint
from campanile.edge.routes import ROUTES
from tests.support import front_doors, source
from tests.support.events import load_event
from tests.support.front_doors import Door
from tests.support.gateway import Response, call, served

ON_AWS_ONLY = "/"
VALUES = [
    "spring",
    "spring outreach",
    "+",
    "a+b",
    " ",
    "100%",
    "%",
    "%2B",
    "%25",
    "a%2Fb",
    "%2B14155550123",
    "%zz",
    "a/b",
    "ana é",
    unicodedata.normalize("NFD", "ana é"),
    "名😀",
    "ana@example.com",
    "a:b",
    "a;b=c,d&e?f#g",
    "\"'<>\\|`^{}[]",
    "..",
    "~!*()$-_.",
]
NUMBERS = ["+14155550123", "+4915112345678"]
DOORS: dict[str, Door] = {"aws": front_doors.rest, "ministack": front_doors.ministack}
WITH_PARAMETERS = [
    (method, path, function)
    for method, path, function in served()
    if "{" in path and path in ROUTES and function != "unmatched_route"
]


def as_typed(value: str) -> str:
    """What curl sends: all that may stand in a path as it is, and the rest encoded."""
    return quote(value, safe="!$&'()*+,;=:@~-._\"<>\\|`^{}[]")


ENCODINGS: dict[str, Callable[[str], str]] = {
    "encodeURIComponent": lambda value: quote(value, safe="!'()*"),
    "urllib": lambda value: quote(value, safe=""),
    "every byte": lambda value: "".join(f"%{byte:02x}" for byte in value.encode()),
    "curl": as_typed,
}


class Seen:
    """Stands in for the function of a route: notes the path parameters, then finds nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
        self.parameters: dict[str, str] = {}
        endpoint: Endpoint = source.app(function).handler
        caller = Caller("acme", "key")
        monkeypatch.setattr(endpoint, "_authenticate", lambda _: caller)
        for route in [*endpoint.api._dynamic_routes, *endpoint.api._static_routes]:
            names = re.findall(r"<(\w+)>", route.path)
            monkeypatch.setattr(route, "_middleware_stack", self._noting(route.func, names))
            monkeypatch.setattr(route, "_middleware_stack_built", False)

    def _noting(self, function: Callable[..., Any], names: list[str]) -> Callable[..., Any]:
        @wraps(function)
        def noted(**given: Any) -> Any:
            self.parameters = {name: given[name] for name in names}
            raise NotFoundError("seen")

        return noted


def send(method: str, path: str, function: str, door: Door) -> Response:
    """The example request of a function, to another path."""
    event = load_event(function)
    given = (event["queryStringParameters"] or {}) if "{" in event["resource"] else {}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in given.items())
    return call(method, f"{path}?{query}", event["body"], {"Authorization": "Bearer x"}, door=door)


def filled(path: str, value: str) -> str:
    return re.sub(r"\{\w+\}", lambda _: value, path)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, function: str) -> Seen:
    return Seen(monkeypatch, function)


def test_all_routes_with_an_id_are_tried() -> None:
    tried = {(method, path) for method, path, _ in WITH_PARAMETERS}
    assert tried == {(method, path) for path, methods in ROUTES.items() if "{" in path for method in methods}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("method", "path", "function"), WITH_PARAMETERS)
def test_an_id_arrives_as_it_was_meant(
    seen: Seen, method: str, path: str, function: str, door: str, encoding: str
) -> None:
    for value in NUMBERS if "phone_number" in path else VALUES:
        if ON_AWS_ONLY in value and door != "aws":
            continue
        answer = send(method, filled(path, ENCODINGS[encoding](value)), function, DOORS[door])
        names = re.findall(r"\{(\w+)\}", path)
        assert seen.parameters == dict.fromkeys(names, value), (value, answer.status, answer.text)
        assert answer.status == 404
        seen.parameters = {}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("method", "path", "function"), WITH_PARAMETERS)
def test_bytes_that_are_no_utf_8_are_refused_in_words(
    seen: Seen, method: str, path: str, function: str, door: str
) -> None:
    for value in ("%FF", "a%E9", "%C0%AF", "%ED%A0%80", "%F4%90%80%80"):
        answer = send(method, filled(path, value), function, DOORS[door])
        assert answer.status in ((400,) if door == "aws" else (404, 422)), (value, answer.text)
        body = json.loads(answer.text)
        assert body.get("detail") or body["error"]


@pytest.mark.parametrize(("method", "path", "function"), WITH_PARAMETERS)
def test_a_custom_domains_base_path_changes_nothing(seen: Seen, method: str, path: str, function: str) -> None:
    def with_base_path(sent: front_doors.Sent) -> tuple[front_doors.Event, str]:
        event, name = front_doors.rest(sent)
        event["path"] = "/calls" + event["path"]
        event["requestContext"]["path"] = event["path"]
        return event, name

    value = "+14155550123"
    send(method, filled(path, quote(value, safe="")), function, with_base_path)
    assert set(seen.parameters.values()) == {value}
