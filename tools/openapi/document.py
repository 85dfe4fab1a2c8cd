"""The API as one OpenAPI 3.1 document: what each function's resolver knows of its route, completed by rule.

Functions are found, not listed. Fields are described by the docstrings below them in the model's source, requests by
`events/<function>.json`, responses by `docs/examples/<function>.json`; a function with several has one per status.
"""

import ast
import inspect
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from textwrap import dedent
from types import ModuleType
from typing import Any

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge
from aws_lambda_powertools.event_handler.openapi.models import License, Server
from pydantic import BaseModel

from campanile import schema as schemas
from campanile.domain import calling_window
from campanile.edge import http
from campanile.schema.problems import Problem
from tools.bootstrap import ROOT
from tools.openapi.words import (
    DESCRIPTION,
    HEADERS,
    PARAMETERS,
    REFUSALS,
    REQUEST_HEADERS,
    SECURITY_SCHEMES,
    SEGMENT_TAGS,
    TAGS,
)

Json = dict[str, Any]
SHOWN = ("/campaign/", "/openapi.json", "/reference")
COMPONENT = "#/components/{}/{}"


@dataclass(frozen=True)
class Function:
    """A Lambda function whose route the document shows; `name` is that of its folder."""

    name: str
    says: str
    scopes: frozenset[str] | None
    schema: Json

    @property
    def method(self) -> str:
        return str(next(iter(self._item)))

    @property
    def path(self) -> str:
        return str(next(iter(self.schema["paths"])))

    @property
    def operation(self) -> Json:
        found: Json = self._item[self.method]
        return found

    @property
    def _item(self) -> Json:
        item: Json = self.schema["paths"][self.path]
        return item


def build() -> Json:
    """The document, the same to the byte for the same code."""
    functions = sorted(_functions(), key=lambda one: (one.path, one.method))
    merge = OpenAPIMerge(
        title="Campanile",
        version=tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"],
        openapi_version="3.1.0",
        summary="Outbound calling campaigns",
        description=DESCRIPTION,
        servers=[Server(url=".", description="Where this document was fetched from")],
        license_info=License(name="Apache-2.0", identifier="Apache-2.0"),
        on_conflict="error",
    )
    for function in functions:
        function.schema["paths"][function.path][function.method] = _completed(function)
        merge.add_schema(function.schema)
    document = merge.get_openapi_schema()
    used = {tag for one in functions for tag in one.operation["tags"]}
    document["tags"] = [{"name": name, "description": words} for name, words in TAGS.items() if name in used]
    document["components"] = _components(document)
    return document


def _functions() -> Iterator[Function]:
    for path in sorted((ROOT / "functions").glob("*/*/app.py")):
        name = path.parent.name
        module = import_module(f"functions.{path.parents[1].name}.{name}.app")
        if isinstance(module.handler, http.Endpoint):
            model = module.handler.api.get_openapi_schema()
            schema = model.model_dump(mode="json", by_alias=True, exclude_none=True)
            function = Function(name, inspect.getdoc(module) or "", module.handler.accepted_scopes, _tidy(schema))
            if function.path.startswith(SHOWN):
                yield function


# ---------------------------------------------------------------- operations


def _completed(function: Function) -> Json:
    """The operation in full, in the order in which one reads it."""
    event = json.loads((ROOT / "events" / f"{function.name}.json").read_text(encoding="utf-8"))
    says = _sentence(function.says.partition(": ")[2])
    operation: Json = {
        "tags": [_tag(function.path)],
        "summary": says.partition(";")[0].partition(". ")[0].rstrip("."),
        "description": " ".join([says, *_scopes_in_words(function.scopes)]),
        "operationId": function.name,
        "security": [] if function.scopes is None else [{"bearerAuth": []}],
        "parameters": [*_parameters(function, event), *_header_parameters(function)],
    }
    if function.scopes:
        operation["x-scopes"] = sorted(function.scopes)
    if body := function.operation.get("requestBody"):
        body["content"]["application/json"]["example"] = json.loads(event["body"])
        operation["requestBody"] = body
    operation["responses"] = _responses(function)
    return operation


def _tag(path: str) -> str:
    return next(tag for segment, tag in SEGMENT_TAGS.items() if segment in path.split("/"))


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def _scopes_in_words(scopes: frozenset[str] | None) -> list[str]:
    if scopes is None:
        return []
    if not scopes:
        return ["Any valid credential will do."]
    names = [f"`{scope}`" for scope in sorted(scopes)]
    return [f"Scope: {'one of ' if len(names) > 1 else ''}{', '.join(names)}."]


def _parameters(function: Function, event: Json) -> Iterator[Json]:
    given = {name: [value] for name, value in (event["pathParameters"] or {}).items()}
    given |= event["multiValueQueryStringParameters"] or {}
    for parameter in function.operation.get("parameters", []):
        name, schema = parameter["name"], parameter["schema"]
        if parameter["in"] == "path":
            schema["maxLength"] = http.MAX_ID_CHARACTERS
        described = {
            "name": name,
            "in": parameter["in"],
            "required": parameter["required"],
            "description": PARAMETERS[name],
            "schema": schema,
        }
        if name in given:
            described["example"] = _typed(given[name], schema.get("type"))
        yield described


def _typed(values: list[str], kind: str | None) -> Any:
    """A parameter as an event has it, in the type that its schema asks for."""
    match kind:
        case "array":
            return values
        case "integer" | "boolean":
            return json.loads(values[0])
        case _:
            return values[0]


def _header_parameters(function: Function) -> list[Json]:
    names = ["Organization"] if function.scopes is not None else []
    names += ["IdempotencyKey"] if function.method == "post" else []
    return [{"$ref": COMPONENT.format("parameters", name)} for name in names]


def _responses(function: Function) -> Json:
    """Success as Powertools describes it, and by rule the errors that the operation can return."""
    successes = {status: one for status, one in function.operation["responses"].items() if status != "422"}
    done: Json = {}
    for status, success in successes.items():
        done[status] = {
            "description": success["description"].replace("Successful Response", "Done"),
            "headers": {"X-Request-Id": {"$ref": COMPONENT.format("headers", "RequestId")}},
        }
        if status != "204":
            [content_type] = success["content"]
            example = json.loads((ROOT / "docs" / "examples" / f"{function.name}.json").read_text(encoding="utf-8"))
            one = example if len(successes) == 1 else example[status]
            done[status]["content"] = {content_type: {**success["content"][content_type], "example": one}}
    refusals = {
        str(number): {"$ref": COMPONENT.format("responses", REFUSALS[number].name)} for number in _refusals(function)
    }
    return {**done, **refusals}


def _refusals(function: Function) -> list[int]:
    changes, has_body = function.method != "get", "requestBody" in function.operation
    possible = {
        400: has_body or function.method == "post",
        401: function.scopes is not None,
        403: function.scopes is not None,
        404: "{" in function.path,
        409: changes,
        413: has_body,
        422: True,
        500: True,
    }
    return [status for status, can_be in possible.items() if can_be]


# ---------------------------------------------------------------- components


def _components(document: Json) -> Json:
    known = document["components"]["schemas"]
    known |= _problem_schemas()
    responses = {refusal.name: refusal.response(status) for status, refusal in sorted(REFUSALS.items())}
    used = sorted(reachable([document["paths"], responses], known))
    described = _descriptions()
    for name in used:
        for field, schema in known[name].get("properties", {}).items():
            if words := described.get(name, {}).get(field):
                known[name]["properties"][field] = {**schema, "description": words}
    return {
        "schemas": {name: known[name] for name in used},
        "responses": responses,
        "parameters": REQUEST_HEADERS,
        "headers": HEADERS,
        "securitySchemes": SECURITY_SCHEMES,
    }


def _problem_schemas() -> Json:
    schema = Problem.model_json_schema(ref_template=COMPONENT.format("schemas", "{model}"))
    inner: Json = schema.pop("$defs")
    problems: Json = _tidy({"schemas": {"Problem": schema, **inner}})["schemas"]
    return problems


def reachable(value: Any, schemas: Json, seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """The names of the schemas to which `value` refers, directly or not."""
    for reference in _references(value):
        name = reference.rpartition("/")[2]
        if "/schemas/" in reference and name not in seen:
            seen = reachable(schemas[name], schemas, seen | {name})
    return seen


def _references(value: Any) -> Iterator[str]:
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from _references(inner)
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        yield value["$ref"]


def _schema_modules() -> Iterator[ModuleType]:
    for found in iter_modules(schemas.__path__, f"{schemas.__name__}."):
        yield import_module(found.name)


def _descriptions() -> dict[str, dict[str, str]]:
    """Per model and field, the docstring below the field in the source; a subclass goes before its base."""
    found: dict[str, dict[str, str]] = {}
    for module in (calling_window, *_schema_modules()):
        for name, model in inspect.getmembers(module, lambda one: inspect.isclass(one) and issubclass(one, BaseModel)):
            found[name] = {}
            for cls in reversed([one for one in model.__mro__ if one.__module__.startswith("campanile.")]):
                found[name] |= _docstrings(cls)
    return found


def _docstrings(cls: type) -> dict[str, str]:
    [definition] = ast.parse(dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: " ".join(str(words.value.value).split())
        for field, words in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(words, ast.Expr) and isinstance(words.value, ast.Constant)
    }


def _tidy(value: Any) -> Any:
    """Without the titles that pydantic makes of names; whole numbers as such, which Powertools made floats."""
    if isinstance(value, list):
        return [_tidy(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        is_schema = not isinstance(value.get("title"), dict)
        return {key: _tidy(one) for key, one in value.items() if not (key == "title" and is_schema)}
    return value
