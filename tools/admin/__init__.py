"""The operator's command line: orgs, members, keys, tokens, provider accounts, and CSV files for the bucket.

    python -m tools.admin org create acme
    python -m tools.admin key create acme
    python -m tools.admin member add acme ada@example.com --role admin
    python -m tools.admin token create ada@example.com
    python -m tools.admin account set twilio-main --calls-per-second 5 --org acme --org umbrella
    python -m tools.admin drop people.csv spring-outreach --org acme

It acts on the stack `campanile` in the AWS account of this shell. `--stack-name` names another stack, and
`--stack-file .local/stack.json` means the stack that `make up` started.
"""

import typer

from tools.admin import accounts, credentials, drop, members, orgs

HELP = """The operator's command line: orgs, members, keys, tokens, provider accounts, and CSV files for the bucket.

It acts on the stack `campanile` in the AWS account of this shell; --stack-name names another one, and
--stack-file .local/stack.json means the stack that `make up` left running."""

app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
app.add_typer(orgs.commands, name="org")
app.add_typer(members.commands, name="member")
app.add_typer(accounts.commands, name="account")
app.add_typer(credentials.keys, name="key")
app.add_typer(credentials.tokens, name="token")
app.command("drop")(drop.drop_csv)
