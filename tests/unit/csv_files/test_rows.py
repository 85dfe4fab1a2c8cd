"""A contact's row out of a record of a CSV file."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campanile.csv_files.cells import line
from campanile.csv_files.columns import detect_columns
from campanile.csv_files.records import Record
from campanile.csv_files.rows import CsvRow, read_row
from campanile.domain.import_report import ImportRowError
from tests.support.csv_files import one, read, rows

SEED_EXAMPLE = """\
phone,first_name,last_name,email,company
+15551234567,Sarah,Johnson,[email protected],Johnson Dental
+15559876543,Michael,Chen,[email protected],Chen Law Group
+15555551234,Emma,Williams,[email protected],Williams Realty"""


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


def test_empty_phone_cells_are_left_out_and_the_others_keep_their_column() -> None:
    row = one("phone,mobile,cell\n,2,\n")
    assert (row.phone_numbers, row.phone_columns) == (["2"], ["mobile"])


def test_a_row_without_any_number_is_still_a_row() -> None:
    assert one("external_id,phone,plan\nlead-1,,pro") == CsvRow(row=2, external_id="lead-1", data={"plan": "pro"})


def test_an_empty_structured_cell_is_absent() -> None:
    row = one("phone,id,external_id,timezone,scheduled_at,plan\n123,, ,,,\n")
    assert row == CsvRow(row=2, phone_numbers=["123"], phone_columns=["phone"])


def test_a_nameless_column_with_a_value_is_kept_and_trailing_empty_columns_vanish() -> None:
    assert [row.data for row in rows("phone,,plan,,\n1,,pro,,\n2,x,,,y\n")] == [
        {"plan": "pro"},
        {"column_2": "x", "column_5": "y"},
    ]


def test_a_header_alone_is_no_rows() -> None:
    assert rows("phone,name\n") == []


def test_row_numbers_are_those_a_spreadsheet_shows() -> None:
    text = 'phone,notes\n1,"two\nlines"\n\n,,\n2,x\n'
    assert [(row.row, row.phone_numbers) for row in rows(text)] == [(2, ["1"]), (5, ["2"])]


def test_a_short_row_has_empty_cells_at_its_end() -> None:
    assert one("phone,name,plan\n1\n") == CsvRow(row=2, phone_numbers=["1"], phone_columns=["phone"])


def test_a_row_with_more_cells_than_the_header_is_an_error_and_not_a_row() -> None:
    found = list(read("phone,company\n1,Acme, Inc.\n2,Bell,,\n"))
    assert isinstance(found[0], ImportRowError)
    assert (found[0].row, found[0].column, found[0].code) == (2, None, "too_many_cells")
    assert "3 cells and the header 2" in found[0].message
    assert "Inc." not in found[0].message
    assert isinstance(found[1], CsvRow), "empty extra cells do no harm"


def test_a_blank_record_is_no_row() -> None:
    columns = detect_columns(["phone", "name"])
    assert read_row(Record(2, ()), columns) is None
    assert read_row(Record(3, ("", "", "")), columns) is None


def test_cells_that_were_guarded_against_spreadsheets_are_themselves_again() -> None:
    row = one("id,external_id,phone,notes,more\n'-7,'@ada,'+1,'=1+1,''=x\n")
    assert row == CsvRow(
        row=2,
        id="-7",
        external_id="@ada",
        phone_numbers=["+1"],
        phone_columns=["phone"],
        data={"notes": "=1+1", "more": "'=x"},
    )


@pytest.mark.parametrize("cell", ["'", "''", "'tis", "'90s", "O'Hara"])
def test_other_apostrophes_are_left_alone(cell: str) -> None:
    assert one(f"phone,note\n1,{cell}\n").data == {"note": cell}


def with_data(cell: str) -> CsvRow | ImportRowError:
    (found,) = read('id,plan,data\n7,pro,"' + cell.replace('"', '""') + '"\n')
    return found


@pytest.mark.parametrize(
    ("cell", "data"),
    [
        ("", {"plan": "pro"}),
        ("{}", {"plan": "pro"}),
        ('{"plan": "basic", "seats": 3}', {"plan": "pro", "seats": 3}),
        ('{"a": {"b": [1, 2.5, null, true, "é\\n"]}}', {"a": {"b": [1, 2.5, None, True, "é\n"]}, "plan": "pro"}),
        ('{"smile": "\\ud83d\\ude00"}', {"smile": "😀", "plan": "pro"}),
    ],
)
def test_an_object_in_the_column_data_gives_what_has_no_column(cell: str, data: dict[str, Any]) -> None:
    assert with_data(cell) == CsvRow(row=2, id="7", data=data)


def test_an_empty_cell_leaves_the_key_to_the_object() -> None:
    assert one('id,plan,data\n7,,"{""plan"": ""basic""}"\n').data == {"plan": "basic"}


@pytest.mark.parametrize(
    "cell",
    [
        "secret",
        "[1]",
        '"secret"',
        "1",
        "null",
        '{"a": 1',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": "\\ud83d"}',
        "{'a': 1}",
        '{"a": ' + "[" * 100_000,
        '{"a": ' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"a": ' + "1" * 5_000 + "}",
    ],
)
def test_anything_else_in_the_column_data_is_an_error_that_quotes_nothing(cell: str) -> None:
    found = with_data(cell)
    assert isinstance(found, ImportRowError)
    assert (found.row, found.column, found.code) == (2, "data", "invalid_json")
    assert found.message == 'must be a JSON object, such as {"plan": "pro"}, or empty'


def test_a_row_that_is_too_long_has_that_error_first() -> None:
    (found,) = read("id,data\n7,no object,more\n")
    assert isinstance(found, ImportRowError)
    assert found.code == "too_many_cells"


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=5))
def test_what_we_write_is_read_back_unchanged_but_for_space_around_it(cells: list[str]) -> None:
    assume(all(cell == cell.strip() for cell in cells))
    header = ["phone", *(f"key {index}" for index in range(1, len(cells)))]
    (row,) = rows(line(header) + line(cells)) or [CsvRow(row=2)]
    assert row.phone_numbers == [cell for cell in cells[:1] if cell]
    assert row.data == {key: cell for key, cell in zip(header[1:], cells[1:], strict=True) if cell}
