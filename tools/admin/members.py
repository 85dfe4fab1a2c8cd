"""`member`: add, remove, list."""

from typing import Annotated

import typer

from campanile.store import members, orgs
from campanile.store.members import Role
from tools.admin.answers import AsJson, moment, say, say_all
from tools.admin.target import RefusedError, StackFile, StackName, deployed, now_ms

User = Annotated[str, typer.Argument(help="The user's id in your own directory: up to 255 visible ASCII characters.")]

commands = typer.Typer(
    help="Members of an organization: the users whose personal tokens open it.", no_args_is_help=True
)


@commands.command("add")
def add_member(
    org: str,
    user: User,
    role: Annotated[Role, typer.Option(help="An admin may do everything, a viewer only read.")] = Role.VIEWER,
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a user a member of an organization, or give a member another role."""
    with deployed(stack_name, stack_file) as target:
        check_user(user)
        orgs.settings(target.table, org)
        members.add(target.table, org, user, role, now_ms())
        say({"org": org, "user": user, "role": role.value}, f"{user} is {role.value} of {org}.", as_json)


@commands.command("remove")
def remove_member(
    org: str, user: User, stack_name: StackName = "campanile", stack_file: StackFile = None, as_json: AsJson = False
) -> None:
    """Remove a member: within a minute its personal tokens no longer open the organization."""
    with deployed(stack_name, stack_file) as target:
        check_user(user)
        orgs.settings(target.table, org)
        if not members.remove(target.table, org, user):
            raise RefusedError(f"{user} is no member of {org}.")
        say({"org": org, "user": user}, f"{user} is no longer a member of {org}.", as_json)


@commands.command("list")
def list_members(
    org: str, stack_name: StackName = "campanile", stack_file: StackFile = None, as_json: AsJson = False
) -> None:
    """List the members of an organization with their roles."""
    with deployed(stack_name, stack_file) as target:
        orgs.settings(target.table, org)
        found = members.of_org(target.table, org)
        rows = [{"user": one.user, "role": one.role.value, "added_at": moment(one.added_at)} for one in found]
        say_all(rows, f"{org} has no members.", as_json)


def check_user(user: str) -> None:
    """Refuse what can be no user's id."""
    if not members.USER.fullmatch(user):
        raise RefusedError(f"{user!r} cannot be a user: up to 255 visible ASCII characters, `~` not first.")
