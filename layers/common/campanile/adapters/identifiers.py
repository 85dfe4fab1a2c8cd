"""Ids of what the API creates."""

from uuid import UUID, uuid4


def time_ordered_id(now_ms: int) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random, so that ids sort by creation."""
    random_bits = uuid4().int & ((1 << 80) - 1)
    value = (now_ms << 80) | random_bits
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(UUID(int=value))
