"""How fast a large file is imported, and in how much memory: on a local stack of its own, through the API.

    python -m tools.bench                       200,000 rows
    python -m tools.bench --rows 20000 --json

Exit code 1 if the counts are not exact.
"""

import json
import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.support.api import Api, upload
from tests.support.workers import function_name, peak_megabytes, worker_processes
from tools.stack.local_stack import Stack, running_stack

POLL_SECONDS = 0.5
BAD_EVERY = 1_000
"""One row in so many has an invalid number."""


def lines(rows: int) -> Iterator[str]:
    """A file of people, each with a number of their own."""
    yield "phone,first_name,last_name,email,company\n"
    for n in range(rows):
        phone = "12" if n % BAD_EVERY == BAD_EVERY - 1 else f"+1{212 + n // 1_000_000}{2_000_000 + n % 1_000_000}"
        yield f"{phone},Ana{n},Silva,ana{n}@example.com,Acme {n % 97}\n"


def import_rows(stack: Stack, rows: int) -> dict[str, Any]:
    """Import so many rows into a new campaign that calls nobody; returns the figures."""
    api = Api(stack, stack.api_key)
    campaign = api.campaign("bench", default_windows=[])
    form = api.post(f"/campaign/campaigns/{campaign}/imports", {"file_name": "people.csv"}, 201)
    content = "".join(lines(rows)).encode()
    upload(form["upload"], content)
    began = time.monotonic()
    worker = function_name(stack, "WorkFunction")
    peak = 0.0
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("importing", total=rows)
        while (report := api.get(f"/campaign/campaigns/{campaign}/imports/{form['id']}"))["status"] in (
            "awaiting_upload",
            "running",
        ):
            peak = max([peak, *(peak_megabytes(process) for process in worker_processes(stack, worker))])
            progress.update(task, completed=report["counts"]["rows"])
            time.sleep(POLL_SECONDS)
        progress.update(task, completed=rows)
    seconds = time.monotonic() - began
    stats = api.get(f"/campaign/campaigns/{campaign}/stats")["contacts"]
    bad = rows // BAD_EVERY
    return {
        "rows": rows,
        "megabytes": round(len(content) / 1e6, 1),
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows / seconds),
        "peak_megabytes_of_the_worker": round(peak, 1),
        "status": report["status"],
        "counts": report["counts"],
        "contacts": stats["total"],
        "exact": (report["counts"]["inserted"], report["counts"]["invalid"], stats["total"])
        == (rows - bad, bad, rows - bad),
    }


def main(
    rows: Annotated[int, typer.Option(help="How many rows the file has.")] = 200_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    with running_stack() as stack:
        figures = import_rows(stack, rows)
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name.replace('_', ' ')}: {value}")
    raise typer.Exit(0 if figures["exact"] else 1)


if __name__ == "__main__":
    typer.run(main)
