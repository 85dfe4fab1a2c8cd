"""The recognised fields of a contact (seed 002): kept in `data`, given beside it or within it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campanile.contacts import check_rows, merge
from campanile.domain.contact_fields import PLAIN_NAMES
from campanile.domain.errors import InvalidFieldsError
from campanile.schema.contacts import MAX_DATA_BYTES, ContactInput

NUMBER = "+12125550123"


def row(**fields: Any) -> ContactInput:
    return ContactInput.model_validate(fields)


@pytest.mark.parametrize(
    ("former", "fields", "data"),
    [
        ({"a": 1}, {"first_name": "Ada"}, {"a": 1, "first_name": "Ada"}),
        ({"first_name": "Ada", "a": 1}, {"first_name": "Bea"}, {"first_name": "Bea", "a": 1}),
        ({"first_name": "Ada", "a": 1}, {"first_name": None}, {"a": 1}),
        (
            {"first_name": "Ada"},
            {"email": "", "company": "ACME"},
            {"first_name": "Ada", "email": "", "company": "ACME"},
        ),
        ({"first_name": "Ada", "a": 1}, {"data": {"b": 2}}, {"b": 2}),
        ({"first_name": "Ada"}, {"data": {"b": 2}, "last_name": "Hall"}, {"b": 2, "last_name": "Hall"}),
        ({"first_name": "Ada"}, {"data": None, "last_name": "Hall"}, {"last_name": "Hall"}),
        ({}, {"data": {"first_name": 5}}, {"first_name": 5}),
        ({"first_name": {"given": "Ada"}}, {"timezone": "Europe/Paris"}, {"first_name": {"given": "Ada"}}),
    ],
)
def test_a_recognised_field_is_a_key_of_data(
    former: dict[str, Any], fields: dict[str, Any], data: dict[str, Any]
) -> None:
    assert merge.data_of(former, row(**fields)) == data


texts = st.dictionaries(st.sampled_from([*PLAIN_NAMES, "plan"]), st.text(max_size=9))


@given(former=texts, data=st.none() | texts, named=texts.map(lambda one: {k: v for k, v in one.items() if k != "plan"}))
def test_fields_given_beside_data_are_as_if_they_were_given_within(
    former: dict[str, str], data: dict[str, str] | None, named: dict[str, str]
) -> None:
    base = former if data is None else data
    given_beside = row(**named, **({} if data is None else {"data": data}))
    assert merge.data_of(former, given_beside) == merge.data_of({}, row(data=base | named))


@pytest.mark.parametrize("name", PLAIN_NAMES)
@pytest.mark.parametrize("value", ["Ada", None])
def test_a_field_both_beside_and_within_data_is_refused_and_alone_within_it_taken(name: str, value: str | None) -> None:
    with pytest.raises(InvalidFieldsError) as refused:
        check_rows.validate([row(phone_numbers=[NUMBER], data={name: "x"}, **{name: value})], "+1")
    assert [(one.path, one.code) for one in refused.value.errors] == [(f"contacts[0].data.{name}", "structured_field")]
    check_rows.validate([row(phone_numbers=[NUMBER], data={name: "x"})], "+1")


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_a_recognised_field_is_text_of_at_most_255_characters(name: str) -> None:
    assert getattr(row(**{name: "x" * 255}), name) == "x" * 255
    for wrong in ("x" * 256, 5, ["x"], True):
        with pytest.raises(ValueError, match=name):
            row(**{name: wrong})


def test_data_with_the_fields_is_as_small_as_data_alone() -> None:
    room = MAX_DATA_BYTES - len('{"a":"","first_name":"Ada"}')
    assert merge.too_large({"a": "x" * room}, row(first_name="Ada")) is None
    told = merge.too_large({"a": "x" * (room + 1)}, row(first_name="Ada"))
    assert told
    assert str(MAX_DATA_BYTES) in told
    assert merge.too_large({"a": "x" * 20_000}, row(timezone="Europe/Paris")) is None
