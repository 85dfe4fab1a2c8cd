"""Threads that begin together: what races are made of."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """The results of `work(0)` .. `work(count - 1)`, run in threads that wait for each other before they begin."""
    barrier = Barrier(count)

    def begin(n: int) -> T:
        barrier.wait()
        return work(n)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(begin, range(count)))


def together(works: Sequence[Callable[[], T]]) -> list[T]:
    """The results of different pieces of work, begun at once."""
    return at_once(len(works), lambda n: works[n]())
