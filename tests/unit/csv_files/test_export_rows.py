"""A contact as a row of an export: what reads back is what was there, and no cell is a formula."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campanile.contacts.export_contacts import entry
from campanile.csv_files.cells import line, unguarded
from campanile.csv_files.export_rows import MAX_DATA_COLUMNS, MAX_HEADER_CHARACTERS, Columns, cells, widened
from campanile.csv_files.headers import (
    DATA_COLUMN,
    PHONE_HEADERS,
    READ_ONLY_HEADERS,
    REPORT_HEADERS,
    fold,
)
from campanile.domain.contact_fields import STRUCTURED_COLUMNS
from campanile.domain.times import instant
from campanile.schema.contacts import AttemptResponse, ContactResponse
from tests.support import csv_files

NOON = instant(1_782_907_200_250)
BEFORE = ["id", "external_id", "phone"]
AFTER = ["timezone", "scheduled_at", *READ_ONLY_HEADERS]


def contact(**fields: Any) -> ContactResponse:
    whole: dict[str, Any] = dict.fromkeys(ContactResponse.model_fields)
    whole |= {"id": "0197b2a0-5c3e-7d41-9f02-6b1d2c3e4f50", "phone_numbers": ["+14155550123"], "data": {}}
    whole |= {
        "status": "pending",
        "view": "pending",
        "attempts_count": 0,
        "attempts": [],
        "created_at": NOON,
        "updated_at": NOON,
    }
    return ContactResponse.model_validate({**whole, **fields})


def export(contacts: Sequence[ContactResponse]) -> str:
    """The file, whose parts go through JSON as those of a real one do."""
    entries = [json.loads(json.dumps(entry(one), ensure_ascii=False)) for one in contacts]
    columns = widened(Columns(), entries)
    return "".join([line(columns.header), *(line(cells(one, columns)) for one in entries)])


def table(text: str) -> list[dict[str, str]]:
    """Each row's cells by header, as they are written."""
    header, *rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    return [dict(zip(header, row, strict=True)) for row in rows]


def data_of(text: str) -> list[dict[str, Any]]:
    """Each row's `data` by the rules of an import whose file has an id column."""
    lists = (STRUCTURED_COLUMNS["id"], *STRUCTURED_COLUMNS.values(), PHONE_HEADERS, READ_ONLY_HEADERS, REPORT_HEADERS)
    known = {fold(name) for names in lists for name in names} | {fold(DATA_COLUMN)}
    displayed = {"firstname": "first_name", "lastname": "last_name", "email": "email", "company": "company"}
    found = []
    for row in table(text):
        data = json.loads(row[DATA_COLUMN]) if row[DATA_COLUMN] else {}
        for name, cell in row.items():
            folded = fold(name.strip())
            if folded in known or folded.rstrip("0123456789") in known or not cell.strip():
                continue
            key = displayed.get(folded, name.strip())
            assert key not in data
            data[key] = unguarded(cell.strip())
        found.append(data)
    return found


def same(one: Any, other: Any) -> bool:
    """Equal with the types: to Python, 1, 1.0 and true are one."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


# ---------------------------------------------------------------- columns


def test_without_contacts_there_is_still_a_header() -> None:
    assert Columns().header == [*BEFORE, *AFTER, "data"]


def test_there_are_as_many_phone_columns_as_any_contact_has_numbers() -> None:
    three = contact(phone_numbers=["+14155550101", "+14155550102", "+14155550103"])
    one, many = table(export([contact(), three]))
    assert list(one)[:5] == [*BEFORE, "phone_2", "phone_3"]
    assert [one[name] for name in ("phone", "phone_2", "phone_3")] == ["+14155550123", "", ""]
    assert [many[name] for name in ("phone", "phone_2", "phone_3")] == three.phone_numbers


def test_data_is_in_columns_by_name_the_well_known_ones_first() -> None:
    data = {"zip": "94107", "company": "Acme", "Alpha": "a", "first_name": "Ada", "ümlaut": "ü"}
    header = list(table(export([contact(data=data)]))[0])
    assert header == [*BEFORE, *AFTER, "first_name", "company", "Alpha", "zip", "ümlaut", "data"]


def test_there_are_no_more_than_200_columns_of_data_and_the_rest_is_json() -> None:
    data = {f"key {n:03d}": str(n) for n in range(MAX_DATA_COLUMNS + 5)}
    text = export([contact(data=data)])
    [row] = table(text)
    assert len(row) == len(BEFORE) + len(AFTER) + MAX_DATA_COLUMNS + 1
    assert json.loads(row["data"]) == {f"key {n}": str(n) for n in range(200, 205)}
    assert data_of(text) == [data]


@given(st.lists(st.dictionaries(st.text("aAbB_ ", max_size=3), st.sampled_from(["x", 1])), max_size=6), st.randoms())
def test_the_columns_are_the_same_in_whatever_order_the_contacts_come(datas: list[dict[str, Any]], random: Any) -> None:
    entries = [entry(contact(data=data)) for data in datas]
    at_once = widened(Columns(), entries)
    random.shuffle(entries)
    one_by_one = Columns()
    for one in entries:
        one_by_one = widened(one_by_one, [one])
    assert one_by_one == at_once


@pytest.mark.parametrize(
    "key",
    [
        *("Phone", "phone2", "Mobile 2", "tel_10", "cell-1"),
        *("id", "Contact ID", "anyreach_id", "external id", "TimeZone", "scheduled-at"),
        *("status", "Last Outcome", "attempts", "created_at", "campanile_error", "data", "Data"),
        *("First Name", "firstname", "FIRST_NAME", "Organisation", "surname", "Email"),
        *("", " ", "_", " padded", "two\nlines", "tab\there", "nul\0", "a;b", "\N{ZERO WIDTH NO-BREAK SPACE}x"),
        *("=1+1", "@x", "-5", "+x", "'=x", "x" * (MAX_HEADER_CHARACTERS + 1)),
    ],
)
def test_a_key_that_a_header_would_not_give_back_stays_in_the_json(key: str) -> None:
    text = export([contact(data={key: "value"})])
    assert table(text)[0]["data"] == json.dumps({key: "value"}, ensure_ascii=False, separators=(",", ":"))
    assert data_of(text) == [{key: "value"}]


def test_of_keys_that_are_one_to_a_reader_the_first_by_name_has_the_column() -> None:
    text = export([contact(data={"plan": "a"}), contact(data={"Plan": "b", "PL-AN": "c"})])
    first, second = table(text)
    assert (first["PL-AN"], first["data"]) == ("", '{"plan":"a"}')
    assert (second["PL-AN"], second["data"]) == ("c", '{"Plan":"b"}')


# ---------------------------------------------------------------- cells


@pytest.mark.parametrize("value", ['=HYPERLINK("http://x","y")', "-5", "@x", "+1 415", "'=1", "=", "+", "-"])
def test_a_value_that_a_spreadsheet_would_compute_is_guarded_and_reads_back(value: str) -> None:
    text = export([contact(data={"note": value}, external_id=value)])
    [row] = table(text)
    assert (row["note"], row["external_id"]) == (f"'{value}", f"'{value}")
    assert data_of(text) == [{"note": value}]


def test_a_phone_number_is_left_as_it_is_also_in_data() -> None:
    text = export([contact(data={"fax": "+442071838750"})])
    assert text.splitlines()[1].split(",")[2] == "+14155550123"
    assert table(text)[0]["fax"] == "+442071838750"


@pytest.mark.parametrize(
    "value",
    [
        "",
        " x",
        "x ",
        "two\nlines",
        "x\0",
        "\N{NO-BREAK SPACE}x",
        "\u2028",
        0,
        1.0,
        -0.0,
        10**30,
        True,
        None,
        [],
        {"a": [{}]},
    ],
)
def test_what_is_no_plain_text_keeps_its_type_in_the_json(value: Any) -> None:
    text = export([contact(data={"it": value, "name": "Ada"}), contact(data={"it": "x"})])
    assert table(text)[0]["it"] == ""
    assert same(data_of(text), [{"it": value, "name": "Ada"}, {"it": "x"}])


@pytest.mark.parametrize(
    "value", ["Größe, 5 m", 'say "hi"', "😀", "日本語", "1", "true", "null", "2026-07-01", "0x1", "a;b", "'"]
)
def test_plain_text_is_a_cell(value: str) -> None:
    text = export([contact(data={"it": value})])
    assert (table(text)[0]["it"], table(text)[0]["data"]) == (value, "")


def test_the_other_cells_are_as_the_api_shows_them() -> None:
    attempt = AttemptResponse.model_validate(
        {
            **dict.fromkeys(AttemptResponse.model_fields),
            "id": "a",
            "attempt_no": 1,
            "phone_number": "+14155550123",
            "status": "finished",
            "started_at": NOON,
        }
    )
    shown = contact(
        external_id="lead-1",
        timezone="America/New_York",
        scheduled_at=NOON,
        status="exhausted",
        last_outcome="no_answer",
        attempts=[attempt, attempt],
        last_attempt_at=NOON,
    )
    as_json = shown.model_dump(mode="json")
    [row] = table(export([shown]))
    for name in ("id", "external_id", "timezone", "scheduled_at", "status", "last_outcome", "last_attempt_at"):
        assert row[name] == as_json[name]
    assert (row["scheduled_at"], row["attempts"], row["next_attempt_at"]) == ("2026-07-01T12:00:00.250Z", "2", "")


@pytest.mark.parametrize("name", [" lead", "lead\N{NO-BREAK SPACE}"])
def test_an_external_id_that_would_not_be_read_back_is_left_out(name: str) -> None:
    assert table(export([contact(external_id=name)]))[0]["external_id"] == ""


# ---------------------------------------------------------------- there and back

AWKWARD = [
    "Phone",
    "phone2",
    "status",
    "First Name",
    "first_name",
    "data",
    "Plan",
    "plan",
    "=x",
    "a;phone",
    "id",
    '"',
    ",",
]
TEXTS = st.text(max_size=6) | st.sampled_from(["=1", "'=1", "+14155550123", "@", "-", "\r\n", '"', ";", "{}"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
DATAS = st.dictionaries(st.sampled_from(AWKWARD) | st.text(max_size=5), TEXTS | VALUES, max_size=6)


@given(st.lists(DATAS, min_size=1, max_size=4))
@example([{"a;phone;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q;r;s": "x"}])
def test_whatever_data_is_exported_reads_back_with_its_types(datas: list[dict[str, Any]]) -> None:
    assert same(data_of(export([contact(data=data) for data in datas])), datas)


@given(st.lists(DATAS, min_size=1, max_size=3), st.integers(1, 10))
@example([{"a;phone;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q;r;s": "x"}], 1)
def test_an_import_finds_ids_and_numbers_whatever_the_data(datas: list[dict[str, Any]], numbers: int) -> None:
    phones = [f"+141555501{n:02d}" for n in range(numbers)]
    people = [contact(data=data, phone_numbers=phones, external_id=f"lead-{n}") for n, data in enumerate(datas)]
    rows = csv_files.rows("\N{ZERO WIDTH NO-BREAK SPACE}" + export(people))
    for row, one in zip(rows, people, strict=True):
        assert (row.id, row.external_id, row.phone_numbers) == (one.id, one.external_id, phones)


@given(st.lists(DATAS, min_size=1, max_size=3))
def test_no_cell_begins_like_a_formula_unless_it_is_a_phone_number(datas: list[dict[str, Any]]) -> None:
    for row in csv.reader(io.StringIO(export([contact(data=data) for data in datas]), newline="")):
        risky = [cell for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
        assert [cell for cell in risky if not (cell[0] == "+" and cell[1:].isdigit())] == []
