"""Ranges of creation numbers mean the same as the sets they stand for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from campanile.store.creation_ranges import Range, by_block, is_in, merged

NUMBERS = st.sets(st.integers(0, 60))


def everything(ranges: tuple[Range, ...] | list[Range]) -> list[int]:
    return [number for first, last in ranges for number in range(first, last + 1)]


@given(NUMBERS, NUMBERS)
def test_merged_ranges_are_the_union_in_order_and_as_few_as_there_can_be(old: set[int], new: set[int]) -> None:
    ranges = merged(merged((), old), new)
    assert everything(ranges) == sorted(old | new)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges))


@given(NUMBERS, NUMBERS)
def test_ranges_that_overlap_are_merged_too(one: set[int], other: set[int]) -> None:
    assert everything(merged([*merged((), one), *merged((), other)])) == sorted(one | other)


@given(NUMBERS, st.integers(1, 20))
def test_the_parts_by_block_are_all_of_it_each_in_its_block(numbers: set[int], size: int) -> None:
    parts = by_block(merged((), numbers), size)
    assert sorted(number for some in parts.values() for number in everything(some)) == sorted(numbers)
    for block, some in parts.items():
        assert {number // size for number in everything(some)} == {block}


@given(NUMBERS, st.integers(0, 60))
def test_a_number_is_in_the_ranges_that_it_was_put_in(numbers: set[int], number: int) -> None:
    assert is_in(merged((), numbers), number) is (number in numbers)
