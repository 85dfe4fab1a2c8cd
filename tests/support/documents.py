"""The documents as tests read them: tables, code blocks, headings. Paths are relative to the repository."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(f"docs/{one.name}" for one in (ROOT / "docs").glob("*.md")),
)
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def table(document: str, *headings: str) -> list[list[str]]:
    """The rows, cell by cell, of the document's one table that begins with these headings."""
    found = [rows for rows in _tables(document) if tuple(rows[0][: len(headings)]) == headings]
    assert len(found) == 1, f"{document} has {len(found)} tables that begin with {headings}"
    return found[0][2:]


def codes(cell: str) -> list[str]:
    """What stands in backticks."""
    return _CODE.findall(cell)


def blocks(document: str, language: str) -> list[str]:
    """The contents of the document's fenced blocks of one language, in order."""
    return [body for kind, body in _BLOCK.findall(text(document)) if kind == language]


def _tables(document: str) -> Iterator[list[list[str]]]:
    rows: list[list[str]] = []
    for line in [*text(document).splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            yield rows
            rows = []
