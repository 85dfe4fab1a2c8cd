"""docs/data-model.md against campanile.store.keys, both ways, and against the functions it names."""

from importlib import import_module
from inspect import getmembers, isfunction, signature
from typing import Any

import pytest

from campanile.store import keys
from tests.support.documents import codes, table
from tests.support.template import table_definition

CAMPAIGN = "0193a1c0-0000-7000-8000-00000000000c"
CONTACT = "0193a1c0-0000-7000-8000-00000000000a"
CAST: dict[str, Any] = {
    "org": "acme",
    "campaign_id": CAMPAIGN,
    "campaign_key": CAMPAIGN,
    "configuration_id": "0193a1c0-0000-7000-8000-00000000000f",
    "contact_id": CONTACT,
    "external_id": "lead-1001",
    "number": 7,
    "hundred": 1,
    "agent_id": "agent_IsZ3Q6Sf_60Eh26XQMGbz-R_og",
    "digest": "9f86d081",
    "n": 104,
    "block": 3,
    "creation_number": 6_001,
    "e164": "+14155550123",
    "event_id": "4f1c6a52",
    "prefix": "+1415",
    "at_ms": 1_793_000_000_000,
    "due_ms": 1_793_000_000_000,
    "received_ms": 1_793_000_000_000,
    "created_ms": 1_793_000_000_000,
    "account": "acme",
    "key_id": "ak_00ff",
    "user": "ada@example.com",
    "reference": "lead",
    "job": "0193a1c0-0000-7000-8000-000000000001",
    "shard": 5,
    "request_key": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    "zone": "America/New_York",
    "kind": "F",
}
"""The arguments of the document's examples, by parameter name."""

FUNCTIONS = {
    name: function
    for name, function in getmembers(keys, isfunction)
    if function.__module__ == keys.__name__
    and not name.startswith("_")
    and "item" not in signature(function).parameters
}
"""Functions that make a key, or a part of one; those that read one back take an item (see unit/store/test_keys.py)."""
PATTERNS = table("docs/data-model.md", "#", "Pattern")


def _documented() -> dict[str, tuple[str, ...]]:
    entities = table("docs/data-model.md", "Entity", "Key function")
    parts = table("docs/data-model.md", "Part of a key", "Function")
    whole = {codes(row[1])[0]: (codes(row[2])[0], codes(row[3])[0]) for row in entities}
    return whole | {codes(row[1])[0]: (codes(row[2])[0],) for row in parts}


def _rendered(name: str) -> tuple[str, ...]:
    function = FUNCTIONS[name]
    made: Any = function(**{parameter: CAST[parameter] for parameter in signature(function).parameters})
    match made:
        case {"PK": partition, "SK": sort}:
            return partition, sort
        case (_, {":pk": partition, ":start": start, ":end": end}):
            return (f"{partition} from {start} to {end}",)
        case _:
            return (str(made),)


def test_every_key_function_is_documented_and_every_documented_one_exists() -> None:
    assert set(_documented()) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_documented_example_is_what_the_code_makes(name: str) -> None:
    assert _documented()[name] == _rendered(name)


def test_the_patterns_are_numbered_and_name_functions_that_exist() -> None:
    assert [row[0] for row in PATTERNS] == [str(number) for number in range(1, len(PATTERNS) + 1)]
    for row in PATTERNS:
        module, _, name = codes(row[3])[0].partition(":")
        assert hasattr(import_module(f"campanile.{module}"), name), row[3]


def test_the_indexes_are_those_of_the_template() -> None:
    indexes = {one["IndexName"]: one["Projection"] for one in table_definition("Table")["GlobalSecondaryIndexes"]}
    assert indexes == {
        keys.LANES: {"ProjectionType": "KEYS_ONLY"},
        keys.ROSTER: {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["bucket", "phones"]},
    }
