"""The engine is compared on the same tables and dialers that integration tests use."""

from tests.integration.conftest import dialer, dynamodb, empty_table, shared_table, table

__all__ = ["dialer", "dynamodb", "empty_table", "shared_table", "table"]
