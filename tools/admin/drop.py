"""`drop`: a CSV file for the bucket."""

from pathlib import Path
from typing import Annotated

import typer

from tools.admin.answers import AsJson, say
from tools.admin.target import RefusedError, StackFile, StackName, deployed


def drop_csv(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    campaign: Annotated[str, typer.Argument(help="The campaign's UUID or external id, or `default`.")],
    org: Annotated[str | None, typer.Option(help="Needed on AWS; locally the stack's first org when left out.")] = None,
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Put a CSV file where it is imported from: s3://<bucket>/<org>/<campaign>/<file>.csv."""
    with deployed(stack_name, stack_file) as target:
        if file.suffix not in (".csv", ".CSV"):
            raise RefusedError(f"{file.name} would not be imported: the name has to end in .csv or .CSV.")
        owner = org or target.org
        if owner is None:
            raise RefusedError("Name the org whose campaign it is: --org <org>.")
        key = f"{owner}/{campaign}/{file.name}"
        target.client("s3").put_object(Bucket=target.bucket, Key=key, Body=file.read_bytes())
        say({"bucket": target.bucket, "key": key}, f"Dropped at s3://{target.bucket}/{key}", as_json)
