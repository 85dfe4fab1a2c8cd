"""Sets of creation numbers that lie close together, as ranges: an import's contacts are mostly one of them."""

from collections.abc import Iterable, Sequence

Range = tuple[int, int]
"""First and last number."""


def merged(ranges: Iterable[Range], numbers: Iterable[int] = ()) -> tuple[Range, ...]:
    """The ranges and numbers together, in order, as few ranges as there can be."""
    found: list[Range] = []
    for first, last in sorted([*ranges, *((number, number) for number in numbers)]):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return tuple(found)


def by_block(ranges: Sequence[Range], size: int) -> dict[int, list[Range]]:
    """The parts of ranges that lie in each block of `size` numbers."""
    parts: dict[int, list[Range]] = {}
    for first, last in ranges:
        for block in range(first // size, last // size + 1):
            part = max(first, block * size), min(last, (block + 1) * size - 1)
            parts.setdefault(block, []).append(part)
    return parts


def is_in(ranges: Sequence[Range], number: int) -> bool:
    """Whether one of the ranges has the number."""
    return any(first <= number <= last for first, last in ranges)
