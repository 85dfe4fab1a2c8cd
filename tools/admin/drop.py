"""`drop`: put a CSV file into the bucket, and follow its import."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from campanile.domain.stored_file import StoredFile
from campanile.imports import show_import
from campanile.imports.begin import job_of
from campanile.schema.import_responses import ImportResponse
from campanile.schema.imports import FILE_SUFFIXES
from campanile.store import imports
from tools.admin.answers import AsJson, say
from tools.admin.target import RefusedError, StackFile, StackName, Target, deployed, now_ms

POLL_SECONDS = 0.3
BEGUN_SECONDS = 60
"""S3 sends the event of a new file within seconds."""
TOLD_ERRORS = 10


def drop_csv(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    campaign: Annotated[str, typer.Argument(help="The campaign's UUID or external id, or `default`.")],
    org: Annotated[str | None, typer.Option(help="Needed on AWS; locally the stack's first org when left out.")] = None,
    strict: Annotated[bool, typer.Option(help="Import nothing if one row is wrong.")] = False,
    mapping: Annotated[str | None, typer.Option(help='What columns are, as JSON: \'{"Handy": "phone"}\'.')] = None,
    wait: Annotated[bool, typer.Option(help="Show how the import goes on, and its report.")] = True,
    stack_name: StackName = "campanile",
    stack_file: StackFile = None,
    as_json: AsJson = False,
) -> None:
    """Put a CSV file where it is imported from: s3://<bucket>/<org>/<campaign>/<file>.csv. Exit code 1 if it failed."""
    with deployed(stack_name, stack_file) as target:
        if not file.name.endswith((*FILE_SUFFIXES, ".CSV")):
            raise RefusedError(f"{file.name} would not be imported: the name has to end in .csv, .tsv or .txt.")
        owner = org or target.org
        if owner is None:
            raise RefusedError("Name the org whose campaign it is: --org <org>.")
        metadata = {"mode": "strict" if strict else "lenient", **({"mapping": mapping} if mapping else {})}
        dropped = _put(target, f"{owner}/{campaign}/{file.name}", file, metadata)
        fields = {"bucket": dropped.bucket, "key": dropped.key}
        if not wait:
            say(fields, f"Dropped at s3://{dropped.bucket}/{dropped.key}", as_json)
            return
        report = _followed(target, job_of(dropped))
        say({**fields, **json.loads(report.model_dump_json())}, _words(report, campaign), as_json)
        if report.status == "failed":
            raise typer.Exit(1)


def _put(target: Target, key: str, file: Path, metadata: dict[str, str]) -> StoredFile:
    with file.open("rb") as content:
        stored = target.client("s3").put_object(Bucket=target.bucket, Key=key, Body=content, Metadata=metadata)
    return StoredFile(target.bucket, key, stored.get("VersionId") or stored["ETag"], file.stat().st_size)


def _followed(target: Target, job: str) -> ImportResponse:
    """The import's report once it is done, its progress shown meanwhile on standard error."""

    def report() -> ImportResponse | None:
        found = imports.get(target.table, job)
        return show_import.response(found, now_ms()) if found else None

    begun = _awaited(report)
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} rows"), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("importing", total=None)
        while begun.status == "running":
            told = begun.progress
            progress.update(
                task, description=told.phase or "importing", completed=told.rows_done, total=told.rows_total
            )
            time.sleep(POLL_SECONDS)
            begun = report() or begun
    return begun


def _awaited(report: Callable[[], ImportResponse | None]) -> ImportResponse:
    until = time.monotonic() + BEGUN_SECONDS
    while (found := report()) is None:
        if time.monotonic() > until:
            raise RefusedError("The file is dropped, but its import has not begun; look for it by GET …/imports later.")
        time.sleep(POLL_SECONDS)
    return found


def _words(report: ImportResponse, campaign: str) -> str:
    counts = report.counts
    if report.status == "failed":
        return f"failed: {report.reason}"
    lines = [
        f"{report.status}: {counts.rows} rows: {counts.inserted} inserted, {counts.updated} updated, "
        f"{counts.duplicates} duplicates, {counts.invalid} invalid"
    ]
    lines += [f"  row {one.row}, {one.column or 'no column'}: {one.message}" for one in report.errors[:TOLD_ERRORS]]
    if counts.invalid:
        lines.append(f"  All failing rows: GET /campaign/campaigns/{campaign}/imports/{report.id}, failed_rows_url")
    return "\n".join(lines)
