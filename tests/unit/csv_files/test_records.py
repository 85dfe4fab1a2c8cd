"""Records out of the bytes of a CSV file."""

import tracemalloc
from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from campanile.csv_files.records import HEAD_BYTES, CsvStructureError, Position, Reader, Record, begin
from tests.support.csv_files import one, read, reader_of, rows


@pytest.mark.parametrize("text", ["", "\n\n", " \n,,\n", ' \n;;\r\n""', "\N{ZERO WIDTH NO-BREAK SPACE}"])
def test_an_empty_file_is_refused(text: str) -> None:
    with pytest.raises(CsvStructureError, match="empty: its first row must name the columns"):
        read(text)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_separator_and_line_ends_are_found(delimiter: str, line_end: str) -> None:
    text = line_end.join(delimiter.join(cells) for cells in (["name", "phone"], ["Ada", "1"], ["Bo", "2"]))
    assert [(row.row, row.phone_numbers, row.data) for row in rows(text)] == [
        (2, ["1"], {"name": "Ada"}),
        (3, ["2"], {"name": "Bo"}),
    ]


def test_the_separator_is_the_one_that_gives_a_phone_column() -> None:
    row = one("notes (a, b, c, d);phone\nx, y;1")
    assert (row.phone_numbers, row.data) == (["1"], {"notes (a, b, c, d)": "x, y"})


def test_separators_inside_quoted_headers_do_not_count() -> None:
    assert one('"a;b;c","phone\nnumber"\n1,2').data == {"a;b;c": "1"}
    assert one('"notes\n(short)";phone\nx;1').data == {"notes\n(short)": "x"}


def test_the_separator_line_that_excel_writes_is_obeyed_and_is_no_row() -> None:
    row = one("sep=;\r\nphone;name\r\n1;Ada\r\n")
    assert (row.row, row.phone_numbers) == (2, ["1"])


def test_blank_rows_above_the_header_count_too() -> None:
    assert one("\n\nphone;name\n1;Ada\n").row == 4


def test_quoted_cells_may_hold_separators_quotes_and_line_ends() -> None:
    assert one('phone,notes\r\n1,"a, ""b""\r\nc"\r\n').data == {"notes": 'a, "b"\r\nc'}


def test_a_space_before_a_quoted_cell_is_no_part_of_it() -> None:
    assert one('phone, name\n1, "Ada, B."\n').data == {"name": "Ada, B."}


def test_cells_are_stripped_and_a_byte_order_mark_is_no_part_of_the_header() -> None:
    row = one("\N{ZERO WIDTH NO-BREAK SPACE}phone,name\n 1 ,\N{NO-BREAK SPACE}Ada \n")
    assert (row.phone_numbers, row.data) == (["1"], {"name": "Ada"})


def test_blank_rows_of_any_separator_above_the_header_count_but_decide_nothing() -> None:
    assert one(",,,\n\nphone,name\n1,Ada\n").row == 4
    assert one(';;\n"";\nphone;name\n1;Ada\n').row == 4


def test_the_separator_line_is_obeyed_against_the_header_and_behind_a_byte_order_mark() -> None:
    assert one("sep=;\nname, phone;phone\na, b;1\n").data == {"name, phone": "a, b"}
    assert one('\N{ZERO WIDTH NO-BREAK SPACE}"SEP=\t"\rphone\tname\r1\tAda').data == {"name": "Ada"}


def test_without_a_phone_column_the_separator_is_the_one_of_most_columns_and_in_doubt_a_comma() -> None:
    assert begin(b"id;first name, middle;plan\n")[1] == ["id", "first name, middle", "plan"]
    assert begin(b"a,b;c,d;e\n")[1] == ["a", "b;c", "d;e"]


def test_the_position_behind_the_header_counts_what_was_skipped() -> None:
    position, header = begin(b"\xef\xbb\xbf\r\n;\r\n phone ; name\r\n1;Ada\r\n")
    assert header == ["phone", "name"]
    assert position == Position(23, 3, "utf-8", ";", only_ascii=False)


def test_only_the_head_of_a_long_file_is_needed_wherever_it_is_cut() -> None:
    data = ("phone,name\n" + "1,José ☎\n" * 20_000).encode()
    whole = begin(data)
    for size in range(HEAD_BYTES, HEAD_BYTES + 12):
        assert begin(data[:size]) == whole


def test_quotes_that_pair_with_nothing_do_not_make_what_follows_the_header_matter() -> None:
    data = b'phone,size "\n' + b"1,\xc3\xa9\n" * 20_000 + b"2,\xe9\n"
    assert begin(data)[1] == ["phone", 'size "']


@pytest.mark.parametrize("head", [b"phone," + b"x" * HEAD_BYTES, b"phone" + b"," * (HEAD_BYTES - 6) + b"\r"])
def test_a_header_that_may_go_on_behind_the_head_is_refused(head: bytes) -> None:
    with pytest.raises(CsvStructureError, match="the first row does not end within"):
        begin(head)


def test_a_header_longer_than_the_usual_head_is_read_from_a_longer_one() -> None:
    head = b"phone," + b"x" * HEAD_BYTES + b"\n1,2\n"
    position, header = begin(head)
    assert (len(header), head[position.offset :]) == (2, b"1,2\n")


# ---------------------------------------------------------------- what is broken


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('phone,name\n1,Ada\n2,"Bo\n3,Cy\n', "row 3: a quote .* never closed"),
        ('phone,name\n1,"Ada\n2,"Bo"\n', "row 2: text follows a closing quote"),
        ('phone,name\n1,"' + "x" * 200_000, "row 2: a cell is longer than 131,072 characters"),
        ("phone,name\n1," + "x," * 500_000 + "\n", "row 2 is longer than 1,000,000 characters"),
        ("phone,name\n1,Ada\n" + "2,Bo\n" * 20_000 + "3,C\0y\n", "row 20003 has a NUL"),
    ],
)
def test_a_broken_file_is_refused_naming_the_row(content: str, message: str) -> None:
    with pytest.raises(CsvStructureError, match=message):
        read(content)


def test_what_was_read_before_the_break_is_there_and_the_position_is_behind_it() -> None:
    data = b'phone,name\n1,Ada\n2,"Bo\n3,Cy\n'
    reader = reader_of(data)
    assert next(iter(reader)) == Record(2, ("1", "Ada"))
    with pytest.raises(CsvStructureError):
        next(iter(reader))
    assert data[reader.position.offset :] == b'2,"Bo\n3,Cy\n'
    assert reader.position.records == 2


@pytest.mark.parametrize(
    "endless",
    [repeat(b"x" * 1_000), repeat(b"," * 1_000), chain([b'"'], repeat(b'x\n","')), chain([b'"'], repeat(b"\r\n"))],
    ids=["a line", "cells", "a record of many lines", "a cell of many lines"],
)
def test_a_row_without_end_is_refused_before_it_fills_the_memory(endless: Iterator[bytes]) -> None:
    reader = Reader(endless, Position(6, 1, "utf-8", ",", only_ascii=True))
    with pytest.raises(CsvStructureError, match=r"row 2.* longer than"):
        list(reader)


def test_a_row_of_a_million_characters_is_read() -> None:
    cells = ",".join(["x" * 99_999] * 10)
    (record,) = reader_of(f"phone\n{cells}\n".encode())
    assert sum(map(len, record.cells)) == 999_990


def test_an_unterminated_quote_in_the_header_is_refused_at_once() -> None:
    with pytest.raises(CsvStructureError, match="row 1: a quote"):
        begin(b'phone,"name\n1,Ada\n2,Bo\n')
    with pytest.raises(CsvStructureError, match="row 1: a quote"):
        begin(b'phone;"name\n1;Ada\n2;Bo\n')


def test_an_inch_mark_inside_a_cell_is_only_a_character() -> None:
    assert one('phone,size\n1,5" pipe\n').data == {"size": '5" pipe'}
    assert one('phone,size "\n1,5\n').data == {'size "': "5"}


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "windows-1252"),
    ],
)
def test_the_encoding_is_found(mark: bytes, encoding: str, end: str) -> None:
    data = mark + f"phone;name\r\n1;José{end}".encode(encoding)
    reader = reader_of(data)
    assert list(reader) == [Record(2, ("1", "José"))]
    assert (reader.position.offset, reader.position.encoding) == (len(data), encoding)


def test_a_file_in_utf16_may_be_in_any_script() -> None:
    text = "名前,電話\n花子,+12125550001\n次郎,+12125550002\n"
    for encoding in ("utf-16-le", "utf-16-be"):
        position, header = begin(text.encode(encoding))
        assert (position.encoding, header) == (encoding, ["名前", "電話"])


def test_a_header_in_windows_1252_is_found_too() -> None:
    position, header = begin("phone,prénom\n1,Zoë\n".encode("cp1252"))
    assert (position.encoding, header) == ("windows-1252", ["phone", "prénom"])


def test_a_file_is_windows_1252_from_the_first_byte_that_is_no_utf8() -> None:
    reader = reader_of(b"phone,name\n1,Ada\n2,Jos\xe9\n3,\xc3\xa9\n")
    seen = [(record.cells[1], reader.position.encoding, reader.position.only_ascii) for record in reader]
    assert seen == [
        ("Ada", "utf-8", True),
        ("José", "windows-1252", False),
        ("Ã©", "windows-1252", False),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"phone\n1\n\xc3\xa9\n\xe9\n", "row 4 has a character that is not UTF-8"),
        (b"phone\n1,\xc3\xa9\xe9\n", "row 2 has a character that is not UTF-8"),
        (b"\xef\xbb\xbfphone\n1\nJos\xe9", "row 3 has a character that is not UTF-8"),
        (b"phone\n\xc3\xa9\n\xe2\x82", "row 3 has a character that is not UTF-8"),
        (b"phone\n1\n\xe9 \x81\n", "row 3 has a character that is neither UTF-8 nor Windows-1252"),
        ("phone\n1\n2".encode("utf-16") + b"3", "row 3 has a character that is cut in two"),
        ("phone\n1\n".encode("utf-16") + b"\x00\xd8", "row 3 has a character that is cut in two"),
        ("phone\n1\n".encode("utf-16") + b"\x00\xd8\n\x00", "row 3 has a character that is cut in two"),
        ("phone\n1\n".encode("utf-16") + b"\x00\xdc\n\x00", "row 3 has a character that is cut in two"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 1_000])
def test_what_is_of_no_encoding_is_refused_with_the_way_out(data: bytes, message: str, size: int) -> None:
    with pytest.raises(CsvStructureError, match=message) as refusal:
        list(reader_of(data, size))
    assert "save the file as UTF-8" in str(refusal.value)


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_windows_1252_leaves_five_bytes_without_a_meaning(byte: int) -> None:
    with pytest.raises(CsvStructureError, match="row 2 has a character that is neither"):
        read(b"phone\n" + bytes([byte]))


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04\x14\x00\x06\x00",
        b"PK\x03\x04 without a NUL",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 8,
        b"\0" * 100,
        b"phone,name\n1,A\0da\n",
        "phone,name\n".encode("utf-32-le"),
    ],
)
def test_what_is_no_text_is_refused_with_the_way_out(data: bytes) -> None:
    with pytest.raises(CsvStructureError, match="workbook or other binary data, not text: save it as CSV"):
        begin(data)


# ---------------------------------------------------------------- large files


def test_a_file_of_fifty_megabytes_needs_no_more_memory_than_a_small_one() -> None:
    def blocks() -> Iterator[bytes]:
        yield from repeat(b'+12125550001,"' + b"x" * 1_999 + b"\r\nmore" + b'"\r\n', 25_000)

    tracemalloc.start()
    try:
        reader = Reader(blocks(), Position(0, 1, "utf-8", ",", only_ascii=True))
        read = sum(len(record.cells) for record in reader)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == 50_000
    assert reader.position.offset > 50_000_000
    assert peak < 500_000


@pytest.mark.parametrize("line", [b"\r\n", b"1\n", "1☎\r\n".encode("utf-16-le")])
def test_a_large_block_is_not_taken_apart_at_once(line: bytes) -> None:
    encoding = "utf-16-le" if b"\0" in line else "utf-8"
    block = line * (8_000_000 // len(line))
    tracemalloc.start()
    try:
        reader = Reader([block], Position(0, 1, encoding, ",", only_ascii=False))
        for _ in zip(reader, range(100_000), strict=False):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6_000_000
