"""Snapshots of a table: what one moment left in it, to compare with another and to go back to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MAX_BATCH_WRITE = 25
Snapshot = dict[tuple[str, str], Any]
"""Every item of a table in DynamoDB's wire form, by (PK, SK)."""


def take(client: Any, table_name: str) -> Snapshot:
    """The table as it is."""
    answer = client.scan(TableName=table_name, ConsistentRead=True)
    assert "LastEvaluatedKey" not in answer, "a table this large is no story's"
    return {(item["PK"]["S"], item["SK"]["S"]): item for item in answer["Items"]}


def restore(client: Any, table_name: str, present: Snapshot, snapshot: Snapshot) -> None:
    """Make the table what it was; only what differs from what it is at present is written."""
    changed = [{"PutRequest": {"Item": item}} for key, item in snapshot.items() if present.get(key) != item]
    gone = [{"DeleteRequest": {"Key": _key(item)}} for key, item in present.items() if key not in snapshot]
    for batch in _batches([*changed, *gone]):
        answer = client.batch_write_item(RequestItems={table_name: batch})
        assert not answer.get("UnprocessedItems")


def _key(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("PK", "SK")}


def _batches(requests: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(requests), MAX_BATCH_WRITE):
        yield requests[start : start + MAX_BATCH_WRITE]
