"""Processes that die: at the n-th request to table, queue or provider, before or after it takes effect."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Crash(BaseException):
    """The process ends. Not an Exception, as no handler of the dying process runs."""


class Crasher:
    """Counts requests and dies at one of them."""

    def __init__(self) -> None:
        self._made = 0
        self._at: int | None = None
        self._applied = False
        self.died_at = ""

    def arm(self, at: int, applied: bool) -> None:
        """Die at the `at`-th request from now on, counted from 1; after it took effect if `applied`."""
        self._made, self._at, self._applied, self.died_at = 0, at, applied, ""

    def disarm(self) -> None:
        self._at = None

    @property
    def is_dead(self) -> bool:
        """Whether the process that was armed has died: none of its threads does anything any more."""
        return self._at is not None and bool(self.died_at)

    @property
    def died_at_a_read(self) -> bool:
        """Whether it was a read: to die after one is to die before the next request."""
        return self.died_at.startswith(("get", "batch_get", "query", "look_up", "metadata", "blocks", "kept"))

    def request(self, name: str, make: Callable[[], T]) -> T:
        if self.is_dead:
            raise Crash
        self._made += 1
        dies = self._made == self._at
        if dies and not self._applied:
            self._die(name)
        try:
            return make()
        finally:
            if dies:  # also when the answer is a refusal, which nobody hears
                self._die(name)

    def _die(self, name: str) -> None:
        self.died_at = name
        raise Crash

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
        return lambda *args, **kwargs: self._crasher.request(name, lambda: found(*args, **kwargs))
