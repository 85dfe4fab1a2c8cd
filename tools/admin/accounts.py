"""`account`: the provider accounts that calls go through, and the orgs that share one."""

from typing import Annotated

import typer

from campanile.store import orgs, provider_accounts
from tools.admin.answers import AsJson, say
from tools.admin.target import RefusedError, StackFile, StackName, deployed

commands = typer.Typer(help="Provider accounts: their rate, and which orgs call through them.", no_args_is_help=True)

Account = Annotated[str, typer.Argument(help="A name of yours; each org begins with an account of its own name.")]
Rate = Annotated[
    float | None, typer.Option(min=0.1, max=1_000, help="Calls it may start per second, by all of its orgs together.")
]
Orgs = Annotated[list[str] | None, typer.Option("--org", help="An org whose calls go through it; may be repeated.")]


@commands.command("set")
def set_account(
    account: Account,
    calls_per_second: Rate = None,
    org: Orgs = None,
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Set an account's rate, or let orgs call through it; an org's own rate binds too."""
    with deployed(stack_name, stack_file) as target:
        if not orgs.NAME.fullmatch(account):
            raise RefusedError(f"{account!r} cannot name an account: use lower-case letters, digits and dashes.")
        if calls_per_second is None and not org:
            raise RefusedError("Say what to set: --calls-per-second, --org, or both.")
        for one in org or []:
            orgs.settings(target.table, one)
        if calls_per_second is not None:
            provider_accounts.set_rate(target.table, account, calls_per_second)
        for one in org or []:
            orgs.set_account(target.table, one, account)
        say({"account": account, "orgs": org or []}, f"The account {account} is set.", as_json)
