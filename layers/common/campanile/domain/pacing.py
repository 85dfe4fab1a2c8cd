"""Pacing: when the next calls may be sent, and how many sends may overlap.

Providers queue what exceeds their calls per second and dial it later, past a pause or a window, so pacing below the
rate is a matter of correctness (Twilio, "Call queueing"; `docs/guarantees.md`).
"""

from collections.abc import Sequence
from math import ceil

MAX_OVERLAPPING_SENDS = 32
DAY_MS = 24 * 3600 * 1000
LATEST_SEND_MS = 90_000
"""How long after its lock, which is what is remembered of a call, it may have been sent at the latest: a lease."""


def send_times(next_free_ms: int, now_ms: int, count: int, calls_per_second: float) -> list[int]:
    """The times, UTC ms, at which `count` calls may be sent, evenly spaced, none before `next_free_ms` or now."""
    first = max(next_free_ms, now_ms)
    return [first + int(i * 1000 / calls_per_second) for i in range(count)]


def next_free(times: list[int], calls_per_second: float) -> int:
    """When the account is free again after sending at `times`; rounded up, so that the rate is never exceeded."""
    return times[0] + ceil(len(times) * 1000 / calls_per_second)


def overlap(calls_per_second: float, post_timeout_seconds: float) -> int:
    """How many calls may be between LOCK and PLACED at once (design, section 4); each of them holds a slot."""
    return max(1, min(int(calls_per_second * post_timeout_seconds), MAX_OVERLAPPING_SENDS))


def capped_until(times: Sequence[int], daily_cap: int | None, now_ms: int) -> int | None:
    """When a number called at `times` (UTC ms, the latest last) may be called again under a cap on its calls in any
    24 hours (Florida, § 501.616(6): 3); None when it may be now, or there is no cap.
    """
    if daily_cap is None or len(times) < daily_cap:
        return None
    free_at = times[-daily_cap] + DAY_MS + LATEST_SEND_MS
    return free_at if free_at > now_ms else None
