"""The table in memory: the simulation's engine, for tests of a hundred thousand requests, or of worlds by the dozen."""

from collections.abc import Callable
from random import Random
from threading import Lock
from typing import Any

from campanile.store.table import Table
from tests.dynamodb_engine.engine import Engine
from tests.support.template import table_definition


class Memory:
    """A client that hands one request at a time to an engine of its own, from whatever thread."""

    def __init__(self) -> None:
        self._engine = Engine(table_definition("Table"))
        self._lock = Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation: Callable[..., Any] = getattr(self._engine, name)

        def alone(**request: Any) -> Any:
            with self._lock:
                return operation(**request)

        return alone

    def table(self) -> Table:
        """The store's port to it."""
        client: Any = self
        return Table(client, "table", Random(1), lambda _seconds: None)
