"""Items in key order: a table's partitions, and an index that sees each write a while after its commit."""

import heapq
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from zlib import crc32

from tests.dynamodb_engine.attribute_values import Item, Value, checked_item, refusal

Key = tuple[str, str]
MAX_PAGE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """An item and its size in bytes."""

    item: Item
    size: int


class Position(NamedTuple):
    """Where an item stands in a partition. Which of two items with one sort value comes first, DynamoDB leaves open."""

    sort: str
    tie: int = -1
    key: Key = ("", "")


@dataclass(frozen=True, slots=True)
class Range:
    """The sort values from `low` on and below `high`; without end for None."""

    low: str = ""
    high: str | None = None

    def has(self, sort: str) -> bool:
        return self.low <= sort and (self.high is None or sort < self.high)


@dataclass(frozen=True, slots=True)
class Page:
    """What one request reads: items in order, and the position to go on from when there may be more."""

    items: list[Item]
    last: Position | None


class Partitions:
    """Items by the value of a hash attribute, each partition in the order of a sort attribute."""

    def __init__(self, hash_name: str, sort_name: str) -> None:
        self.hash_name = hash_name
        self.sort_name = sort_name
        self._partitions: dict[str, list[Position]] = {}
        self._stored: dict[Key, Stored] = {}

    def get(self, key: Key) -> Stored | None:
        return self._stored.get(key)

    def all(self) -> Iterator[Item]:
        for stored in self._stored.values():
            yield stored.item

    def position(self, item: Mapping[str, Value], key: Key) -> Position:
        """Where an item stands."""
        return Position(item[self.sort_name]["S"], crc32("\0".join(key).encode()), key)

    def put(self, key: Key, stored: Stored | None) -> None:
        """Let an item be as given; remove it for None."""
        before = self._stored.get(key)
        if before and stored and self._place(before.item) == self._place(stored.item):
            self._stored[key] = stored
            return
        if before:
            del self._stored[key]
            positions = self._partitions[before.item[self.hash_name]["S"]]
            del positions[bisect_left(positions, self.position(before.item, key))]
        if stored:
            self._stored[key] = stored
            insort(self._partitions.setdefault(stored.item[self.hash_name]["S"], []), self.position(stored.item, key))

    def keys(self, hash_value: str) -> Sequence[Position]:
        """What a partition holds, in order."""
        return self._partitions.get(hash_value, ())

    def page(self, hash_value: str, within: Range, start: Position | None, limit: int | None, forward: bool) -> Page:
        """The items behind `start` in the wanted direction, up to a number and to 1 MB."""
        positions = self._partitions.get(hash_value, [])
        low = bisect_left(positions, Position(within.low))
        high = len(positions) if within.high is None else bisect_left(positions, Position(within.high))
        if start and forward:
            low = max(low, bisect_right(positions, start))
        elif start:
            high = min(high, bisect_left(positions, start))
        items: list[Item] = []
        size = 0
        for at in range(low, high) if forward else range(high - 1, low - 1, -1):
            if size >= MAX_PAGE_BYTES:
                return Page(items, positions[at - 1 if forward else at + 1])
            stored = self._stored[positions[at].key]
            items.append(stored.item)
            size += stored.size
            if len(items) == limit:
                return Page(items, positions[at])
        return Page(items, None)

    def _place(self, item: Item) -> tuple[Value, Value]:
        return item[self.hash_name], item[self.sort_name]


class Index(Partitions):
    """The entries of items that have both key attributes, with the attributes it projects.

    An entry changes `lag` ms after the commit; for one item never in another order than its commits.
    """

    def __init__(self, definition: Mapping[str, Any], key_names: Sequence[str]) -> None:
        hash_name, sort_name = (one["AttributeName"] for one in definition["KeySchema"])
        super().__init__(hash_name, sort_name)
        self.name: str = definition["IndexName"]
        self.key_names = (hash_name, sort_name, *key_names)
        projection = definition["Projection"]
        assert projection["ProjectionType"] in {"KEYS_ONLY", "INCLUDE"}
        self._projected = {*self.key_names, *projection.get("NonKeyAttributes", [])}
        self._pending: list[tuple[int, int, Key, Stored | None]] = []
        self._latest: dict[Key, tuple[int, int]] = {}
        """When the last of an item's pending changes is to be seen, and its number."""
        self._writes = 0

    def entry(self, item: Item | None) -> Item | None:
        """What the index holds of an item; None when it has no place in it."""
        if item is None or self.hash_name not in item or self.sort_name not in item:
            return None
        return {name: value for name, value in item.items() if name in self._projected}

    def write(self, key: Key, entry: Item | None, now_ms: int, lag_ms: int) -> None:
        """Take in a committed change, to be seen after its lag and after the item's earlier changes."""
        stored = None if entry is None else Stored(*checked_item(entry))
        at = now_ms + lag_ms
        if key in self._latest:
            at = max(at, self._latest[key][0])
        elif lag_ms <= 0:
            self.put(key, stored)
            return
        self._writes += 1
        self._latest[key] = at, self._writes
        heapq.heappush(self._pending, (at, self._writes, key, stored))

    def catch_up(self, now_ms: int) -> None:
        """Let all that is due by now be seen."""
        while self._pending and self._pending[0][0] <= now_ms:
            at, number, key, stored = heapq.heappop(self._pending)
            self.put(key, stored)
            if self._latest[key] == (at, number):
                del self._latest[key]


def range_of(operator: str, values: Sequence[str]) -> Range:
    """The sort values that a test of a key condition admits."""
    first = values[0]
    match operator:
        case "=":
            return Range(first, _after(first))
        case "<":
            return Range("", first)
        case "<=":
            return Range("", _after(first))
        case ">":
            return Range(_after(first))
        case ">=":
            return Range(first)
        case "BETWEEN":
            return Range(first, _after(values[1]))
        case "begins_with":
            return Range(first, first[:-1] + chr(ord(first[-1]) + 1))
    raise refusal(f"Invalid operator used in KeyConditionExpression: {operator}")


def _after(text: str) -> str:
    """The string right behind another in the order of strings."""
    return text + "\0"
