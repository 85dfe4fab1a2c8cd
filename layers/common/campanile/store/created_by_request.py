"""What a request with an Idempotency-Key has created: `IDEM#<org>` / `C#<hash>`, for 24 hours.

Written in the transaction that creates the object, so that a request whose worker died before its answer could be
remembered creates nothing twice when it is sent again (G10). The same key with other content is another request.
"""

from typing import Protocol

from campanile.domain.errors import ConflictError
from campanile.store import keys
from campanile.store.table import Put, Table


class Content(Protocol):
    """A request of the API, as far as this module needs it."""

    def model_dump_json(self, *, exclude_unset: bool) -> str: ...


REMEMBERED_SECONDS = 24 * 60 * 60


class RequestUnderWayError(ConflictError):
    """Another process is still carrying out the first request with this key."""

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key is still being carried out.")


def notes(org: str, request_key: str | None, wanted: Content, created_id: str, now_ms: int) -> list[Put]:
    """The note that the request has created `created_id`; none without a key.

    The write fails if the request has created something within 24 hours.
    """
    if request_key is None:
        return []
    now = now_ms // 1000
    item = {
        **keys.created_by_request(org, _identity(request_key, wanted)),
        "created": created_id,
        "ttl": now + REMEMBERED_SECONDS,
    }
    return [Put(item, "attribute_not_exists(#PK) OR #ttl <= :now", {":now": now})]


def created(table: Table, org: str, request_key: str | None, wanted: Content, now_ms: int) -> str | None:
    """The id of what the request has created within the last 24 hours; None without a key.

    DynamoDB deletes expired items days late.
    """
    if request_key is None:
        return None
    item = table.get(keys.created_by_request(org, _identity(request_key, wanted)))
    return str(item["created"]) if item and item["ttl"] > now_ms // 1000 else None


def _identity(request_key: str, wanted: Content) -> str:
    return f"{request_key} {type(wanted).__name__} {wanted.model_dump_json(exclude_unset=True)}"
