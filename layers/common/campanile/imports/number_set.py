"""An exact set of many phone numbers in little memory: 18 to 36 bytes each. A set of texts would take 200."""

from array import array
from collections.abc import Iterable
from hashlib import blake2b

_FIRST_CAPACITY = 1_024
_MIX = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: Knuth's multiplicative hashing. Numbers of one area code lie close together."""
_MASK = 2**64 - 1
_MANY = 255


def as_integer(e164: str) -> int:
    """The number's digits. E.164 has at most 15 and never begins with 0, so no two numbers give the same integer."""
    return int(e164[1:])


def fingerprint(text: str) -> int:
    """64 bits of a text. Of a million files with five million texts each, one has two texts that share them."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) or 1


class NumberSet:
    """Integers from 1 to 2^64 - 1 by open addressing, each with how often it was added, up to 255."""

    def __init__(self, values: Iterable[int] = ()) -> None:
        self._slots = array("Q", bytes(8 * _FIRST_CAPACITY))
        self._counts = bytearray(_FIRST_CAPACITY)
        self._used = 0
        for value in values:
            self.add(value)

    def __len__(self) -> int:
        return len(self._counts) - self._counts.count(0)

    def __contains__(self, value: int) -> bool:
        return self._counts[self._place(value)] > 0

    def add(self, value: int) -> None:
        """Add a value. Raises OverflowError for one out of range."""
        place = self._place(value)
        if self._slots[place] == 0:
            self._slots[place] = value
            self._used += 1
        self._counts[place] = min(self._counts[place] + 1, _MANY)
        if 2 * self._used > len(self._slots):
            self._grow()

    def discard(self, value: int) -> None:
        """Undo one addition. A value that was added 255 times or more stays."""
        place = self._place(value)
        if 0 < self._counts[place] < _MANY:
            self._counts[place] -= 1

    def _place(self, value: int) -> int:
        """The index of the value, or of the free slot where it would go."""
        slots = self._slots
        last = len(slots) - 1
        place = (value * _MIX & _MASK) >> (64 - last.bit_length())
        while slots[place] not in (0, value):
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        slots, counts = self._slots, self._counts
        self._slots, self._counts, self._used = array("Q", bytes(16 * len(slots))), bytearray(2 * len(slots)), 0
        for value, count in zip(slots, counts, strict=True):
            if count:
                place = self._place(value)
                self._slots[place], self._counts[place] = value, count
                self._used += 1
