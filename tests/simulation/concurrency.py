"""Threads as production knows them, in virtual time: its executor, its futures and its clock."""

from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from tests.simulation.scheduler import Scheduler

T = TypeVar("T")
FOREVER_MS = 10**9


class VirtualFuture(Future[T]):
    """A future that is waited for in virtual time. Hashed by its number, as sets must not be in order of memory."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler
        self._number = scheduler.next_number()

    def __hash__(self) -> int:
        return hash(self._number)

    def result(self, timeout: float | None = None) -> T:  # noqa: ARG002  nobody gives one
        wait_for(self._scheduler, [self], FOREVER_MS)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:  # noqa: ARG002  the same
        wait_for(self._scheduler, [self], FOREVER_MS)
        return super().exception(0)


def wait_for(scheduler: Scheduler, running: Collection[Future[Any]], milliseconds: int) -> None:
    """Until one of the futures is done, or so long."""
    if any(one.done() for one in running):
        return
    wake = scheduler.park(milliseconds)
    for one in running:
        one.add_done_callback(lambda _: wake())
    scheduler.rest()


class VirtualExecutor(Executor):
    """Starts a process of the same invocation for everything that is submitted to it."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._submitted: list[Future[Any]] = []

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = VirtualFuture(self._scheduler)

        def work() -> None:
            try:
                result = fn(*args, **kwargs)
            except Exception as error:  # noqa: BLE001  a future carries whatever its work raised
                future.set_exception(error)
            else:
                future.set_result(result)

        parent = self._scheduler.current
        assert parent is not None, "only a process submits work"
        name = f"{parent.invocation.name}/{len(parent.invocation.processes)}"
        self._scheduler.spawn(parent.invocation, name, work)
        self._submitted.append(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002  the same
        while running := [one for one in self._submitted if not one.done()]:
            wait_for(self._scheduler, running, FOREVER_MS)


class VirtualClock:
    """`campanile.adapters.clock.Clock`. Every sleep is a request to the world like any other."""

    def __init__(self, scheduler: Scheduler, before_sleep: Callable[[], None]) -> None:
        self._scheduler = scheduler
        self._before_sleep = before_sleep

    def now_ms(self) -> int:
        return self._scheduler.now

    def monotonic_ms(self) -> int:
        return self._scheduler.now

    def sleep(self, seconds: float) -> None:
        self._before_sleep()
        self._scheduler.pause(round(1000 * seconds))

    def wait(self, running: Collection[Future[Any]], seconds: float) -> None:
        self._before_sleep()
        wait_for(self._scheduler, running, round(1000 * seconds))
