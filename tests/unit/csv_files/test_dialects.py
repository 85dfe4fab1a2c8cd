"""Any CSV file is read alike in whatever dialect, however it is cut, and from any record on."""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from campanile.csv_files.records import CsvStructureError, Position, Reader, Record, begin
from tests.support.csv_files import cut


class Outcome(NamedTuple):
    """What a reader yields, where it is behind each record, and the error it ends with."""

    records: list[Record]
    positions: list[Position]
    error: str


def outcome(blocks: Iterable[bytes], position: Position) -> Outcome:
    reader = Reader(blocks, position)
    found = Outcome([], [position], "")
    try:
        for record in reader:
            found.records.append(record)
            found.positions.append(reader.position)
    except CsvStructureError as error:
        found = found._replace(error=str(error))
    assert reader.position == found.positions[-1]
    return found


def assert_resumable(data: bytes, position: Position, size: int) -> None:
    whole = outcome([data[position.offset :]], position)
    assert outcome(cut(data[position.offset :], size), position) == whole
    for number, behind in enumerate(whole.positions):
        stored = Position.from_item(json.loads(json.dumps(behind.to_item())))
        rest = outcome(cut(data[behind.offset :], size), stored)
        assert rest == Outcome(whole.records[number:], whole.positions[number:], whole.error)
    if not whole.error:
        assert whole.positions[-1].offset == len(data)


LATIN = ",;\t\"\n\r' =+-aéüßñ"
ANY = st.one_of(st.sampled_from(LATIN), st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ENCODINGS = [
    # In Windows-1252 none of these letters make a pair that is UTF-8; without a mark UTF-16 is a guess.
    (b"", "utf-8", ANY),
    (b"\xef\xbb\xbf", "utf-8", ANY),
    (b"\xff\xfe", "utf-16-le", ANY),
    (b"\xfe\xff", "utf-16-be", ANY),
    (b"", "utf-16-le", st.sampled_from(LATIN)),
    (b"", "utf-16-be", st.sampled_from(LATIN)),
    (b"", "windows-1252", st.sampled_from(LATIN)),
]


class File(NamedTuple):
    table: list[list[str]]
    data: bytes


@st.composite
def files(draw: st.DrawFn) -> File:
    """A table, its first cell `phone`, as any program may write it."""
    mark, encoding, characters = draw(st.sampled_from(ENCODINGS))
    width = draw(st.integers(2, 5))
    cells = st.text(characters, max_size=12).map(str.strip)
    records = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6))
    suffixes = draw(st.lists(cells, min_size=width - 1, max_size=width - 1))
    table = [["phone", *(f"key {suffix}".strip() for suffix in suffixes)], *records]
    delimiter = draw(st.sampled_from(",;\t"))
    line_end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quote_all = draw(st.booleans())

    def written(cell: str) -> str:
        needed = quote_all or any(one in cell for one in f'{delimiter}"\r\n')
        return '"' + cell.replace('"', '""') + '"' if needed else cell

    text = line_end.join(delimiter.join(map(written, one)) for one in table)
    text += draw(st.sampled_from(["", line_end]))
    return File(table, mark + text.encode(encoding))


@settings(deadline=None, max_examples=300, derandomize=True)
@given(files(), st.sampled_from([1, 2, 3, 7, 64, 1_000]))
def test_any_dialect_of_the_same_table_is_read_as_the_same_table(file: File, size: int) -> None:
    position, header = begin(file.data)
    assert header == file.table[0]
    found = outcome(cut(file.data[position.offset :], size), position)
    assert found.error == ""
    assert found.records == [Record(row, tuple(cells)) for row, cells in enumerate(file.table[1:], start=2)]
    assert [one.records for one in found.positions] == list(range(1, len(file.table) + 1))


@settings(deadline=None, max_examples=300, derandomize=True)
@given(files(), st.sampled_from([1, 2, 3, 7, 64, 1_000]))
def test_reading_goes_on_from_any_record_as_if_it_had_not_stopped(file: File, size: int) -> None:
    assert_resumable(file.data, begin(file.data)[0], size)


SNIPPETS = [
    b"\r",
    b"\n",
    b"\r\n",
    b",",
    b'"',
    b'""',
    b" ",
    b"a",
    b"\0",
    b"\xc3\xa9",
    b"\xe9",
    b"\xc3",
    b"\x81",
    b"\xd8",
]


@settings(deadline=None, max_examples=500, derandomize=True)
@example([b'"', b"a", b"\r", b"\n", b'"', b"\r", b"\xe9", b"\n", b"\xc3\xa9"], "utf-8", 1)
@given(
    st.lists(st.one_of(st.sampled_from(SNIPPETS), st.binary(max_size=2)), max_size=30),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "windows-1252"]),
    st.sampled_from([1, 2, 3, 1_000]),
)
def test_any_bytes_are_read_or_refused_alike_however_they_are_cut(
    snippets: list[bytes], encoding: str, size: int
) -> None:
    position = Position(0, 0, encoding, ",", only_ascii=encoding == "utf-8")
    assert_resumable(b"".join(snippets), position, size)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.lists(st.one_of(st.sampled_from(SNIPPETS), st.binary(max_size=3)), max_size=20), st.sampled_from(ENCODINGS))
def test_any_head_has_a_header_or_is_refused(snippets: list[bytes], encoding: tuple[bytes, str, object]) -> None:
    data = encoding[0] + b"".join(snippets)
    with suppress(CsvStructureError):
        position, header = begin(data)
        assert any(header)
        assert 0 < position.offset <= len(data)
