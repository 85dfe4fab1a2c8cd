"""How a command answers: one line of JSON, or words and columns for a person."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from campanile.domain.times import instant

AsJson = Annotated[bool, typer.Option("--json", help="Answer with one line of JSON.")]
Fields = Mapping[str, object]


def say(fields: Fields, words: str, as_json: bool) -> None:
    """Print `fields` as JSON, or `words`."""
    print(json.dumps(fields) if as_json else words)


def say_all(rows: Sequence[Fields], when_none: str, as_json: bool) -> None:
    """Print a JSON array of `rows`, or their columns; the words `when_none` when there are no rows."""
    print(json.dumps(rows) if as_json else columns(rows) or when_none)


def columns(rows: Sequence[Fields]) -> str:
    """Rows of the same fields below their names, each column as wide as its widest cell; "" without rows."""
    cells = [[name.replace("_", " ") for name in row] for row in rows[:1]]
    cells += [[_cell(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def moment(ms: int | None) -> str | None:
    """UTC milliseconds as RFC 3339, in seconds; None stays None."""
    return None if ms is None else instant(ms).isoformat(timespec="seconds").replace("+00:00", "Z")


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "-" if value is None else str(value)
