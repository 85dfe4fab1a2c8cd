"""What a request with an Idempotency-Key has created: `IDEM#<org>` / `C#<hash>`, for 24 hours.

Written in the transaction that creates the object, so that a request whose worker died before its answer could be
remembered creates nothing twice when it is sent again (G10). The same key with other content is another request.
"""

from typing import Protocol

from campanile.store import keys
from campanile.store.table import Put, Table


class Content(Protocol):
    """A request of the API, as far as this module needs it."""

    def model_dump_json(self, *, exclude_unset: bool) -> str: ...


REMEMBERED_SECONDS = 24 * 60 * 60


def creating(org: str, request_key: str, wanted: Content, created_id: str, now_ms: int) -> Put:
    """Note that the request has created `created_id`; fails when it has created something within 24 hours."""
    now = now_ms // 1000
    item = {
        **keys.created_by_request(org, _identity(request_key, wanted)),
        "created": created_id,
        "ttl": now + REMEMBERED_SECONDS,
    }
    return Put(item, "attribute_not_exists(#PK) OR #ttl <= :now", {":now": now})


def created(table: Table, org: str, request_key: str, wanted: Content, now_ms: int) -> str | None:
    """The id of what the request has created within the last 24 hours: DynamoDB deletes expired items days late."""
    item = table.get(keys.created_by_request(org, _identity(request_key, wanted)))
    return str(item["created"]) if item and item["ttl"] > now_ms // 1000 else None


def _identity(request_key: str, wanted: Content) -> str:
    return f"{request_key} {type(wanted).__name__} {wanted.model_dump_json(exclude_unset=True)}"
