"""The table on DynamoDB Local, made from the template's own definition: tests and deployment cannot disagree."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from threading import Event
from typing import Any
from uuid import uuid4

import boto3
import yaml
from botocore.config import Config

from campanile.store.table import Table

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
LONGEST_BACK_OFF_SECONDS = 0.02
_CREATED = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "BillingMode",
)


class _CloudFormation(yaml.SafeLoader):
    """YAML with CloudFormation's short functions, whose values play no part here."""


def _ignore(loader: yaml.Loader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_CloudFormation.add_multi_constructor("!", _ignore)


@cache
def definition() -> dict[str, Any]:
    """What the template says of the table, as far as `create_table` takes it."""
    template = yaml.load(TEMPLATE.read_text(), Loader=_CloudFormation)  # noqa: S506  a SafeLoader, and our own file
    properties = template["Resources"]["Table"]["Properties"]
    return {name: properties[name] for name in _CREATED}


def connect(endpoint: str) -> Any:
    """A client for many threads, which never asks twice: a test sees every failure."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        config=Config(max_pool_connections=80, retries={"mode": "standard", "total_max_attempts": 1}),
    )


def create(client: Any) -> str:
    """Create a table of a name of its own and answer the name."""
    name = f"campanile-{uuid4()}"
    client.create_table(TableName=name, **definition())
    return name


def open_table(client: Any, name: str) -> Table:
    """The store's port to a table; it waits only briefly after a conflict."""
    return Table(client, name, Random(1), _wait_briefly)


def _wait_briefly(seconds: float) -> None:
    Event().wait(min(seconds, LONGEST_BACK_OFF_SECONDS))


class CountingTable(Table):
    """A table that counts the requests it makes, by kind; one batch or transaction is one request."""

    def __init__(self, client: Any, name: str) -> None:
        self.requests: Counter[str] = Counter()
        super().__init__(_Counting(client, self.requests), name, Random(1), _wait_briefly)


class _Counting:
    """A DynamoDB client that notes the name of every operation."""

    def __init__(self, client: Any, requests: Counter[str]) -> None:
        self._client = client
        self._requests = requests

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation: Callable[..., Any] = getattr(self._client, name)

        def counted(**request: Any) -> Any:
            self._requests[name] += 1
            return operation(**request)

        return counted
