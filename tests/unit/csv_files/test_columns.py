"""Which column of a CSV file is what."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campanile.csv_files.columns import detect_columns
from campanile.csv_files.headers import READ_ONLY_HEADERS
from campanile.csv_files.records import CsvStructureError
from campanile.csv_files.rows import CsvRow
from tests.support.csv_files import one, read


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
    assert row.data is None


def test_the_more_telling_of_two_id_columns_is_the_id() -> None:
    row = one("id,phone,anyreach_id\n17,123,0192")
    assert (row.id, row.data) == ("0192", {"id": "17"})


def test_data_keeps_its_headers_as_written() -> None:
    assert one("phone, Middle Name ,PLAN\n1,Ada,pro").data == {"Middle Name": "Ada", "PLAN": "pro"}


def test_the_fields_that_are_known_by_name_are_kept_under_it() -> None:
    row = one("phone,First Name,lastName,E-Mail,COMPANY\n1,Ada,B,a@b,C")
    assert row.data == {"first_name": "Ada", "last_name": "B", "email": "a@b", "company": "C"}


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
        ("phone,First Name,first_name", ("phone", "first_name_2", "first_name")),
        ("phone,Given name,Surname,E-Mail address", ("phone", "first_name", "last_name", "email")),
        ("phone,Company Name,Organisation", ("phone", "company", "Organisation")),
        ("phone,Organisation,company", ("phone", "Organisation", "company")),
        ("phone,First Name,FIRST NAME", ("phone", "first_name", "first_name_2")),
    ],
)
def test_no_two_data_columns_share_a_name(header: str, names: tuple[str, ...]) -> None:
    assert detect_columns(header.split(",")).names == names


def test_a_file_without_a_phone_column_is_refused_naming_what_was_found_and_what_is_accepted() -> None:
    with pytest.raises(CsvStructureError) as refusal:
        read("first_name,handy\nAda,123\n")
    message = str(refusal.value)
    assert "'first_name', 'handy'" in message
    assert "phone, phone_number, mobile, cell, tel" in message


def test_a_file_without_a_header_is_refused_without_quoting_the_person_in_it() -> None:
    with pytest.raises(CsvStructureError, match="looks like a contact") as refusal:
        read("+15551234567,Sarah,Johnson\n+15559876543,Michael,Chen\n")
    assert "Sarah" not in str(refusal.value)
    assert "5551234567" not in str(refusal.value)


# ---------------------------------------------------------------- what an export and a report have


def test_what_a_report_adds_to_a_file_is_ignored() -> None:
    assert one("phone,plan,campanile_row,Campanile Error\n1,pro,7,wrong").data == {"plan": "pro"}


def test_what_an_export_tells_beyond_the_contact_is_ignored_in_a_file_with_ids_only() -> None:
    columns = ",".join(READ_ONLY_HEADERS)
    cells = ",".join("x" for _ in READ_ONLY_HEADERS)
    assert one(f"id,{columns},plan\n7,{cells},pro\n").data == {"plan": "pro"}
    assert one(f"phone,{columns}\n1,{cells}\n").data == dict.fromkeys(READ_ONLY_HEADERS, "x")


def test_a_file_with_ids_needs_no_phone_column_and_one_with_external_ids_does() -> None:
    assert one("Contact ID,plan\n7,pro\n") == CsvRow(row=2, id="7", data={"plan": "pro"})
    with pytest.raises(CsvStructureError, match="no phone column"):
        read("external_id,plan\n7,pro\n")


def test_the_column_data_is_an_object_in_a_file_with_ids_and_a_text_elsewhere() -> None:
    content = """{0},Data,plan\n7,"{{""plan"": ""basic"", ""age"": 40}}",pro\n"""
    assert one(content.format("id")).data == {"plan": "pro", "age": 40}
    assert one(content.format("phone")).data == {"Data": '{"plan": "basic", "age": 40}', "plan": "pro"}


def test_a_header_that_was_guarded_against_spreadsheets_is_itself_again() -> None:
    assert detect_columns(["phone", "'=total", "'quoted'"]).names == ("phone", "=total", "'quoted'")


# ---------------------------------------------------------------- the mapping


def described(header: str, mapping: Mapping[str, str | None] = {}) -> str:
    return " ".join(f"{name}>{target}" for name, target in detect_columns(header.split(","), mapping).describe())


@pytest.mark.parametrize(
    ("header", "mapping", "expected"),
    [
        ("phone,name", {}, "phone>phone name>data"),
        ("Handy,name", {"Handy": "phone"}, "Handy>phone name>data"),
        ("Handy,phone", {"handy": "phone"}, "Handy>phone phone>phone"),
        ("Handy,phone", {"HANDY ": "phone", "phone": None}, "Handy>phone phone>ignore"),
        ("phone,Kunden-Nr", {"kunden nr": "external_id"}, "phone>phone Kunden-Nr>external_id"),
        ("phone,tz,timezone", {"tz": "timezone"}, "phone>phone tz>timezone timezone>data"),
        ("phone,id", {"id": "external_id"}, "phone>phone id>external_id"),
        ("phone,id,status", {"id": "ignore"}, "phone>phone id>ignore status>data"),
        ("nr,status,plan", {"nr": "id"}, "nr>id status>ignore plan>data"),
        ("id,status,plan", {"status": "data"}, "id>id status>data plan>data"),
        ("phone,when", {"when": "scheduled_at"}, "phone>phone when>scheduled_at"),
        ("phone,mobile", {"mobile": "data"}, "phone>phone mobile>data"),
        ("phone,First Name", {}, "phone>phone First Name>data.first_name"),
        ("phone,First Name", {"first_name": "data"}, "phone>phone First Name>data"),
        ("phone,Vorname,Firma", {"Vorname": "first_name"}, "phone>phone Vorname>data.first_name Firma>data"),
        ("phone,Firma,Company Name", {"Firma": "company"}, "phone>phone Firma>data.company Company Name>data"),
        ("phone,Organisation", {"Organisation": "data"}, "phone>phone Organisation>data"),
        ("phone,campanile:email", {}, "phone>phone campanile:email>data.email"),
        ("phone,Tarif", {"Tarif": "data.plan"}, "phone>phone Tarif>data.plan"),
        ("phone,Tarif,plan", {"Tarif": "data.plan"}, "phone>phone Tarif>data.plan plan>data.plan_2"),
        ("phone,name,name", {}, "phone>phone name>data name>data.name_2"),
        ("phone,name,name", {"name": "ignore"}, "phone>phone name>ignore name>ignore"),
        (
            "phone,first_name,First Name",
            {"first_name": None},
            "phone>phone first_name>ignore First Name>data.first_name",
        ),
        ("phone,Plan,plan", {"PLAN": "ignore"}, "phone>phone Plan>ignore plan>ignore"),
        ("phone,Plan,plan", {"plan": "ignore"}, "phone>phone Plan>data plan>ignore"),
        ("phone,Plan,plan", {"plan": "ignore", "PLAN": "data.p"}, "phone>phone Plan>data.p plan>ignore"),
        ("phone,,x", {"column_2": "timezone"}, "phone>phone column_2>timezone x>data"),
        ("phone,,x", {}, "phone>phone column_2>data x>data"),
        ("id,data", {}, "id>id data>data"),
        ("id,data", {"data": "data.data"}, "id>id data>data.data"),
        ("campanile_row,phone", {"campanile_row": "data"}, "campanile_row>data phone>phone"),
    ],
)
def test_a_mapping_goes_before_detection_and_is_told_as_it_was_understood(
    header: str, mapping: Mapping[str, str | None], expected: str
) -> None:
    assert described(header, mapping) == expected


@pytest.mark.parametrize(
    ("header", "mapping", "message"),
    [
        ("phone,name", {"nom": "data"}, "no column 'nom'; the header has 'phone', 'name'"),
        ("phone,name", {"column_2": "data"}, "no column 'column_2'"),
        ("phone,name", {"": "data"}, "no column ''"),
        (
            "phone,name",
            {"name": "nickname"},
            "'name' cannot become 'nickname': take one of phone, id, external_id, ",
        ),
        ("phone,name", {"name": "data."}, "'name' cannot become 'data.'"),
        ("phone,name", {"name": ""}, "'name' cannot become ''"),
        ("phone,a,b", {"a": "id", "b": "id"}, "'a' and 'b' would both become 'id'"),
        ("phone,a,a", {"a": "timezone"}, "'a' and 'a' would both become 'timezone'.* rename a header"),
        ("phone,a,b", {"a": "data.x", "b": "data.x"}, "'a' and 'b' would both become 'data.x'"),
        ("phone,a,b", {"a": "data.b", "b": "data"}, "'a' and 'b' would both become 'data.b'"),
        ("phone,a,a", {"a": "data.x"}, "'a' and 'a' would both become 'data.x'"),
        ("phone,a", {"a": "data", "A": "ignore"}, "'a' and 'A' are the same column: name it once"),
        (
            "phone,A",
            {"a": "data", " A ": "ignore"},
            "'a' and ' A ' are the same column|' A ' and 'a' are the same column",
        ),
        ("phone,a", {"phone": "ignore"}, "no phone column: the header has 'phone', 'a'.* or map it to 'phone'"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_is_refused_with_the_way_out(
    header: str, mapping: Mapping[str, str | None], message: str
) -> None:
    with pytest.raises(CsvStructureError, match=message):
        detect_columns(header.split(","), mapping)


def test_a_mapping_for_a_file_without_a_header_quotes_no_person() -> None:
    with pytest.raises(CsvStructureError, match="looks like a contact") as refusal:
        detect_columns(["+15551234567", "Sarah"], {"phone": "phone"})
    assert "Sarah" not in str(refusal.value)


def test_several_columns_may_be_mapped_to_phone_and_keep_the_order_of_the_header() -> None:
    row = one("b,phone,a\n1,2,3\n", {"a": "phone", "b": "phone"})
    assert (row.phone_numbers, row.phone_columns) == (["1", "2", "3"], ["b", "phone", "a"])


names = st.sampled_from(["phone", "Phone 2", "id", "contact_id", "external_id", "timezone", "status", "data", "Data",
    "First Name", "Surname", "family name", "first_name", "first name", "name", "name_2", "", "column_3", "x",
    "campanile_row"])  # fmt: skip
targets = st.sampled_from(["phone", "id", "external_id", "data", "data.x", "data.name", "ignore", None])


@settings(deadline=None, max_examples=500, derandomize=True)
@given(st.lists(names, min_size=1, max_size=7), st.dictionaries(names, targets, max_size=4))
def test_every_column_is_one_thing_and_no_key_is_two_columns(header: list[str], mapping: dict[str, str | None]) -> None:
    try:
        columns = detect_columns(header, mapping)
    except CsvStructureError:
        return
    keys = [key for _, key in columns.data]
    assert len(set(keys)) == len(keys)
    assert all(keys)
    single = (columns.id, columns.external_id, columns.timezone, columns.scheduled_at, columns.extra)
    used = [*columns.phones, *(index for index, _ in columns.data), *(index for index in single if index is not None)]
    assert len(set(used)) == len(used)
    assert len(columns.describe()) == len(columns.names) == len(header)


@settings(deadline=None, max_examples=500, derandomize=True)
@given(st.lists(names, min_size=1, max_size=7, unique=True), st.dictionaries(names, targets, max_size=4))
def test_the_description_given_as_a_mapping_is_the_same_columns(
    header: list[str], mapping: dict[str, str | None]
) -> None:
    try:
        columns = detect_columns(header, mapping)
    except CsvStructureError:
        return
    described = columns.describe()
    if len(dict(described)) == len(described):
        assert detect_columns(header, dict(described)) == columns


def test_a_header_that_would_not_fit_the_report_is_refused() -> None:
    with pytest.raises(CsvStructureError, match="column 2 has 251 characters; at most 250"):
        detect_columns(["phone", "x" * 251])
    with pytest.raises(CsvStructureError, match="501 columns; at most 500"):
        detect_columns(["phone", *map(str, range(500))])
    assert detect_columns(["phone", "x" * 250]).names[1] == "x" * 250
