"""A clock that stands still until a test or a sleeping dialer moves it on."""

import time
from collections.abc import Callable, Collection
from concurrent import futures
from concurrent.futures import Future
from datetime import datetime
from threading import Event, RLock
from typing import Any

EPOCH = "2026-07-01T17:00:00Z"
"""A Wednesday, 13:00 in New York."""


def at(text: str) -> int:
    """UTC ms of a moment written as in `2026-07-01T17:00:00Z`."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


class VirtualClock:
    """A `campanile.adapters.clock.Clock` whose sleepers do not wait: they move the time on and go on at once.

    `on_sleep` is called with the seconds before they pass: what others do while the dialer sleeps.
    """

    def __init__(self, now: str = EPOCH) -> None:
        self._now_ms = at(now)
        self._lock = RLock()
        self.on_sleep: Callable[[float], None] | None = None

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_ms(self) -> int:
        return self._now_ms

    def sleep(self, seconds: float) -> None:
        if self.on_sleep:
            self.on_sleep(seconds)
        self.advance(seconds)

    def wait(self, running: Collection[Future[Any]], seconds: float) -> None:
        """What runs here in threads takes no virtual time."""
        futures.wait(running, timeout=seconds, return_when=futures.FIRST_COMPLETED)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now_ms += round(1000 * seconds)

    def set(self, moment: str) -> None:
        """Go to a moment, in either direction."""
        with self._lock:
            self._now_ms = at(moment)


class RealClock(VirtualClock):
    """The system's clock where a virtual one is expected: for races between real threads."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        Event().wait(seconds)
