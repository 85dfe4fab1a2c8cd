"""A set of phone numbers as integers behaves as a set does, whatever comes in."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campanile.imports.number_set import NumberSet, as_integer

VALUES = st.one_of(st.integers(1, 2**64 - 1), st.integers(12_125_550_000, 12_125_550_050))


@given(st.lists(VALUES, max_size=200), VALUES)
def test_it_holds_what_was_added_and_nothing_else(values: list[int], other: int) -> None:
    held = NumberSet(values)
    assert len(held) == len(set(values))
    assert all(value in held for value in values)
    assert (other in held) is (other in values)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 12)), max_size=300))
def test_a_value_is_held_until_it_was_discarded_as_often_as_it_was_added(steps: list[tuple[bool, int]]) -> None:
    held, expected = NumberSet(range(1_000, 2_000)), Counter[int]()
    for is_added, value in steps:
        (held.add if is_added else held.discard)(value)
        expected[value] = max(0, expected[value] + (1 if is_added else -1))
    assert {value for value in range(1, 13) if value in held} == {value for value, n in expected.items() if n}


def test_it_grows_without_losing_any() -> None:
    everyone = range(12_120_000_000, 12_120_050_000)
    held = NumberSet(everyone)
    assert len(held) == len(everyone)
    assert all(one in held for one in everyone)
    assert not any(one in held for one in range(12_120_050_000, 12_120_051_000))


def test_a_number_takes_no_more_than_32_bytes() -> None:
    for count in (10_000, 32_768, 32_769, 100_000):
        held = NumberSet(range(1, count + 1))
        assert held._slots.itemsize * len(held._slots) <= 32 * count


@pytest.mark.parametrize("value", [2**64, -1])
def test_what_is_out_of_range_is_refused(value: int) -> None:
    with pytest.raises(OverflowError):
        NumberSet().add(value)


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_numbers_are_the_same_integer_only_when_they_are_the_same(one: str, other: str) -> None:
    assert (as_integer(one) == as_integer(other)) is (one == other)
    assert 0 < as_integer(one) < 2**64
