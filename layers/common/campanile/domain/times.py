"""Instants: milliseconds since 1970 as the table stores them, and aware datetimes in UTC."""

from datetime import UTC, datetime


def instant(ms: int) -> datetime:
    """UTC milliseconds since the epoch as an aware datetime."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def milliseconds(moment: datetime) -> int:
    """An aware datetime as UTC milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)
