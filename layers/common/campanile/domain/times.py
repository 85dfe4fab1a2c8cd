"""Instants: milliseconds since 1970 as the table stores them, aware datetimes in UTC, and RFC 3339 text."""

from datetime import UTC, datetime

WORK_IN_REQUEST_MS = 7_000
"""How long a request does work that a worker would finish otherwise: the response is due within 10 s."""


def instant(ms: int) -> datetime:
    """UTC milliseconds since the epoch as an aware datetime."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def milliseconds(moment: datetime) -> int:
    """An aware datetime as UTC milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


def rfc3339(moment: datetime) -> str:
    """An aware datetime as RFC 3339 text in UTC, with milliseconds: `2026-07-01T17:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
