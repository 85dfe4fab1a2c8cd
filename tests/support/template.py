"""template.yaml as tests read it: CloudFormation's short forms spelled out, `Globals` kept apart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
API = "AWS::Serverless::Api"
FUNCTION = "AWS::Serverless::Function"
QUEUE = "AWS::SQS::Queue"
TABLE = "AWS::DynamoDB::Table"


class _Loader(yaml.SafeLoader):
    """Reads `!Sub x` as {"Fn::Sub": "x"}; nothing is resolved."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path of the API, and the function that serves it."""

    function: str
    method: str
    path: str


@cache
def template() -> dict[str, Any]:
    """The whole template."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, _Loader))  # noqa: S506  a SafeLoader


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Properties by logical id of the resources of one type."""
    found: Mapping[str, Any] = template()["Resources"]
    return {name: one["Properties"] for name, one in found.items() if one["Type"] == kind}


def setting(function: Mapping[str, Any], name: str) -> Any:
    """A property of a function, from `Globals` where the function does not set it."""
    return function.get(name, template()["Globals"]["Function"].get(name))


def folder(function: Mapping[str, Any]) -> str:
    """The name of a function's folder, whatever its subject."""
    return str(function["CodeUri"]).rpartition("/")[2]


def environment(function: Mapping[str, Any]) -> dict[str, Any]:
    """A function's environment variables, the global ones included."""
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    return {**shared, **function.get("Environment", {}).get("Variables", {})}


def routes() -> list[Route]:
    """Every route of the API."""
    return [
        Route(name, event["Properties"]["Method"].upper(), event["Properties"]["Path"])
        for name, function in resources(FUNCTION).items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "Api"
    ]


def fallbacks() -> list[Route]:
    """The methods that the API itself gives to paths, beside those of the functions' routes."""
    [api] = resources(API).values()
    found = []
    for path, methods in api.get("DefinitionBody", {}).get("paths", {}).items():
        for key, method in methods.items():
            named = referred(method["x-amazon-apigateway-integration"]["uri"])
            [function] = {one for one in named if not one.startswith("AWS::")}
            name = "ANY" if key == "x-amazon-apigateway-any-method" else key.upper()
            found.append(Route(function, name, path))
    return found


def event_types(function: Mapping[str, Any]) -> set[str]:
    """What invokes a function: `Api`, `SQS`, `S3`, `Schedule`."""
    return {event["Type"] for event in function.get("Events", {}).values()}


def statements(function: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The statements of a function's policies."""
    for policy in function.get("Policies", []):
        yield from policy["Statement"]


def referred(value: Any) -> set[str]:
    """The logical ids that a value refers to by Ref, GetAtt or Sub."""
    if isinstance(value, list):
        return set().union(*map(referred, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for name, inner in value.items():
        if name == "Ref":
            found.add(inner)
        elif name == "Fn::GetAtt":
            found.add(inner[0])
        elif name == "Fn::Sub":
            text, values = (inner, {}) if isinstance(inner, str) else inner
            names = {part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:]}
            found |= names - values.keys() | referred(list(values.values()))
        else:
            found |= referred(inner)
    return found


def table_definition(name: str) -> dict[str, Any]:
    """What boto3's `create_table` needs to make the table `name` (a logical id) as the template deploys it."""
    properties = resources(TABLE)[name]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {key: properties[key] for key in wanted if key in properties}
