"""A table of DynamoDB Local per test process, and an org of its own per test."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from campanile.edge.authentication import Authenticator
from campanile.edge.settings import Settings
from campanile.edge.wiring import contacts, files, foundation, imports, reports
from campanile.edge.wiring import credentials as wired_credentials
from campanile.store import credentials
from campanile.store.credentials import ALL_SCOPES
from campanile.store.table import Table
from tests.support import table as tables
from tests.support.dialer import Dialer
from tests.support.gateway import Client


@pytest.fixture(scope="session")
def dynamodb(dynamodb_endpoint: str) -> Any:
    """A client of DynamoDB Local."""
    return tables.connect(dynamodb_endpoint)


@pytest.fixture(scope="session")
def shared_table(dynamodb: Any) -> str:
    """The name of a table as the template defines it."""
    return tables.create(dynamodb)


@pytest.fixture
def table(dynamodb: Any, shared_table: str) -> Table:
    """The store's port to the table that the process' tests share; each test has orgs of its own."""
    return tables.open_table(dynamodb, shared_table)


@pytest.fixture
def empty_table(dynamodb: Any) -> Iterator[Table]:
    """A table nobody else uses, for what looks at every org."""
    name = tables.create(dynamodb)
    yield tables.open_table(dynamodb, name)
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def dialer(table: Table) -> Iterator[Dialer]:
    """An org with the default limit of 10, a virtual clock and a scripted provider."""
    org = Dialer(table)
    yield org
    assert org.telephony.overlaps == [], "two calls to one contact or number at once"
    told = repr(org.log.lines)
    assert not [post.to for post in org.posts if post.to in told], "a phone number was logged"


@pytest.fixture
def edge(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> Dialer:
    """The functions wired to the test's table, clock and queue."""
    authenticator = Authenticator(dialer.table)
    settings = Settings(table_name=dialer.table.name)
    parts: dict[ModuleType, dict[str, Any]] = {
        foundation: {
            "table": dialer.table,
            "clock": dialer.clock,
            "dial_queue": dialer.queue,
            "configured": settings,
        },
        wired_credentials: {"authenticator": authenticator},
        imports: {"import_ports": dialer.import_ports},
        contacts: {"export_ports": dialer.export_ports, "enqueue_ports": dialer.enqueue_ports},
        reports: {"report_ports": dialer.ports.for_reports},
        files: {"bucket": dialer.bucket},
    }
    for module, made in parts.items():
        for name, part in made.items():
            monkeypatch.setattr(module, name, lambda part=part: part)
    return dialer


@pytest.fixture
def key(edge: Dialer) -> Callable[..., Client]:
    """Makes a client with a key of its own: by scopes, org and age."""

    def make(scopes: frozenset[str] = ALL_SCOPES, org: str = "", expires_in: int | None = None) -> Client:
        now = edge.clock.now_ms()
        expires_at = None if expires_in is None else now + 1000 * expires_in
        token = credentials.create_api_key(edge.table, org or edge.org, scopes, now, expires_at)
        return Client(f"Bearer {token}")

    return make


@pytest.fixture
def api(key: Callable[..., Client]) -> Client:
    return key()
