"""`org`: create, list, show."""

from typing import Annotated

import typer

from campanile.store import credentials, members, orgs
from tools.admin.answers import AsJson, Fields, columns, say, say_all
from tools.admin.target import RefusedError, StackFile, StackName, deployed, now_ms

commands = typer.Typer(help="Organizations.", no_args_is_help=True)


@commands.command("create")
def create_org(
    org: Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes, at most 63.")],
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Create an organization with a concurrency limit of 10; one that exists stays as it is."""
    with deployed(stack_name, stack_file) as target:
        if not orgs.NAME.fullmatch(org):
            raise RefusedError(f"{org!r} cannot name an org: use lower-case letters, digits and dashes, at most 63.")
        if org in orgs.RESERVED:
            raise RefusedError(f"{org!r} cannot name an org: in the bucket our own files lie there.")
        orgs.create(target.table, org, now_ms())
        settings = orgs.settings(target.table, org)
        say({"org": org, "concurrency_limit": settings.concurrency_limit}, f"The org {org} is ready.", as_json)


@commands.command("list")
def list_orgs(stack_name: StackName = "campanile", stack_file: StackFile = None, as_json: AsJson = False) -> None:
    """List the organizations; one of before there was this list appears once it is created again."""
    with deployed(stack_name, stack_file) as target:
        say_all([{"org": org} for org in orgs.every(target.table)], "There is no org yet.", as_json)


@commands.command("show")
def show_org(
    org: str, stack_name: StackName = "campanile", stack_file: StackFile = None, as_json: AsJson = False
) -> None:
    """Show an organization's limits, and how many members and API keys it has."""
    with deployed(stack_name, stack_file) as target:
        settings = orgs.settings(target.table, org)
        fields: Fields = {
            "org": org,
            "concurrency_limit": settings.concurrency_limit,
            "calls_per_second": settings.calls_per_second,
            "account": settings.account,
            "members": sum(1 for _ in members.of_org(target.table, org)),
            "keys": len(credentials.of_org(target.table, org)),
        }
        say(fields, columns([fields]), as_json)
