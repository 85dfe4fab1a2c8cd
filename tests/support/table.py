"""The table on DynamoDB Local, made from the template's own definition: tests and deployment cannot disagree."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from threading import Event
from typing import Any, TypeVar
from uuid import uuid4

import boto3
from botocore.config import Config

from campanile.store.table import Item, Returned, Table
from tests.support.template import table_definition

T = TypeVar("T")


def connect(endpoint: str) -> Any:
    """A client for many threads, with retries as in production: the emulator closes idle connections."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        config=Config(max_pool_connections=80, retries={"mode": "standard", "max_attempts": 4}),
    )


def create(client: Any) -> str:
    """Create a table of a name of its own and answer the name."""
    name = f"campanile-{uuid4()}"
    client.create_table(TableName=name, **table_definition("Table"))
    return name


def open_table(client: Any, name: str) -> Table:
    """The store's port to a table; after a conflict it really waits, as time is what rivals need."""
    return Table(client, name, Random(), _wait)


def _wait(seconds: float) -> None:
    Event().wait(seconds)


class CountingTable(Table):
    """A table that counts the requests it makes, by kind; one batch or transaction is one request."""

    def __init__(self, client: Any, name: str) -> None:
        self.requests: Counter[str] = Counter()
        counting: Any = _Counting(client, self.requests)
        super().__init__(counting, name, Random(), _wait)


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


@dataclass(frozen=True, slots=True)
class Request:
    """A request to the table: the method's name, what it is about (a key, keys, a condition, an action, actions)."""

    operation: str
    about: Any
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def is_gate(self) -> bool:
        """Whether it is the dialer's gate that asks: nothing else reads do-not-call entries."""
        return self.operation == "batch_get" and any(key["SK"] == "D" for key in self.about)


Hook = Callable[[Request], object]


class InterposedTable(Table):
    """The same table, with others acting before and after its requests."""

    def __init__(self, table: Table, before: Hook, after: Hook) -> None:
        self.__dict__.update(vars(table))
        self._before = before
        self._after = after

    def get(self, key: Any, consistent: bool = True) -> Item | None:
        get = super().get
        return self._between(Request("get", key, {"consistent": consistent}), lambda: get(key, consistent))

    def batch_get(self, wanted: Any, consistent: bool = True) -> dict[tuple[str, str], Item]:
        batch_get = super().batch_get
        request = Request("batch_get", wanted, {"consistent": consistent})
        return self._between(request, lambda: batch_get(wanted, consistent))

    def query(self, condition: str, values: Any, **options: Any) -> Iterator[Item]:
        query = super().query
        return self._between(Request("query", condition, options), lambda: query(condition, values, **options))

    def write(self, action: Any, returned: Returned = "NONE") -> Item:
        write = super().write
        return self._between(Request("write", action), lambda: write(action, returned))

    def transact(self, actions: Any) -> None:
        transact = super().transact
        self._between(Request("transact", actions), lambda: transact(actions))

    def _between(self, request: Request, make: Callable[[], T]) -> T:
        self._before(request)
        answer = make()
        self._after(request)
        return answer
