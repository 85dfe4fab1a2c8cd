"""The OpenAPI document: what the code says, whole, valid, and with examples that hold to it."""

import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support import source
from tests.support.events import load_event
from tests.support.gateway import call
from tests.support.template import FUNCTION, ROOT, folder, resources, routes
from tools.openapi import __main__

EDGE = ROOT / "layers" / "common" / "campanile" / "edge"
OF_OTHERS = re.compile(r"/carrier-events/|/simulated-carrier/|/v1/|/$|/\{proxy\+\}")
"""Routes that carriers describe, or OSVI (seed 004), and what none takes."""
SERVED = {
    (route.method.lower(), route.path): folder(resources(FUNCTION)[route.function])
    for route in routes()
    if not OF_OTHERS.match(route.path)
}


@cache
def document() -> dict[str, Any]:
    return dict(json.loads((EDGE / "openapi.json").read_text(encoding="utf-8")))


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body in either direction, by a name for it."""
    for _, _, operation in operations():
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{operation['operationId']} {kind}", content
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values():
                yield f"{operation['operationId']} {status}", content
    for name, response in document()["components"]["responses"].items():
        for content in response["content"].values():
            yield name, content


def faults(example: Any, schema: dict[str, Any]) -> list[str]:
    """Why the schema does not admit the example."""
    whole = {**schema, "components": document()["components"]}
    return [error.message for error in OAS31Validator(whole, format_checker=oas31_format_checker).iter_errors(example)]


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    _, kind, name = value["$ref"].rsplit("/", 2)
    return dict(document()["components"][kind][name])


# ---------------------------------------------------------------- true and whole


def test_document_and_page_are_what_the_code_says() -> None:
    for path, text in __main__.generated().items():
        assert path.read_text(encoding="utf-8") == text, "run `python -m tools.openapi`"


def test_the_document_shows_the_routes_of_the_template_and_no_others() -> None:
    shown = {(method, path): operation["operationId"] for method, path, operation in operations()}
    assert shown == SERVED


def test_the_document_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document()).iter_errors()] == []
    for schema in document()["components"]["schemas"].values():
        OAS31Validator.check_schema(schema)


def test_every_operation_says_what_it_does_and_what_it_returns() -> None:
    for method, _, operation in operations():
        assert operation["summary"]
        assert operation["description"].startswith(operation["summary"])
        assert set(operation["tags"]) <= {tag["name"] for tag in document()["tags"]}
        assert {"422", "500"} < operation["responses"].keys()
        assert ("requestBody" in operation) <= ({"400", "413"} <= operation["responses"].keys())
        assert (method != "get") == ("409" in operation["responses"])
        assert operation.get("requestBody", {"required": True})["required"]


def test_every_parameter_and_every_field_of_a_request_is_described() -> None:
    for _, _, operation in operations():
        assert all(resolved(parameter)["description"] for parameter in operation["parameters"])
    for name, schema in document()["components"]["schemas"].items():
        if name.endswith(("Input", "Patch", "Window", "Override")):
            assert [field for field, one in schema["properties"].items() if not one.get("description")] == [], name


def test_a_credential_is_asked_for_exactly_where_the_function_asks_for_one() -> None:
    for _, _, operation in operations():
        scopes = source.app(operation["operationId"]).handler.accepted_scopes
        assert operation["security"] == ([] if scopes is None else [{"bearerAuth": []}])
        assert operation.get("x-scopes", []) == sorted(scopes or [])
        assert ("401" in operation["responses"]) == ("403" in operation["responses"]) == (scopes is not None)


def test_a_post_takes_an_idempotency_key_and_every_response_carries_a_request_id() -> None:
    for method, _, operation in operations():
        names = [resolved(parameter)["name"] for parameter in operation["parameters"]]
        assert ("Idempotency-Key" in names) == (method == "post")
        assert (source.app(operation["operationId"]).handler.once is not None) == (method == "post")
        assert all(resolved(one)["headers"]["X-Request-Id"] for one in operation["responses"].values())


def test_every_error_is_a_problem_document() -> None:
    for _, _, operation in operations():
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(resolved(response)["content"]) == ["application/problem+json"]


# ---------------------------------------------------------------- examples


def test_every_body_has_an_example_that_its_schema_admits() -> None:
    for name, content in contents():
        assert faults(content["example"], content["schema"]) == [], name


@pytest.mark.parametrize(("text", "kind"), [("2026-07-01 17:00", "date-time"), ("0197", "uuid")])
def test_the_formats_of_examples_are_looked_at(text: str, kind: str) -> None:
    assert faults(text, {"type": "string", "format": kind})


def test_every_operation_with_a_body_in_its_response_has_an_example_and_no_other_has_one() -> None:
    answering = {name for name in SERVED.values() if not name.startswith("delete_")}
    assert {path.stem for path in (ROOT / "docs" / "examples").iterdir()} == answering


def test_the_example_of_a_parameter_is_the_events_and_one_its_schema_admits() -> None:
    for _, _, operation in operations():
        event = load_event(operation["operationId"])
        for parameter in operation["parameters"]:
            if "example" in parameter:
                assert faults(parameter["example"], parameter["schema"]) == []
            if parameter.get("in") == "path":
                assert parameter["example"] == event["pathParameters"][parameter["name"]]


# ---------------------------------------------------------------- served


def test_anybody_may_fetch_the_document_and_the_page() -> None:
    as_json, as_page = call("GET", "/openapi.json"), call("GET", "/reference")
    assert (as_json.status, as_json.headers["content-type"]) == (200, "application/json")
    assert as_json.body == document()
    assert (as_page.status, as_page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert as_page.text == (EDGE / "reference.html").read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Notes what a page names and what it refers to, and refuses what would load or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "link", "img", "iframe"}
        attributes = dict(attrs)
        assert not {name for name in attributes if name.startswith("on") or name == "src"}
        self.names += [attributes["id"] or ""] if "id" in attributes else []
        self.links += [attributes["href"] or ""] if "href" in attributes else []


def test_the_page_loads_nothing_and_its_links_lead_somewhere() -> None:
    page = (EDGE / "reference.html").read_text(encoding="utf-8")
    assert "url(" not in page
    assert "@import" not in page
    reader = Reader()
    reader.feed(page)
    assert len(reader.names) == len(set(reader.names))
    assert {link for link in reader.links if link.removeprefix("#") not in reader.names} == {"openapi.json"}
    assert set(SERVED.values()) <= set(reader.names)
