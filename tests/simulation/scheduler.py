"""Processes that take turns in virtual time: one runs at a time, and everything follows from the seed.

A process is a greenlet of an invocation. Whatever it asks of the world makes it pause, and the scheduler decides who
goes on: the earliest in virtual time, a draw among those of the same millisecond. Times are UTC milliseconds.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

Action = Callable[[], None]


class Dead(BaseException):
    """The invocation has ended. Not an Exception: no handler of the dying process runs."""


class StoppedError(Exception):
    """A process asked the scheduler for something while none of its processes was running."""


@dataclass(eq=False, slots=True)
class Invocation:
    """One run of a Lambda function, or one operator's request: what dies together.

    `delays` are what faults cost it: when, and how many milliseconds.
    """

    name: str
    kind: str
    orgs: tuple[str, ...] = ()
    deadline: int | None = None
    is_dead: bool = False
    processes: list["Process"] = field(default_factory=list)
    delays: list[tuple[int, int]] = field(default_factory=list)

    def delayed_since(self, time_ms: int) -> int:
        """What faults have cost it since then."""
        return sum(cost for at, cost in self.delays if at >= time_ms)


@dataclass(eq=False, slots=True)
class Process:
    """One thread of an invocation. `turn` numbers its pauses, so that only the latest wake-up counts."""

    name: str
    invocation: Invocation
    greenlet: greenlet
    turn: int = 0


class Scheduler:
    """The clock and the queue of what happens next."""

    def __init__(self, start_ms: int, random: Random) -> None:
        self.now = start_ms
        self.current: Process | None = None
        self.on_death: Callable[[Invocation, str], None] = lambda _invocation, _why: None
        self._random = random
        self._heap: list[tuple[int, float, int, Action | None, Process | None, int]] = []
        self._count = 0
        self.is_stopped = False
        self._hub = getcurrent()

    def next_number(self) -> int:
        """A number nobody else of this run has."""
        self._count += 1
        return self._count

    def at(self, time_ms: int, action: Action) -> None:
        """Do something at a time, on nobody's behalf."""
        self._push(time_ms, action, None, 0)

    def spawn(self, invocation: Invocation, name: str, work: Action) -> Process:
        """Begin a process; it runs when it is its turn."""

        def run() -> None:
            try:
                work()
            except Dead:
                return

        process = Process(name, invocation, greenlet(run, parent=self._hub))
        invocation.processes.append(process)
        self._push(self.now, None, process, process.turn)
        return process

    def pause(self, milliseconds: int) -> None:
        """Let time pass for the running process; raises Dead when its invocation has ended meanwhile."""
        process = self._running()
        process.turn += 1
        self._push(self.now + milliseconds, None, process, process.turn)
        self._yield(process)

    def park(self, milliseconds: int) -> Action:
        """Prepare the running process to wait so long at most; the answer wakes it sooner. `rest` then waits."""
        process = self._running()
        process.turn += 1
        turn = process.turn
        self._push(self.now + milliseconds, None, process, turn)
        return lambda: self._push(self.now, None, process, turn)

    def rest(self) -> None:
        """Wait as prepared by `park`."""
        self._yield(self._running())

    def kill(self, invocation: Invocation, why: str) -> None:
        """End an invocation: each of its processes is thrown out of the call it is in."""
        if invocation.is_dead:
            return
        invocation.is_dead = True
        self.on_death(invocation, why)
        for process in invocation.processes:
            process.turn += 1
            self._push(self.now, None, process, process.turn)

    def stop(self) -> None:
        """Let nothing more happen."""
        self.is_stopped = True

    def run(self, until_ms: int) -> None:
        """Let everything happen that is due until then."""
        heap = self._heap
        while heap and heap[0][0] <= until_ms and not self.is_stopped:
            time_ms, _, _, action, process, turn = heapq.heappop(heap)
            self.now = max(self.now, time_ms)
            if action is not None:
                action()
            elif process is not None and turn == process.turn and not process.greenlet.dead:
                self.current = process
                process.greenlet.switch()
                self.current = None
        if not self.is_stopped:
            self.now = max(self.now, until_ms)

    def abandon(self) -> None:
        """End whatever still runs or waits, as nobody will come back to it."""
        waiting = {id(one[4]): one[4] for one in self._heap if one[4] is not None}
        self._heap.clear()
        for process in waiting.values():
            process.invocation.is_dead = True
        for process in waiting.values():
            if process.greenlet and not process.greenlet.dead:
                self.current = process
                process.greenlet.throw(Dead)
        self.current = None

    def _running(self) -> Process:
        if self.current is None:
            raise StoppedError
        if self.current.invocation.is_dead:
            raise Dead
        return self.current

    def _yield(self, process: Process) -> None:
        self._hub.switch()
        if process.invocation.is_dead:
            raise Dead

    def _push(self, time_ms: int, action: Action | None, process: Process | None, turn: int) -> None:
        heapq.heappush(self._heap, (time_ms, self._random.random(), self.next_number(), action, process, turn))
