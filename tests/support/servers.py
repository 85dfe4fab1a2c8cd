"""The servers that tests run against, as fixtures; and what keeps tests away from the user's AWS accounts."""

import os
from collections.abc import Iterator

import pytest

from tools.stack.dynamodb_local import dynamodb_local
from tools.stack.local_stack import Stack, running_stack
from tools.stack.ministack import REGION


def forget_aws_settings() -> None:
    """Give this process dummy credentials and no profile, endpoint or configuration of the user's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION=REGION,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """The URL of a DynamoDB Local of this test process's own."""
    with dynamodb_local() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The real template deployed to a MiniStack of its own that enforces each function's IAM policy."""
    with running_stack(auth=True) as deployed:
        yield deployed
