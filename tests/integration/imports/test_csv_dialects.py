"""However a table is written down as CSV, the import makes the same of it."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campanile.imports import file_import, run
from tests.support.contacts import told
from tests.support.dialer import Dialer, number
from tests.support.dropping import take
from tests.support.memory import Memory
from tests.support.uploads import TricklingBucket

HEADER = ("phone", "mobile", "external_id", "name", "note")
PHONES = st.one_of(st.integers(0, 5).map(number), st.sampled_from(["", "12", "n/a", "1.41556E+10", "'+12125550003"]))
NAMES = st.text("aé ü,;\t\"'=\n", max_size=6)
"""No two of its letters beyond ASCII make a character of UTF-8 when they are written as Windows-1252."""
ROWS = st.lists(
    st.tuples(PHONES, PHONES, st.sampled_from(["", "", "ana", "ben"]), NAMES, st.sampled_from(["", "x", "é\r\nü"])),
    min_size=1,
    max_size=9,
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written down, and in what portions it is read and stored."""

    delimiter: str = ","
    line_end: str = "\n"
    encoding: str = "utf-8"
    mark: bytes = b""
    quotes_all: bool = False
    ends_last_line: bool = True
    names_separator: bool = False
    block_bytes: int = 1_000
    rows_per_write: int = 1_000

    def bytes_of(self, rows: Sequence[Sequence[str]]) -> bytes:
        lines = [f"sep={self.delimiter}"] if self.names_separator else []
        lines += [self.delimiter.join(map(self._cell, row)) for row in rows]
        text = self.line_end.join(lines) + (self.line_end if self.ends_last_line else "")
        return self.mark + text.encode(self.encoding)

    def _cell(self, cell: str) -> str:
        if self.quotes_all or any(character in cell for character in '",;\t\r\n'):
            return '"' + cell.replace('"', '""') + '"'
        return cell


ENCODINGS = st.sampled_from(
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("windows-1252", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ]
)
DIALECTS = st.builds(
    lambda coded, **others: Dialect(encoding=coded[0], mark=coded[1], **others),
    ENCODINGS,
    delimiter=st.sampled_from(",;\t"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quotes_all=st.booleans(),
    ends_last_line=st.booleans(),
    names_separator=st.booleans(),
    block_bytes=st.integers(1, 200),
    rows_per_write=st.integers(1, 5),
)


def imported(dialect: Dialect, rows: Sequence[Sequence[str]], mode: str) -> dict[str, Any]:
    """Report, file of failing rows and contacts of an import into a world of its own."""
    dialer = Dialer(Memory().table())
    dialer.bucket = TricklingBucket(dialer.org)
    dialer.bucket.block_bytes = dialect.block_bytes
    campaign = dialer.campaign()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(run, "ROWS_PER_WRITE", dialect.rows_per_write)
        patched.setattr(file_import, "BATCHES_PER_CHECK", 2)
        done = take(dialer, dialer.bucket.drop(campaign.id, dialect.bytes_of([HEADER, *rows]), mode=mode))
    return {
        "status": done.status,
        "reason": done.reason,
        "counts": done.counts,
        "errors": done.errors,
        "rows": dialer.bucket.texts[done.report_key] if done.report_key else "",
        "people": told(dialer.table, campaign.key),
    }


@settings(max_examples=120, deadline=None)
@given(ROWS, DIALECTS, st.sampled_from(["lenient", "lenient", "strict"]))
def test_a_table_written_in_any_dialect_and_read_in_any_portions_is_imported_the_same(
    rows: list[tuple[str, ...]], dialect: Dialect, mode: str
) -> None:
    assert imported(dialect, rows, mode) == imported(Dialect(), rows, mode)
