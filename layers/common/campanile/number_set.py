"""Many phone numbers in little memory: exactly, at 16 to 32 bytes each, where a set of texts would take 200."""

from array import array
from collections.abc import Iterable

_FIRST_CAPACITY = 1_024
_MIX = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: Knuth's multiplicative hashing, as numbers of one area code lie close together."""
_MASK = 2**64 - 1


def as_integer(e164: str) -> int:
    """An E.164 number has at most 15 digits and begins with another digit than 0, so no two are the same integer."""
    return int(e164[1:])


class NumberSet:
    """Integers from 1 to 2^64 - 1, by open addressing."""

    def __init__(self, values: Iterable[int] = ()) -> None:
        self._slots = array("Q", bytes(8 * _FIRST_CAPACITY))
        self._count = 0
        for value in values:
            self.add(value)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, value: int) -> bool:
        return self._slots[self._place(value)] == value

    def add(self, value: int) -> bool:
        """Take a value in; whether it is new. Raises OverflowError for one out of range."""
        place = self._place(value)
        if self._slots[place] == value:
            return False
        self._slots[place] = value
        self._count += 1
        if 2 * self._count > len(self._slots):
            self._grow()
        return True

    def _place(self, value: int) -> int:
        """Where the value stands, or where it would."""
        slots = self._slots
        last = len(slots) - 1
        place = (value * _MIX & _MASK) >> (64 - last.bit_length())
        while slots[place] not in (0, value):
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        former = self._slots
        self._slots = array("Q", bytes(16 * len(former)))
        for value in former:
            if value:
                self._slots[self._place(value)] = value
