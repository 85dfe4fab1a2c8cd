"""Pushes of OSVI clients: `IDEM#<org>` / `U#<campaign key>#<hash of the body>`, for 24 hours.

The same body sent again means the import it began, even if the first request died at once.
"""

from dataclasses import dataclass

from campanile.store import keys
from campanile.store.table import ConditionFailedError, Item, Put, Table

REMEMBERED_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Remembered:
    """The import that a body means, the number its clients know it by, and when the body first came (UTC ms)."""

    job: str
    number: int
    created_at: int


def remember(
    table: Table, org: str, campaign_key: str, digest: str, new: Remembered, instead_of: Remembered | None = None
) -> Remembered:
    """Let a body mean `new`, or return what it has meant for less than 24 hours: DynamoDB deletes expired items late.

    `instead_of` is what it meant and shall not mean any longer.
    """
    now = new.created_at // 1000
    item = {
        **keys.pushed_body(org, campaign_key, digest),
        "job": new.job,
        "number": new.number,
        "created_at": new.created_at,
        "ttl": now + REMEMBERED_SECONDS,
    }
    condition = "attribute_not_exists(#PK) OR #ttl <= :now"
    values: dict[str, int | str] = {":now": now}
    if instead_of is not None:
        condition += " OR #job = :former"
        values[":former"] = instead_of.job
    try:
        table.write(Put(item, condition, values))
    except ConditionFailedError as failed:
        return _from_item(failed.item or item)
    return new


def known(table: Table, org: str, campaign_key: str, digest: str, now_ms: int) -> Remembered | None:
    """What a body has meant for less than 24 hours."""
    item = table.get(keys.pushed_body(org, campaign_key, digest))
    return _from_item(item) if item and item["ttl"] > now_ms // 1000 else None


def _from_item(item: Item) -> Remembered:
    return Remembered(item["job"], item["number"], item["created_at"])
