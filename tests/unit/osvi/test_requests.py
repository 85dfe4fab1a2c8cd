"""What OSVI's clients send (seed 004): every field, the order of the checks, and which of two contacts is kept."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campanile.osvi.requests import INVALID_PHONE, MAX_CONTACTS, BadRequestError, parse, parse_phone

RAVI = {"person_name": "Ravi Kumar", "phone": "9876543210"}


def body(*contacts: object, **fields: object) -> str:
    return json.dumps({"agent_uuid": "agent_1", "contacts": list(contacts), **fields})


def error_of(text: str) -> str:
    with pytest.raises(BadRequestError) as refused:
        parse(text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("9876543210", "+919876543210"),
        ("+919876543210", "+919876543210"),
        ("+91 98765-43210", "+919876543210"),
        ("(98765) 43210", "+919876543210"),
        (" 6000000000 ", "+916000000000"),
        ("98765\u00a043210", "+919876543210"),
        ("98765\u201143210", "+919876543210"),
        ("+912212345678", "+912212345678"),
        ("5876543210", None),
        ("98765", None),
        ("987654321012", None),
        ("919876543210", None),
        ("09876543210", None),
        ("+910876543210", None),
        ("+14155550123", None),
        ("९८७६५४३२१०", None),
        ("98765.43210", None),
        ("", None),
        (None, None),
        (9876543210, None),
    ],
)
def test_a_number_is_a_mobile_one_of_ten_digits_or_one_behind_the_code_of_india(
    written: object, number: str | None
) -> None:
    assert parse_phone(written) == number


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "The body is not valid JSON."),
        ("{", "The body is not valid JSON."),
        ("[]", "The body must be a JSON object."),
        (json.dumps({"contacts": [RAVI]}), "agent_uuid is required."),
        (json.dumps({"agent_uuid": "", "contacts": [RAVI]}), "agent_uuid is required."),
        (json.dumps({"agent_uuid": 7, "contacts": [RAVI]}), "agent_uuid must be text."),
        ('{"agent_uuid": "\\ud800"}', "agent_uuid must not contain halves of characters."),
        (json.dumps({"agent_uuid": "a"}), "contacts is required: an array of 1 to 10000 contacts."),
        (json.dumps({"agent_uuid": "a", "contacts": {}}), "contacts must be an array."),
        (body(), "contacts must not be empty."),
        (body(RAVI, enqueue="yes"), "enqueue must be true or false."),
        (body(RAVI, enqueue=None), "enqueue must be true or false."),
        (body("Ravi"), "contacts[0]: must be an object with person_name and phone."),
        (body({"phone": "9876543210"}), "contacts[0]: person_name is required."),
        (body({"person_name": " ", "phone": "9876543210"}), "contacts[0]: person_name is required."),
        (body({"person_name": 7, "phone": "9876543210"}), "contacts[0]: person_name must be text."),
        (body({"person_name": "Ravi"}), f"contacts[0]: {INVALID_PHONE}"),
        (body({"phone": "12"}), "contacts[0]: person_name is required."),
        (body(RAVI, {**RAVI, "phone": "12"}, {}), f"contacts[1]: {INVALID_PHONE}"),
        (body({**RAVI, "plan": 7}), "contacts[0]: plan must be text; write other values as text."),
        (body({**RAVI, "plan": None}), "contacts[0]: plan must be text; write other values as text."),
        (body({**RAVI, "\ud800": 7}), "contacts[0]: ? must be text; write other values as text."),
        (body({**RAVI, "plan": "\ud800"}), "contacts[0]: must not contain halves of characters."),
    ],
)
def test_the_first_thing_that_is_wrong_is_named(text: str, error: str) -> None:
    assert error_of(text) == error


def test_ten_thousand_contacts_are_taken_and_one_more_is_not() -> None:
    many = [{"person_name": "R", "phone": str(9_000_000_000 + n)} for n in range(MAX_CONTACTS)]
    assert len(parse(body(*many)).contacts) == MAX_CONTACTS
    assert "10001 entries; at most 10000" in error_of(body(*many, RAVI))
    assert "10001 entries" in error_of(body(*[{}] * 10_001))  # before any of them is looked at


def test_a_contact_carries_at_most_16_kb_beside_its_phone() -> None:
    room = 16 * 1024 - len(json.dumps({"person_name": "R", "x": ""}, separators=(",", ":")))
    assert parse(body({"person_name": "R", "phone": "9876543210", "x": "y" * room}))
    error = error_of(body({"person_name": "R", "phone": "9876543210", "x": "y" * (room + 1)}))
    assert error == "contacts[0]: has 16385 bytes beside its phone; at most 16384 are kept."


def test_extra_keys_are_kept_as_they_are_also_those_that_mean_something_elsewhere() -> None:
    extras = {"plan": "Pro", "timezone": "IST", "": "empty", "renewal date": " 1 July "}
    [one] = parse(body({**RAVI, **extras})).contacts
    assert one.data == {"person_name": "Ravi Kumar", **extras}


def test_of_a_repeated_number_the_longer_name_is_kept_with_its_keys_in_the_place_of_the_first() -> None:
    asked = parse(
        body(
            {**RAVI, "person_name": "Ravi", "plan": "Pro"},
            {"person_name": "Anita", "phone": "+919876500000"},
            {**RAVI, "phone": "+91 98765 43210", "city": "Pune"},
            {**RAVI, "phone": "98765-43210", "person_name": "Ravi K. Das"[:10]},
        )
    )
    assert [one.data for one in asked.contacts] == [
        {"person_name": "Ravi Kumar", "city": "Pune"},
        {"person_name": "Anita"},
    ]
    assert asked.received == 4


@given(st.lists(st.tuples(st.integers(0, 5), st.text("ab", min_size=1, max_size=4)), min_size=1, max_size=12))
def test_whatever_is_repeated_each_number_is_left_once_with_a_name_of_the_greatest_length(
    people: list[tuple[int, str]],
) -> None:
    rows = [{"person_name": name, "phone": f"987654321{n}"} for n, name in people]
    left = parse(body(*rows)).contacts
    assert [one.number for one in left] == [f"+91987654321{n}" for n in dict.fromkeys(n for n, _ in people)]
    for one in left:
        names = [name for n, name in people if one.number.endswith(f"1{n}")]
        assert one.person_name == max(names, key=len)  # the first of the longest


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_whatever_stands_where_contacts_should_be_is_refused_by_name(value: Any) -> None:
    assert error_of(json.dumps({"agent_uuid": "a", "contacts": value})).startswith("contacts")
