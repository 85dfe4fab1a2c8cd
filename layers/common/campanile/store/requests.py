"""What a request with an Idempotency-Key has created: `IDEM#<org>` / `C#<hash>`, for 24 hours.

Written in the transaction that creates the object, so that a request whose worker died before its answer could be
remembered creates nothing twice when it is sent again (G10).
"""

from campanile.store import keys
from campanile.store.table import Put, Table

REMEMBERED_SECONDS = 24 * 60 * 60


def creating(org: str, request_key: str, created_id: str, now_ms: int) -> Put:
    """Note that the request has created `created_id`; fails when it has created something before."""
    item = {
        **keys.created_by_request(org, request_key),
        "created": created_id,
        "ttl": now_ms // 1000 + REMEMBERED_SECONDS,
    }
    return Put(item, "attribute_not_exists(#PK)")


def created(table: Table, org: str, request_key: str) -> str | None:
    """The id of what the request created."""
    item = table.get(keys.created_by_request(org, request_key))
    return str(item["created"]) if item else None
