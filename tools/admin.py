"""The operator's command line: orgs, API keys, and CSV files for the bucket.

    python -m tools.admin org create acme
    python -m tools.admin key create acme
    python -m tools.admin drop people.csv spring-outreach --org acme

It acts on the stack `campanile` in the AWS account of this shell; `--stack-name` names another one, and
`--stack-file .local/stack.json` means the stack that `make up` left running.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from campanile.store import credentials, orgs
from campanile.store.table import Table
from tools.local_stack import Stack, aws_client

ORG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
MS_PER_DAY = 24 * 60 * 60 * 1000

HELP = """The operator's command line: orgs, API keys, and CSV files for the bucket.

It acts on the stack `campanile` in the AWS account of this shell; --stack-name names another one, and
--stack-file .local/stack.json means the stack that `make up` left running."""

app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
org_commands = typer.Typer(help="Organizations.", no_args_is_help=True)
key_commands = typer.Typer(help="API keys.", no_args_is_help=True)
app.add_typer(org_commands, name="org")
app.add_typer(key_commands, name="key")

StackName = Annotated[str, typer.Option(help="The deployed stack, in the AWS account and region of this shell.")]
StackFile = Annotated[Path | None, typer.Option(help="A local stack's file, .local/stack.json, instead of AWS.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer with one line of JSON.")]
Scopes = Annotated[list[str] | None, typer.Option("--scope", help="May be repeated; all scopes when left out.")]


class RefusedError(Exception):
    """The command cannot be carried out; the message says what to do."""


@dataclass(frozen=True)
class Target:
    """A deployed stack: its table, its bucket, the org meant when none is named, and how to reach its services."""

    table_name: str
    bucket: str
    org: str | None
    client: Callable[[str], Any]

    @property
    def table(self) -> Table:
        return Table(self.client("dynamodb"), self.table_name, SystemRandom(), time.sleep)


@org_commands.command("create")
def create_org(
    org: Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes, at most 63.")],
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Create an organization with a concurrency limit of 10; one that exists stays as it is."""
    with _in_words():
        if not ORG.fullmatch(org):
            raise RefusedError(f"{org!r} cannot name an org: use lower-case letters, digits and dashes, at most 63.")
        table = _target(stack_name, stack_file).table
        orgs.create(table, org, _now_ms())
        settings = orgs.settings(table, org)
        _say({"org": org, "concurrency_limit": settings.concurrency_limit}, f"The org {org} is ready.", as_json)


@key_commands.command("create")
def create_key(
    org: str,
    scope: Scopes = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until the key expires; never when left out.")] = None,
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key and print it, this once: only a hash of it is stored."""
    with _in_words():
        scopes = frozenset(scope or credentials.ALL_SCOPES)
        if unknown := sorted(scopes - credentials.ALL_SCOPES):
            known = ", ".join(sorted(credentials.ALL_SCOPES))
            raise RefusedError(f"There is no scope {', '.join(unknown)}. The scopes are {known}.")
        table = _target(stack_name, stack_file).table
        orgs.settings(table, org)
        expires_at = None if days is None else _now_ms() + days * MS_PER_DAY
        key = credentials.create_api_key(table, org, scopes, _now_ms(), expires_at)
        _say({"org": org, "api_key": key, "scopes": sorted(scopes)}, key, as_json)


@app.command("drop")
def drop_csv(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    campaign: Annotated[str, typer.Argument(help="The campaign's UUID or external id, or `default`.")],
    org: Annotated[str | None, typer.Option(help="Needed on AWS; locally the stack's first org when left out.")] = None,
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Put a CSV file where it is imported from: s3://<bucket>/<org>/<campaign>/<file>.csv."""
    with _in_words():
        if file.suffix not in (".csv", ".CSV"):
            raise RefusedError(f"{file.name} would not be imported: the name has to end in .csv or .CSV.")
        target = _target(stack_name, stack_file)
        owner = org or target.org
        if owner is None:
            raise RefusedError("Name the org whose campaign it is: --org <org>.")
        key = f"{owner}/{campaign}/{file.name}"
        target.client("s3").put_object(Bucket=target.bucket, Key=key, Body=file.read_bytes())
        _say({"bucket": target.bucket, "key": key}, f"Dropped at s3://{target.bucket}/{key}", as_json)


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


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn what can go wrong into a sentence on standard error and exit code 1."""
    try:
        yield
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


def _say(fields: dict[str, object], sentence: str, as_json: bool) -> None:
    print(json.dumps(fields) if as_json else sentence)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    app()
