"""The memory of requests with an Idempotency-Key."""

from types import SimpleNamespace
from typing import Any

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from campanile.edge.wiring import foundation
from campanile.store import keys

_REQUESTS_OF_MEMORY = ("get_item", "put_item", "update_item", "delete_item")


def request_memory(org: str) -> DynamoDBPersistenceLayer:
    """Where the responses to an org's requests with an Idempotency-Key are kept."""
    # Powertools adds a handler to the client's events with each layer, and never removes it, if it can find them.
    table = foundation.table()
    client: Any = SimpleNamespace(**{name: getattr(table.client, name) for name in _REQUESTS_OF_MEMORY})
    return DynamoDBPersistenceLayer(
        table.name,
        key_attr="PK",
        static_pk_value=keys.request_memory(org),
        sort_key_attr="SK",
        expiry_attr="ttl",
        boto3_client=client,
    )
