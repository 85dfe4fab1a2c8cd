"""Processes that die: at the n-th request to table, queue or provider, before or after it takes effect."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Crash(BaseException):
    """The process ends. Not an Exception, as no handler of the dying process runs."""


class Crasher:
    """Counts requests and dies at one of them. `at` counts from 1; None: never."""

    def __init__(self) -> None:
        self.made = 0
        self._at: int | None = None
        self._applied = False

    def arm(self, at: int, applied: bool) -> None:
        """Die at the `at`-th request from now on, after it took effect if `applied`."""
        self.made, self._at, self._applied = 0, at, applied

    def disarm(self) -> None:
        self._at = None

    def request(self, make: Callable[[], T]) -> T:
        self.made += 1
        if self.made == self._at and not self._applied:
            raise Crash
        answer = make()
        if self.made == self._at:
            raise Crash
        return answer

    def around(self, port: Any) -> Any:
        """The port, whose every method counts as one request."""
        return _Crashing(port, self)


class _Crashing:
    def __init__(self, port: Any, crasher: Crasher) -> None:
        self._port = port
        self._crasher = crasher

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found
        return lambda *args, **kwargs: self._crasher.request(lambda: found(*args, **kwargs))
