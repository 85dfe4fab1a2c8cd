"""The front door of AWS: what it refuses by itself is said in our words, and every other request finds its function."""

import json
from typing import Any

import pytest

from campanile.edge import cors, settings
from campanile.edge.gateway_event import MAX_BODY_BYTES, check_body
from campanile.edge.routes import OSVI, ROUTES
from campanile.edge.wiring import foundation
from tests.support import front_doors, source
from tests.support.front_doors import METHODS, Door, RefusedError, Sent
from tests.support.gateway import Response, call, problem

BEARER = {"Authorization": "Bearer ak_0123456789abcdef.a-secret"}
DOORS: dict[str, Door] = {"aws": front_doors.rest, "ministack": front_doors.ministack}
CONSOLE = "https://console.example.com"
INNER = [path for path in front_doors.tree() if path not in ROUTES and not path.startswith("/simulated-carrier")]


def filled(path: str) -> str:
    return path.replace("{proxy+}", "nothing/here").replace("{", "").replace("}", "")


def words(answer: Response) -> str:
    body = json.loads(answer.text)
    assert {"type", "title", "status", "request_id"} <= body.keys() or body["success"] is False
    return str(body.get("detail") or body["error"])


# ---------------------------------------------------------------- methods


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("path", ROUTES)
def test_a_method_that_a_path_does_not_take_gets_405_and_those_it_takes(path: str, door: str) -> None:
    for method in sorted(set(METHODS) - {*ROUTES[path], "OPTIONS"}):
        answer = call(method, filled(path), headers=BEARER, door=DOORS[door])
        assert (answer.status, answer.headers["allow"]) == (405, ", ".join(ROUTES[path]))
        assert answer.headers["content-type"] == (
            "application/json" if path.startswith(OSVI) else "application/problem+json"
        )
        if method == "HEAD":
            assert answer.text == ""
        else:
            assert method in words(answer)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("path", ROUTES)
def test_options_names_the_methods_of_a_path(path: str, door: str) -> None:
    answer = call("OPTIONS", filled(path), headers={"Origin": CONSOLE}, door=DOORS[door])
    assert (answer.status, answer.text) == (204, "")
    assert answer.headers["allow"] == ", ".join([*ROUTES[path], "OPTIONS"])
    assert not [name for name in answer.headers if name.startswith("access-control") or name == "vary"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("path", INNER)
def test_a_path_between_routes_gets_404_in_words_for_every_method(path: str, door: str) -> None:
    for method in METHODS:
        answer = call(method, filled(path), headers=BEARER, door=DOORS[door])
        assert answer.status == 404
        if method != "HEAD":
            assert "No such route" in words(answer)


def test_a_trailing_slash_gets_404_that_says_so_whether_the_method_fits_or_not() -> None:
    for door in DOORS.values():
        assert "trailing slash: /openapi.json" in words(call("GET", "/openapi.json/", door=door))
        assert "trailing slash: /openapi.json" in words(call("PUT", "/openapi.json/", door=door))


# ---------------------------------------------------------------- pages of other origins


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> str:
    """The deployment allows this origin, and another."""
    monkeypatch.setenv("ALLOWED_ORIGINS", f"https://other.example.com, {CONSOLE}/")
    monkeypatch.setattr(foundation, "allowed_origins", settings.allowed_origins)
    return CONSOLE


@pytest.mark.parametrize("path", ROUTES)
def test_a_preflight_request_of_an_allowed_origin_is_granted(console: str, path: str) -> None:
    asked = {"Origin": console, "Access-Control-Request-Method": ROUTES[path][0]}
    answer = call("OPTIONS", filled(path), headers=asked)
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == console
    assert answer.headers["access-control-allow-methods"] == ", ".join(ROUTES[path])
    assert answer.headers["access-control-allow-headers"] == cors.ALLOWED_HEADERS
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(("method", "path"), [("GET", "/openapi.json"), ("GET", "/campaign/nothing"), ("PUT", "/v1/x")])
def test_every_response_may_be_read_by_an_allowed_origin(console: str, method: str, path: str) -> None:
    answer = call(method, path, headers={"origin": console})
    assert answer.headers["access-control-allow-origin"] == console
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", f"{CONSOLE}.evil.example", "http" + CONSOLE[5:]]
)
def test_any_other_origin_gets_no_leave(console: str, origin: str) -> None:
    for method in ("OPTIONS", "GET"):
        answer = call(method, "/openapi.json", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-methods" not in answer.headers
        assert answer.headers["vary"] == "Origin"


def test_every_origin_is_allowed_where_the_deployment_says_so() -> None:
    assert cors.headers(frozenset("*"), CONSOLE)["Access-Control-Allow-Origin"] == [CONSOLE]


# ---------------------------------------------------------------- refused by the gateway itself


@pytest.fixture
def bare_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resources without a method for all other methods."""
    known = {
        path: {method: function for method, function in methods.items() if function != "unmatched_route"}
        for path, methods in front_doors.tree().items()
    }
    monkeypatch.setattr(front_doors, "tree", lambda: known)


@pytest.mark.usefixtures("bare_tree")
@pytest.mark.parametrize("headers", [{}, BEARER, {"Authorization": "a-secret-without-a-scheme"}])
def test_without_a_method_of_our_own_the_gateway_responds_and_quotes_no_token(headers: dict[str, str]) -> None:
    for method, path in (
        ("PUT", "/campaign/agents"),
        ("HEAD", "/campaign/agents"),
        ("GET", "/v1"),
        ("GET", "/nothing"),
    ):
        answer = call(method, path, headers=headers)
        assert answer.status == 404
        assert "secret" not in answer.text
        assert method == "HEAD" or problem(answer, 404)["success"] is False
    missing = "MissingAuthenticationTokenException"
    assert answer.headers["x-amzn-errortype"] == ("IncompleteSignatureException" if headers else missing)


@pytest.mark.parametrize(
    "error",
    [
        RefusedError("DEFAULT_4XX", 403, "'a-secret' not a valid key=value pair", "IncompleteSignatureException"),
        RefusedError("THROTTLED", 429, "Limit Exceeded", "TooManyRequestsException"),
        RefusedError("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out", "InternalServerErrorException"),
        RefusedError("AUTHORIZER_FAILURE", 500, "a-secret", "AuthorizerFailureException"),
    ],
    ids=lambda error: error.kind,
)
def test_whatever_the_gateway_refuses_is_a_problem_that_quotes_nothing(error: RefusedError) -> None:
    for has_origins in (False, True):
        got = front_doors.refused(Sent("GET", "/"), error, has_origins=has_origins)
        document = problem(Response(got.status, got.headers, got.text), got.status)
        assert error.message not in got.text
        assert document["error"] == document["detail"]
        assert ("access-control-allow-origin" in got.headers) is has_origins


@pytest.mark.parametrize(
    "body",
    ["x" * (10 * 1024 * 1024 + 1), json.dumps({"text": '"' * 3_500_000}), "[" + "1," * 2_100_000 + "1]"],
    ids=["over 10 MB", "over 6 MB when escaped", "over our limit"],
)
def test_a_body_that_is_too_large_gets_413_in_words(body: str) -> None:
    assert "Split the request" in problem(call("POST", "/carrier-events/simulated", body), 413)["detail"]


def test_the_largest_body_that_we_take_passes_the_gateway_pretty_printed() -> None:
    row = {"phone_numbers": ["+14155550123"], "data": {f"key_{n}": "v" for n in range(20)}}
    text = json.dumps({"contacts": [row] * 9_000}, indent=2)[:MAX_BODY_BYTES]
    assert len(text) == MAX_BODY_BYTES
    event, function = front_doors.rest(Sent("POST", "/carrier-events/simulated", [], text))
    assert (function, len(event["body"])) == ("receive_carrier_event", MAX_BODY_BYTES)
    check_body(event)


def test_too_large_headers_are_refused() -> None:
    answer = call("GET", "/openapi.json", headers={"X-Filler": "x" * 10_240})
    assert 400 <= answer.status < 500
    assert words(answer)


@pytest.mark.parametrize("body", ["x" * 6_291_556, '"' * 3_200_000, 7])
def test_a_result_that_lambda_or_the_gateway_does_not_take_gets_502_in_words(
    monkeypatch: pytest.MonkeyPatch, body: Any
) -> None:
    result = {"statusCode": 200, "multiValueHeaders": {}, "body": body}
    monkeypatch.setattr(source.app("get_openapi"), "handler", lambda *_: result)
    problem(call("GET", "/openapi.json"), 502)
