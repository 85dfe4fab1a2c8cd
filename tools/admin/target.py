"""Which deployed stack a command acts on, and how it reports errors."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import SystemRandom
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from campanile.store import orgs
from campanile.store.table import Table
from tools.stack.local_stack import Stack, aws_client

StackName = Annotated[str, typer.Option(help="The deployed stack, in the AWS account and region of this shell.")]
StackFile = Annotated[Path | None, typer.Option(help="A local stack's file, .local/stack.json, instead of AWS.")]


class RefusedError(Exception):
    """The command cannot be carried out; the message says what to do."""


@dataclass(frozen=True)
class Target:
    """A deployed stack: its table, its bucket, the org meant when none is named, and how to reach its services."""

    table_name: str
    bucket: str
    org: str | None
    client: Callable[[str], Any]

    @cached_property
    def table(self) -> Table:
        return Table(self.client("dynamodb"), self.table_name, SystemRandom(), time.sleep)


@contextmanager
def deployed(stack_name: str, stack_file: Path | None) -> Iterator[Target]:
    """The stack to act on; what goes wrong meanwhile becomes a sentence on standard error and exit code 1."""
    try:
        yield _target(stack_name, stack_file)
    except RefusedError as error:
        message = str(error)
    except orgs.UnknownOrgError as error:
        message = f"There is no org {error}. Create it first: python -m tools.admin org create {error}"
    except (BotoCoreError, ClientError) as error:
        message = f"AWS refused: {error}\nFor the stack of `make up`, add: --stack-file .local/stack.json"
    else:
        return
    print(message, file=sys.stderr)
    raise typer.Exit(1)


def _target(stack_name: str, stack_file: Path | None) -> Target:
    if stack_file is not None:
        if not stack_file.is_file():
            raise RefusedError(f"There is no {stack_file}. `make up` writes .local/stack.json.")
        local = Stack(**json.loads(stack_file.read_text()))
        return Target(local.table, local.bucket, local.org_id, lambda name: aws_client(name, local.aws_endpoint_url))
    session = boto3.Session()
    described = session.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}
    open_client: Any = session.client
    return Target(outputs["TableName"], outputs["BucketName"], None, open_client)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
