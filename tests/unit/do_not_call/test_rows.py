"""What a row of a file puts on the do-not-call list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campanile.do_not_call.rows import NumbersRow, prepare
from campanile.domain import phone
from campanile.domain.import_report import ImportRowError
from tests.support.clock import at
from tests.support.csv_files import one

NOW = at("2026-07-01T17:00:00Z")


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("phone", "+14155550123", NumbersRow(2, ("+14155550123",), None, None)),
        ("Phone Number,REASON", "0044 20 7946 0018, asked ", NumbersRow(2, ("+442079460018",), "asked", None)),
        ("mobile,cell", "+14155550123,+1 415 555 0123", NumbersRow(2, ("+14155550123",), None, None)),
        (
            "tel,Expires-At,name",
            "+14155550123,2026-08-01T02:00:00+02:00,Ada",
            NumbersRow(2, ("+14155550123",), None, at("2026-08-01T00:00:00Z")),
        ),
    ],
)
def test_a_good_row_lists_its_numbers(header: str, cells: str, expected: NumbersRow) -> None:
    assert prepare(one(f"{header}\n{cells}\n"), NOW) == expected


@pytest.mark.parametrize(
    ("header", "cells", "column", "code"),
    [
        ("phone", "4155550123", "phone", "not_e164"),
        ("phone,Mobile", "+14155550123,12", "Mobile", "not_e164"),
        ("phone,reason", ",asked", None, "no_number"),
        ("phone,expires_at", "+14155550123,2026-07-01T17:00:00Z", "expires_at", "past"),
        ("phone,expires_at", "+14155550123,2026-08-01T00:00:00", "expires_at", "value_error"),
        ("phone,Expires At", "+14155550123,never", "Expires At", "value_error"),
        ("phone,reason", f"+14155550123,{'x' * 501}", "reason", "string_too_long"),
        (",".join(["phone"] * 11), ",".join(["+14155550123"] * 11), None, "too_many_numbers"),
    ],
)
def test_a_bad_row_is_refused_by_its_column(header: str, cells: str, column: str | None, code: str) -> None:
    refused = prepare(one(f"{header}\n{cells}\n"), NOW)
    assert isinstance(refused, ImportRowError)
    assert (refused.row, refused.column, refused.code) == (2, column, code)
    assert "4155550123" not in refused.message.replace("+14155550123", "")


@given(st.text(max_size=30))
def test_whatever_a_cell_has_a_number_is_listed_only_with_the_country_it_names(text: str) -> None:
    try:
        found = phone.normalize_international(text)
    except phone.InvalidPhoneNumber:
        return
    assert phone.normalize_e164(found.e164) == found


@given(st.sampled_from(["+14155550123", "+442079460018", "+919876543210", "+4930123456"]), st.data())
def test_a_number_written_with_its_country_is_that_number(e164: str, data: st.DataObject) -> None:
    spaced = "".join(digit + data.draw(st.sampled_from(["", " ", "-", "."])) for digit in e164[1:])
    written = data.draw(st.sampled_from(["+", "00", "+ ", "'+"])) + spaced.rstrip(" -.")
    assert phone.normalize_international(written).e164 == e164
