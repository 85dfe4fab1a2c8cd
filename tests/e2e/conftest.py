"""One deployed stack for all end-to-end tests: short leases, so that a lost event is looked up soon."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support import rest_proxy
from tests.support.api import Api, CarrierRecord
from tools.stack.local_stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The real template on a MiniStack of its own that enforces each function's IAM policy. Its API is called through
    API Gateway's front door.
    """
    parameters = {"SimulatedCallSeconds": "1", "CallLeaseSeconds": "4", "PostTimeoutSeconds": "3"}
    with running_stack(auth=True, parameters=parameters) as deployed, rest_proxy.before(deployed.api_url) as api_url:
        yield replace(deployed, api_url=api_url)


@pytest.fixture(scope="session")
def api(stack: Stack) -> Api:
    return Api(stack, stack.api_key)


@pytest.fixture(scope="session")
def carrier(stack: Stack) -> CarrierRecord:
    return CarrierRecord(stack)
