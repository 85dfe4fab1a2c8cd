"""What Lambda gets of our functions: they run under its own runtime client, which writes JSON in two manners."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import front_doors, source
from tests.support.events import load_event
from tests.support.front_doors import RESULT_BYTES, Sent
from tests.support.lambda_runtime import Result, invoke

pytest.importorskip("awslambdaric", reason="it is built for Linux only")

RUNTIMES = ["python3.11", "python3.13"]
"""Python 3.12 and later leave non-ASCII characters as they are."""
LARGE_PAGE = """
from pydantic import BaseModel

from campanile.edge import http
from campanile.schema import pagination


class Row(BaseModel):
    text: str


class Page(BaseModel):
    rows: list[Row]


api = http.rest_api()


@api.get("/openapi.json")
def page(text: str) -> Page:
    return Page(rows=pagination.fitting([Row(text=text * 1_000)] * 9_000))


handler = http.Endpoint(api, None)
"""


def run(function: str, runtime: str, *events: object, **environment: str) -> list[Result]:
    folder = source.functions()[function].path.parent
    return invoke(folder, runtime, events, environment)


def request(method: str, target: str) -> dict[str, Any]:
    return front_doors.rest(Sent(method, target))[0]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_response_reaches_the_gateway_as_it_was_made(runtime: str) -> None:
    events = request("GET", "/openapi.json"), request("GET", "/openapi.json?unknown=1")
    got, refused = run("get_openapi", runtime, *events)
    assert not got.is_error
    response = front_doors.received(Sent("GET", "/openapi.json"), got.document)
    assert (response.status, json.loads(response.text)["openapi"]) == (200, "3.1.0")
    assert len(got.raw) <= len(json.dumps(got.document))
    assert refused.document["statusCode"] == 422


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_method_that_no_route_takes_gets_405(runtime: str) -> None:
    [got] = run("unmatched_route", runtime, load_event("unmatched_route"))
    assert (got.is_error, got.document["statusCode"]) == (False, 405)


def test_an_endpoint_without_its_settings_is_a_500_and_no_error_of_the_function() -> None:
    [got] = run("get_campaign", "python3.13", load_event("get_campaign"))
    assert (got.is_error, got.document["statusCode"]) == (False, 500)


def test_a_failed_invocation_is_reported_by_the_type_of_its_error_alone() -> None:
    """Lambda logs what a handler raises, and its words may quote a person."""
    [got] = run("tick", "python3.13", load_event("tick"))  # it has no settings
    assert (got.is_error, got.document["errorType"]) == (True, "ServingError")
    assert got.document["errorMessage"] == "WrongSettingError"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_largest_page_is_within_what_lambda_returns(tmp_path: Path, runtime: str) -> None:
    (tmp_path / "app.py").write_text(LARGE_PAGE, encoding="utf-8")
    texts = ["x", '"', "\\", "é", "名", "😀", "\n"]
    event = request("GET", "/openapi.json")
    events = [event | {"multiValueQueryStringParameters": {"text": [text]}} for text in texts]
    for got in invoke(tmp_path, runtime, events, {}):
        assert got.document["statusCode"] == 200
        assert 5_800_000 < len(got.raw) < RESULT_BYTES
