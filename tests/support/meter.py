"""A meter of request units, from the bytes of the items that requests write and read.

The rules are DynamoDB's published ones: a write counts the larger of the item before and after, per KB, twice within
a transaction; an index entry counts once when it comes, goes or changes and twice when it moves; a strong read counts
per 4 KB, an eventual one half of that, and a read that finds nothing as much as the smallest.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from campanile.store.table import Table
from tests.support.template import table_definition

KB = 1024
MAX_BATCH_GET = 100
Units = tuple[float, float]


def size(value: Mapping[str, Any]) -> int:
    """Bytes of an attribute value in DynamoDB's wire form, or of an item made of such values."""
    total = 0
    for kind, one in value.items():
        match kind:
            case "S":
                return len(one.encode())
            case "N":
                return len(one.strip("-").replace(".", "")) // 2 + 2
            case "BOOL" | "NULL":
                return 1
            case "L":
                return 3 + sum(1 + size(each) for each in one)
            case "M":
                return 3 + sum(1 + len(key) + size(each) for key, each in one.items())
            case _:
                total += len(kind) + size(one)
    return total


def units(size_in_bytes: int, unit: int) -> int:
    return max(1, math.ceil(size_in_bytes / unit))


def reading(size_in_bytes: int, consistent: bool) -> float:
    return units(size_in_bytes, 4 * KB) * (1 if consistent else 0.5)


class Meter:
    """A DynamoDB client that notes the units of each request it hands on, also of one that a condition refuses."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._indexes = [
            [one["AttributeName"] for one in index["KeySchema"]] + index["Projection"].get("NonKeyAttributes", [])
            for index in table_definition("Table")["GlobalSecondaryIndexes"]
        ]
        self.writes: list[float] = []
        self.reads: list[float] = []

    def table(self, name: str) -> Table:
        """The store's port to a table, metered."""
        client: Any = self
        return Table(client, name, Random(1), lambda _seconds: None)

    def spend(self, act: Callable[[], object]) -> Units:
        """Units written and read by `act`; `writes` and `reads` have them request by request."""
        self.writes.clear()
        self.reads.clear()
        act()
        return sum(self.writes), sum(self.reads)

    @property
    def requests(self) -> int:
        """How many requests `act` made."""
        return len(self.writes) + len(self.reads)

    def get_item(self, **request: Any) -> Any:
        answer = self._client.get_item(**request)
        self.reads.append(reading(size(answer.get("Item", {})), request["ConsistentRead"]))
        return answer

    def batch_get_item(self, **request: Any) -> Any:
        answer = self._client.batch_get_item(**request)
        [(name, wanted)] = request["RequestItems"].items()
        sizes = [size(one) for one in answer["Responses"].get(name, [])]
        sizes += [0] * (len(wanted["Keys"]) - len(sizes))
        self.reads.append(sum(reading(one, wanted["ConsistentRead"]) for one in sizes))
        return answer

    def query(self, **request: Any) -> Any:
        answer = self._client.query(**request)
        self.reads.append(reading(sum(size(one) for one in answer["Items"]), request["ConsistentRead"]))
        return answer

    def put_item(self, **request: Any) -> Any:
        return self._write([request], 1, lambda: self._client.put_item(**request))

    def update_item(self, **request: Any) -> Any:
        return self._write([request], 1, lambda: self._client.update_item(**request))

    def delete_item(self, **request: Any) -> Any:
        return self._write([request], 1, lambda: self._client.delete_item(**request))

    def transact_write_items(self, **request: Any) -> Any:
        actions = [action for one in request["TransactItems"] for action in one.values()]
        return self._write(actions, 2, lambda: self._client.transact_write_items(**request))

    def _write(self, actions: list[Any], times: int, call: Callable[[], Any]) -> Any:
        before = self._stored(actions)
        try:
            return call()
        finally:
            pairs = list(zip(before, self._stored(actions), strict=True))
            items = sum(times * units(max(size(old), size(new)), KB) for old, new in pairs)
            indexes = sum(self._indexing(*pair, names) for pair in pairs for names in self._indexes)
            self.writes.append(items + indexes)

    def _stored(self, actions: Sequence[Any]) -> list[Any]:
        """The items that the actions are about, as they are now; {} for one that does not exist."""
        wanted = [one.get("Key") or {name: one["Item"][name] for name in ("PK", "SK")} for one in actions]
        found: dict[tuple[str, str], Any] = {}
        for start in range(0, len(wanted), MAX_BATCH_GET):
            keys = {"Keys": wanted[start : start + MAX_BATCH_GET], "ConsistentRead": True}
            answer = self._client.batch_get_item(RequestItems={actions[0]["TableName"]: keys})
            assert not answer.get("UnprocessedKeys")
            for items in answer["Responses"].values():
                found |= {(one["PK"]["S"], one["SK"]["S"]): one for one in items}
        return [found.get((key["PK"]["S"], key["SK"]["S"]), {}) for key in wanted]

    @staticmethod
    def _indexing(before: Any, after: Any, names: list[str]) -> int:
        old, new = (
            {name: one[name] for name in (*names, "PK", "SK") if name in one} if names[0] in one else {}
            for one in (before, after)
        )
        if old == new:
            return 0
        moves = bool(old and new) and any(old[name] != new[name] for name in names[:2])
        return (2 if moves else 1) * units(max(size(old), size(new)), KB)
