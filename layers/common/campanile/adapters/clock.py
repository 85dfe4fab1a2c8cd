"""Time as an argument: the system's clock here, a virtual one in tests."""

import time
from collections.abc import Collection
from concurrent import futures
from concurrent.futures import Future
from typing import Any, Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """UTC milliseconds since the epoch."""

    def monotonic_ms(self) -> int:
        """Milliseconds that never jump, for measuring how old something is."""

    def sleep(self, seconds: float) -> None: ...

    def wait(self, running: Collection[Future[Any]], seconds: float) -> None:
        """Until one of `running` is done, at most so many seconds."""


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wait(self, running: Collection[Future[Any]], seconds: float) -> None:
        futures.wait(running, timeout=seconds, return_when=futures.FIRST_COMPLETED)
