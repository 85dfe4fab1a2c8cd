"""Seeded runs of the dialer with every kind of fault, each audited: does it ever dial twice?

    python -m tools.simulate                               10,000 seeds on all cores
    python -m tools.simulate --seeds 500 --first 7 --json
    python -m tools.simulate --seed 7                      one seed again, event by event
    python -m tools.simulate --seed 7 --contact 4f1c6a52   only what mentions the contact

Exit code 1 if a guarantee was violated; the seeds are named, and `--seed` shows what happened.
"""

import gc
import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.simulation.run import run
from tests.simulation.tables import Totals

SEEDS = 10_000
CHUNK = 10
"""Seeds that a process runs between two reports."""


def replay(seed: int, wanted: Sequence[str]) -> bool:
    """Run one seed and print its history, the violation last; whether there was none."""
    result = run(seed)
    for line in result.chronicle.lines(*wanted):
        print(line)
    for violation in result.violations:
        print(violation)
    return not result.violations


def run_all(first: int, seeds: int) -> Iterator[Totals]:
    """The sums of chunks of seeds as they are done, by as many processes as there are cores."""
    everyone = range(first, first + seeds)
    chunks = [everyone[start : start + CHUNK] for start in range(0, seeds, CHUNK)]
    with ProcessPoolExecutor(os.cpu_count(), initializer=gc.disable) as pool:
        for done in as_completed([pool.submit(_run_chunk, chunk) for chunk in chunks]):
            yield done.result()


def _run_chunk(seeds: Sequence[int]) -> Totals:
    sums = Totals()
    for seed in seeds:
        sums.add(run(seed))
    gc.collect()  # once for ten seeds takes an eighth less time than in between
    return sums


def _run_with_progress(first: int, seeds: int) -> Totals:
    sums = Totals()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("simulating", total=seeds)
        for done in run_all(first, seeds):
            sums.merge(done)
            progress.update(task, advance=done.seeds, description=f"{sums.calls:,} calls")
    return sums


def _as_table(sums: Totals, seconds: float) -> Table:
    table = Table("", "", show_header=False, box=None)
    table.columns[1].justify = "right"
    for name, told in sums.facts.items():
        table.add_row(name, told)
    table.add_row("calls per second of wall time", f"{sums.calls / seconds:,.0f}")
    return table


def main(
    seed: Annotated[int | None, typer.Option(help="Replay this seed and print its history.")] = None,
    contact: Annotated[str, typer.Option(help="With --seed: only events that mention this contact.")] = "",
    org: Annotated[str, typer.Option(help="With --seed: only events that mention this org.")] = "",
    first: Annotated[int, typer.Option(help="The first seed.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = SEEDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Run the dialer in virtual time under seeded faults and audit its guarantees."""
    if seed is not None:
        raise typer.Exit(0 if replay(seed, [one for one in (contact, org) if one]) else 1)
    began = time.monotonic()
    sums = _run_with_progress(first, seeds)
    seconds = time.monotonic() - began
    if as_json:
        print(json.dumps({**sums.figures, "wall_seconds": round(seconds, 1)}))
    else:
        Console().print(_as_table(sums, seconds))
        for failing, told in sorted(sums.violations.items()):
            print(f"seed {failing}: {told}")
    if sums.violations:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
