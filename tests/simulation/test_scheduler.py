"""The scheduler's own promises: virtual time, death without last words, and the same run for the same seed."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path
from random import Random

import pytest

from tests.simulation.concurrency import VirtualClock, VirtualExecutor
from tests.simulation.run import run
from tests.simulation.scheduler import Invocation, Scheduler, StoppedError

ROOT = Path(__file__).parents[2]
DIGEST = """
import hashlib, sys
from tests.simulation.run import run
told = "\\n".join(run(int(sys.argv[1])).chronicle.lines())
print(hashlib.sha256(told.encode()).hexdigest())
"""


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(0, Random(1))


@pytest.fixture
def clock(scheduler: Scheduler) -> VirtualClock:
    return VirtualClock(scheduler, lambda: None)


def test_sleepers_go_on_in_order_of_time_and_time_passes_only_in_sleep(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    told: list[tuple[str, int]] = []

    def sleeper(name: str, seconds: float) -> None:
        for _ in range(2):
            clock.sleep(seconds)
            told.append((name, clock.now_ms()))

    scheduler.spawn(Invocation("slow", "test"), "slow", lambda: sleeper("slow", 5))
    scheduler.spawn(Invocation("fast", "test"), "fast", lambda: sleeper("fast", 2))
    scheduler.run(60_000)
    assert told == [("fast", 2_000), ("fast", 4_000), ("slow", 5_000), ("slow", 10_000)]
    assert scheduler.now == 60_000


def test_all_processes_of_a_dead_invocation_end_where_they_are(scheduler: Scheduler, clock: VirtualClock) -> None:
    told: list[str] = []
    invocation = Invocation("worker", "test")
    executor = VirtualExecutor(scheduler)

    def child() -> None:
        try:
            clock.sleep(60)
            told.append("the child went on")
        finally:
            clock.sleep(1)
            told.append("the child did something on its way out")

    def parent() -> None:
        try:
            executor.submit(child)
            clock.sleep(60)
        except Exception:  # noqa: BLE001  what production may do
            told.append("the parent caught its own death")
        finally:
            clock.sleep(1)
            told.append("the parent did something on its way out")

    scheduler.spawn(invocation, "worker", parent)
    scheduler.at(5_000, lambda: scheduler.kill(invocation, "test"))
    scheduler.run(300_000)
    assert told == []
    assert all(process.greenlet.dead for process in invocation.processes)


def test_a_wait_ends_with_the_first_future_or_its_time(scheduler: Scheduler, clock: VirtualClock) -> None:
    waited: list[int] = []
    executor = VirtualExecutor(scheduler)

    def work() -> None:
        futures: list[Future[None]] = [executor.submit(clock.sleep, seconds) for seconds in (30, 3)]
        for _ in range(2):
            clock.wait([one for one in futures if not one.done()], 10)
            waited.append(clock.now_ms())

    scheduler.spawn(Invocation("worker", "test"), "worker", work)
    scheduler.run(60_000)
    assert waited == [3_000, 13_000]


def test_an_error_of_submitted_work_is_its_futures(scheduler: Scheduler, clock: VirtualClock) -> None:
    found: list[BaseException | None] = []
    executor = VirtualExecutor(scheduler)

    def fail() -> None:
        clock.sleep(1)
        raise ValueError

    scheduler.spawn(Invocation("worker", "test"), "worker", lambda: found.append(executor.submit(fail).exception()))
    scheduler.run(60_000)
    assert [type(one) for one in found] == [ValueError]


def test_nobody_sleeps_outside_of_a_process(clock: VirtualClock) -> None:
    with pytest.raises(StoppedError):
        clock.sleep(1)


def test_a_seed_is_one_history_in_every_process_and_with_every_hash_seed() -> None:
    here = "\n".join(run(5).chronicle.lines())
    digests = {hashlib.sha256(here.encode()).hexdigest()}
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'common'}"}
        command = [sys.executable, "-c", DIGEST, "5"]
        finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        digests.add(finished.stdout.strip())
    assert len(digests) == 1


def test_another_seed_is_another_history() -> None:
    assert run(5).chronicle.events != run(6).chronicle.events
