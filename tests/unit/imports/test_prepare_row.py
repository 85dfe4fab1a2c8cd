"""What a row of a CSV file asks for: numbers, names and times, completed by the campaign's terms."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from campanile.contacts.rows import ContactRow
from campanile.csv_files.rows import CsvRow
from campanile.domain.contact import Contact, LaneKind
from campanile.domain.import_report import ImportRowError
from campanile.domain.lifecycle import ContactStatus
from campanile.imports.prepare_row import Terms, id_from_number, names, prepare
from campanile.store import keys

CAMPAIGN = str(uuid4())
TERMS = Terms(CAMPAIGN, "+1", "America/New_York")
AD_HOC = Terms("default@org", None, None)
PHONE = "+12125550101"
ID = str(uuid4())


def row(**fields: Any) -> CsvRow:
    wanted = {"phone_numbers": ["212-555-0101"], "phone_columns": ["phone"], **fields}
    return CsvRow(row=2, **wanted)


def contact(contact_id: str, **fields: Any) -> Contact:
    """Somebody who is there."""
    blank = Contact(
        campaign_key=CAMPAIGN,
        id=contact_id,
        number=0,
        status=ContactStatus.PENDING,
        phone_numbers=(PHONE,),
        created_at=0,
        due=0,
        kind=LaneKind.FIRST,
    )
    return replace(blank, **fields)


def good(wanted: CsvRow, *here: Contact, terms: Terms = TERMS) -> ContactRow:
    found = prepare(terms, wanted, {one.id: one for one in here})
    assert isinstance(found, ContactRow), found
    return found


def bad(wanted: CsvRow, *here: Contact, terms: Terms = TERMS) -> tuple[str | None, str]:
    found = prepare(terms, wanted, {one.id: one for one in here})
    assert isinstance(found, ImportRowError), found
    assert found.row == wanted.row
    return found.column, found.code


def scheduled(written: str, *here: Contact, terms: Terms = TERMS, **fields: Any) -> str:
    moment = good(row(scheduled_at=written, **fields), *here, terms=terms).fields.scheduled_at
    assert moment
    return moment.isoformat()


# ---------------------------------------------------------------- times


def test_a_time_without_offset_is_read_by_the_rows_zone() -> None:
    assert scheduled("2026-07-02 10:00", timezone="Europe/Paris") == "2026-07-02T08:00:00+00:00"


def test_else_by_the_zone_of_the_contact_that_is_there() -> None:
    ana = contact(ID, timezone="Asia/Tokyo")
    assert scheduled("2026-07-02 10:00", ana, id=ID) == "2026-07-02T01:00:00+00:00"
    assert scheduled("2026-07-02 10:00", ana, id=ID, timezone="Europe/Paris") == "2026-07-02T08:00:00+00:00"


def test_else_by_the_configurations() -> None:
    assert scheduled("2026-07-02T10:00:30") == "2026-07-02T14:00:30+00:00"
    assert scheduled("2026-07-02t10:00", contact(ID), id=ID) == "2026-07-02T14:00:00+00:00"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-07-02T10:00:00Z", "2026-07-02T10:00:00+00:00"),
        ("2026-07-02T10:00:00+05:30", "2026-07-02T04:30:00+00:00"),
    ],
)
def test_a_time_with_its_offset_needs_no_zone(written: str, meant: str) -> None:
    assert scheduled(written, timezone="Europe/Paris") == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-08 01:59", "2026-03-08T06:59:00+00:00"),
        ("2026-03-08 02:30", "2026-03-08T07:30:00+00:00"),
        ("2026-03-08 03:00", "2026-03-08T07:00:00+00:00"),
        ("2026-11-01 01:30", "2026-11-01T05:30:00+00:00"),
        ("2026-11-01 02:00", "2026-11-01T07:00:00+00:00"),
    ],
    ids=["before the gap", "in the gap", "behind the gap", "an hour that comes twice: the first", "behind it"],
)
def test_a_time_on_the_days_when_clocks_change(written: str, meant: str) -> None:
    assert scheduled(written) == meant


def test_an_ad_hoc_contact_without_a_zone_needs_an_offset() -> None:
    wanted = row(phone_numbers=[PHONE], scheduled_at="2026-07-02 10:00")
    assert bad(wanted, terms=AD_HOC) == ("scheduled_at", "value_error")
    assert good(replace(wanted, timezone="Europe/Paris"), terms=AD_HOC).fields.scheduled_at


@pytest.mark.parametrize(
    "written",
    ["yesterday", "2026-07-02", "02.07.2026 10:00", "2026-02-30 10:00", "2026-07-02 25:00", "0001-01-01 00:00"],
)
def test_what_is_no_time_is_refused(written: str) -> None:
    assert bad(row(scheduled_at=written, timezone="Asia/Tokyo")) == ("scheduled_at", "value_error")


def test_an_unknown_zone_is_refused_as_the_zone_also_where_a_time_stands_beside_it() -> None:
    assert bad(row(timezone="Mars/Olympus")) == ("timezone", "value_error")
    assert bad(row(timezone="Mars/Olympus", scheduled_at="2026-07-02 10:00")) == ("timezone", "value_error")
    assert bad(row(timezone="../etc/passwd", scheduled_at="2026-07-02 10:00")) == ("timezone", "value_error")


# ---------------------------------------------------------------- numbers


def test_numbers_are_completed_and_each_is_there_once() -> None:
    found = good(row(phone_numbers=["212-555-0101", "+442079460018", "(212) 555-0101"], phone_columns=["a", "b", "c"]))
    assert found.numbers == (PHONE, "+442079460018")


def test_the_column_of_a_wrong_number_is_named() -> None:
    wanted = row(phone_numbers=["212-555-0101", "1.41556E+10"], phone_columns=["phone", "mobile"])
    assert bad(wanted) == ("mobile", "spreadsheet_number")


def test_ad_hoc_numbers_must_be_e164() -> None:
    assert bad(row(), terms=AD_HOC) == ("phone", "not_e164")
    assert good(row(phone_numbers=[PHONE]), terms=AD_HOC).numbers == (PHONE,)


@pytest.mark.parametrize("named", [{}, {"data": {"name": "Ana"}}])
def test_a_row_with_neither_name_nor_number_is_refused(named: dict[str, Any]) -> None:
    assert bad(row(phone_numbers=[], phone_columns=[], **named)) == (None, "no_number")


# ---------------------------------------------------------------- who is meant


def test_a_row_of_a_number_alone_gets_its_id_from_that_however_it_is_written() -> None:
    one, other = good(row()), good(row(phone_numbers=[PHONE]))
    assert one.only_new
    assert one.identity(CAMPAIGN) == other.identity(CAMPAIGN) == id_from_number(CAMPAIGN, PHONE)
    assert names(CAMPAIGN, row()) == []


def test_an_id_must_name_a_contact_that_is_there_in_any_case_of_its_letters() -> None:
    assert bad(row(id=ID)) == ("id", "unknown_id")
    assert good(row(id=ID.upper()), contact(ID)).identity(CAMPAIGN) == ID
    assert bad(row(id="1007")) == ("id", "string_pattern_mismatch")


def test_an_external_id_names_a_new_contact_or_one_that_is_there() -> None:
    by_name = keys.contact_id_for(CAMPAIGN, "ana")
    assert good(row(external_id="ana")).identity(CAMPAIGN) == by_name
    without = row(external_id="ana", phone_numbers=[], phone_columns=[])
    assert bad(without) == (None, "phone_numbers_required")
    assert good(without, contact(by_name)).fields.phone_numbers is None


def test_id_and_external_id_of_two_contacts_are_refused() -> None:
    other = contact(keys.contact_id_for(CAMPAIGN, "ben"))
    assert bad(row(id=ID, external_id="ben"), contact(ID), other) == ("external_id", "identity_conflict")
    assert not good(row(id=ID, external_id="ana"), contact(ID)).only_new


# ---------------------------------------------------------------- what is left as it is


def test_a_file_without_data_columns_leaves_data_and_others_replace_it() -> None:
    assert "data" not in good(row(data=None)).fields.model_fields_set
    assert good(row()).fields.data == {}
    assert good(row(data={"a": 1})).fields.data == {"a": 1}


def test_empty_cells_leave_a_contacts_fields() -> None:
    fields = good(row(id=ID, phone_numbers=[], phone_columns=[]), contact(ID)).fields
    assert fields.model_fields_set == {"id", "data"}


@pytest.mark.parametrize("field", ["scheduled_at", "external_id", "id"])
def test_no_message_quotes_the_cell(field: str) -> None:
    found = prepare(TERMS, row(**{field: "212 555/0101"}), {})
    assert isinstance(found, ImportRowError)
    assert found.column == field
    assert "0101" not in found.message
