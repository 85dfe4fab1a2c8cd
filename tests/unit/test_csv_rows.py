"""Contact rows out of CSV text."""

import csv
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campanile.csv_rows import CsvRow, CsvStructureError, RowError, decode, detect_columns, read_rows

SEED_EXAMPLE = """\
phone,first_name,last_name,email,company
+15551234567,Sarah,Johnson,[email protected],Johnson Dental
+15559876543,Michael,Chen,[email protected],Chen Law Group
+15555551234,Emma,Williams,[email protected],Williams Realty"""


def rows(text: str) -> list[CsvRow]:
    found = []
    for row in read_rows(text):
        assert isinstance(row, CsvRow), row
        found.append(row)
    return found


def one(text: str) -> CsvRow:
    (row,) = rows(text)
    return row


def test_the_example_of_the_documentation_is_three_rows() -> None:
    found = rows(SEED_EXAMPLE)
    assert [(row.row, row.phone_numbers) for row in found] == [
        (2, ["+15551234567"]),
        (3, ["+15559876543"]),
        (4, ["+15555551234"]),
    ]
    assert found[0] == CsvRow(
        row=2,
        phone_numbers=["+15551234567"],
        phone_columns=["phone"],
        data={
            "first_name": "Sarah",
            "last_name": "Johnson",
            "email": "[email protected]",
            "company": "Johnson Dental",
        },
    )


@pytest.mark.parametrize(
    "header",
    [
        "phone",
        "Phone",
        "PHONE NUMBER",
        "phone_number",
        "Phone-Number",
        "mobile",
        "Cell",
        "tel",
        " Tel ",
        "phone 2",
    ],
)
def test_a_phone_column_is_known_by_its_header(header: str) -> None:
    assert one(f"{header},name\n123,Ada").phone_numbers == ["123"]


@pytest.mark.parametrize("header", ["phone type", "cellular plan", "microphone", "telegram", "phone2020", "2phone"])
def test_a_header_that_only_resembles_one_is_data(header: str) -> None:
    assert one(f"phone,{header}\n123,x") == CsvRow(
        row=2, phone_numbers=["123"], phone_columns=["phone"], data={header: "x"}
    )


def test_several_phone_columns_are_the_numbers_in_header_order() -> None:
    row = one("mobile_2,Name,Phone 2,phone,tel\n1,Ada,2,3,4")
    assert row.phone_numbers == ["1", "2", "3", "4"]
    assert row.phone_columns == ["mobile_2", "Phone 2", "phone", "tel"]
    assert row.data == {"Name": "Ada"}


def test_empty_phone_cells_are_left_out_and_the_others_keep_their_column() -> None:
    row = one("phone,mobile,cell\n,2,\n")
    assert (row.phone_numbers, row.phone_columns) == (["2"], ["mobile"])


def test_a_row_without_any_number_is_still_a_row() -> None:
    assert one("external_id,phone,plan\nlead-1,,pro") == CsvRow(row=2, external_id="lead-1", data={"plan": "pro"})


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("id", "id"),
        ("Contact ID", "id"),
        ("anyreach_id", "id"),
        ("External ID", "external_id"),
        ("externalId", "external_id"),
        ("Time-Zone", "timezone"),
        ("Scheduled At", "scheduled_at"),
    ],
)
def test_a_structured_column_is_known_by_its_header_and_kept_out_of_data(header: str, field: str) -> None:
    row = one(f"phone,{header}\n123, value ")
    assert getattr(row, field) == "value"
    assert row.data == {}


def test_an_empty_structured_cell_is_absent() -> None:
    row = one("phone,id,external_id,timezone,scheduled_at,plan\n123,, ,,,\n")
    assert row == CsvRow(row=2, phone_numbers=["123"], phone_columns=["phone"])


def test_the_more_telling_of_two_id_columns_is_the_id() -> None:
    row = one("id,phone,anyreach_id\n17,123,0192")
    assert (row.id, row.data) == ("0192", {"id": "17"})


def test_data_keeps_its_headers_as_written() -> None:
    assert one("phone, First Name ,PLAN\n1,Ada,pro").data == {"First Name": "Ada", "PLAN": "pro"}


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("phone,name,name,name", ("phone", "name", "name_2", "name_3")),
        ("phone,name,name,name_2", ("phone", "name", "name_3", "name_2")),
        ("phone,name_2,name,name", ("phone", "name_2", "name", "name_3")),
        ("phone,,name,", ("phone", "column_2", "name", "column_4")),
        ("phone,,column_2", ("phone", "column_2_2", "column_2")),
        ("phone,timezone,timezone", ("phone", "timezone", "timezone_2")),
        ("phone,phone", ("phone", "phone")),
    ],
)
def test_no_two_data_columns_share_a_name(header: str, names: tuple[str, ...]) -> None:
    assert detect_columns(header.split(",")).names == names


def test_a_nameless_column_with_a_value_is_kept_and_trailing_empty_columns_vanish() -> None:
    assert [row.data for row in rows("phone,,plan,,\n1,,pro,,\n2,x,,,y\n")] == [
        {"plan": "pro"},
        {"column_2": "x", "column_5": "y"},
    ]


def test_a_file_without_a_phone_column_is_refused_naming_what_was_found_and_what_is_accepted() -> None:
    with pytest.raises(CsvStructureError) as refusal:
        read_rows("first_name,handy\nAda,123\n")
    message = str(refusal.value)
    assert "'first_name', 'handy'" in message
    assert "phone, phone_number, mobile, cell, tel" in message


def test_a_file_without_a_header_is_refused_without_quoting_the_person_in_it() -> None:
    with pytest.raises(CsvStructureError, match="looks like a contact") as refusal:
        read_rows("+15551234567,Sarah,Johnson\n+15559876543,Michael,Chen\n")
    assert "Sarah" not in str(refusal.value)
    assert "5551234567" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "\n\n", " \n,,\n", "\N{ZERO WIDTH NO-BREAK SPACE}"])
def test_an_empty_file_is_refused(text: str) -> None:
    with pytest.raises(CsvStructureError, match=r"empty: its first row must name the columns|no phone column"):
        read_rows(text)


def test_a_header_alone_is_no_rows() -> None:
    assert rows("phone,name\n") == []


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


def test_row_numbers_are_those_a_spreadsheet_shows() -> None:
    text = 'phone,notes\n1,"two\nlines"\n\n,,\n2,x\n'
    assert [(row.row, row.phone_numbers) for row in rows(text)] == [(2, ["1"]), (5, ["2"])]


def test_blank_rows_above_the_header_count_too() -> None:
    assert one("\n\nphone;name\n1;Ada\n").row == 4


def test_quoted_cells_may_hold_separators_quotes_and_line_ends() -> None:
    assert one('phone,notes\r\n1,"a, ""b""\r\nc"\r\n').data == {"notes": 'a, "b"\r\nc'}


def test_a_space_before_a_quoted_cell_is_no_part_of_it() -> None:
    assert one('phone, name\n1, "Ada, B."\n').data == {"name": "Ada, B."}


def test_cells_are_stripped_and_a_byte_order_mark_is_no_part_of_the_header() -> None:
    row = one("\N{ZERO WIDTH NO-BREAK SPACE}phone,name\n 1 ,\N{NO-BREAK SPACE}Ada \n")
    assert (row.phone_numbers, row.data) == (["1"], {"name": "Ada"})


def test_a_short_row_has_empty_cells_at_its_end() -> None:
    assert one("phone,name,plan\n1\n") == CsvRow(row=2, phone_numbers=["1"], phone_columns=["phone"])


def test_a_row_with_more_cells_than_the_header_is_an_error_and_not_a_row() -> None:
    found = list(read_rows("phone,company\n1,Acme, Inc.\n2,Bell,,\n"))
    assert isinstance(found[0], RowError)
    assert (found[0].row, found[0].column, found[0].code) == (2, None, "too_many_cells")
    assert "3 cells and the header 2" in found[0].message
    assert "Inc." not in found[0].message
    assert isinstance(found[1], CsvRow), "empty extra cells do no harm"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('phone,name\n1,Ada\n2,"Bo\n3,Cy\n', "row 3: a quote .* never closed"),
        ('phone,name\n1,"Ada\n2,"Bo"\n', "row 2: text follows a closing quote"),
        ('phone,name\n1,"' + "x" * 200_000, "row 2: a cell is longer than 131,072 characters"),
        ("phone,name\n1,A\0da\n", "not UTF-8 text"),
    ],
)
def test_a_broken_file_is_refused_naming_the_row(text: str, message: str) -> None:
    reading = read_rows(text)
    with pytest.raises(CsvStructureError, match=message):
        list(reading)


def test_an_unterminated_quote_in_the_header_is_refused_at_once() -> None:
    with pytest.raises(CsvStructureError, match="row 1: a quote"):
        read_rows('phone,"name\n1,Ada\n2,Bo\n')


def test_an_inch_mark_inside_a_cell_is_only_a_character() -> None:
    assert one('phone,size\n1,5" pipe\n').data == {"size": '5" pipe'}
    assert one('phone,size "\n1,5\n').data == {'size "': "5"}


def test_the_text_may_come_line_by_line_and_only_what_is_needed_is_kept() -> None:
    def lines() -> Iterator[str]:
        yield "phone,notes\r\n"
        for number in range(20_000):
            yield f'{number},"{"x" * 200}\r\n'
            yield 'more"\r\n'

    tracemalloc.start()
    try:
        last = 0
        for row in read_rows(lines()):
            last = row.row
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert last == 20_001
    assert peak < 500_000


@pytest.mark.parametrize("data", [b"phone\n\xc3\x85", b"\xef\xbb\xbfphone\n\xc3\x85"])
def test_utf8_is_decoded_with_or_without_a_byte_order_mark(data: bytes) -> None:
    assert decode(data) == "phone\nÅ"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("phone\n1\nJos\xe9".encode("cp1252"), "line 3 has a character that is not UTF-8"),
        ("phone\n1".encode("utf-16"), "UTF-16"),
        ("phone\n1".encode("utf-16-le"), "UTF-16"),
        (b"PK\x03\x04\x00\x00", "workbook"),
    ],
)
def test_another_encoding_is_refused_with_the_way_out(data: bytes, message: str) -> None:
    with pytest.raises(CsvStructureError, match=message) as refusal:
        decode(data)
    assert "save the file as UTF-8" in str(refusal.value)


cell_texts = st.text(
    st.one_of(
        st.sampled_from(",;\t\"\n\r' =+-aé"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=12,
).map(str.strip)
tables = st.integers(1, 4).flatmap(
    lambda width: st.tuples(
        st.lists(cell_texts, min_size=width, max_size=width),
        st.lists(st.lists(cell_texts, min_size=width + 1, max_size=width + 1), max_size=5),
    )
)


@settings(deadline=None, max_examples=300, derandomize=True)
@example((["x"], [["\ufeff", ""], ["", ""], ["1", "sep=;"]]), ",", "\r\n")
@given(tables, st.sampled_from(",;\t"), st.sampled_from(["\r\n", "\n"]))
def test_what_a_csv_writer_writes_is_read_back_whole(
    table: tuple[list[str], list[list[str]]], delimiter: str, line_end: str
) -> None:
    suffixes, records = table
    header = ["phone", *(f"key {index} {suffix}".strip() for index, suffix in enumerate(suffixes))]
    text = io.StringIO()
    if line_end == "\r\n":
        writer = csv.writer(text, delimiter=delimiter)
    else:  # Python 3.11 quotes a lone \r only when the line end contains it, or when told to quote everything
        writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([header, *records])
    expected = [
        CsvRow(
            row=number,
            phone_numbers=[phone] if phone else [],
            phone_columns=["phone"] if phone else [],
            data={key: cell for key, cell in zip(header[1:], cells, strict=True) if cell},
        )
        for number, (phone, *cells) in enumerate(records, start=2)
        if phone or any(cells)
    ]
    assert rows(decode(text.getvalue().encode())) == expected
