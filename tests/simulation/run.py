"""Runs one seed from beginning to rest and tells what came of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.simulation import operators, recount, rest
from tests.simulation.auditor import Auditor, Violation
from tests.simulation.chronicle import Chronicle
from tests.simulation.faults import Fault
from tests.simulation.setting import MINUTE_MS, START_MS, Setting
from tests.simulation.world import World, in_place_of_chance

LONGEST_REST_MS = 150 * MINUTE_MS
"""A run must have come to rest so long after the last fault: three calls of unknown fate in a row take two hours."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a seed. Times in virtual milliseconds."""

    seed: int
    violations: Sequence[Violation]
    calls: int
    locks: int
    commits: int
    virtual_ms: int
    faults: Counter[Fault]
    chronicle: Chronicle


def run(seed: int, setting: Setting | None = None) -> Result:
    """Run a seed; with the same seed and code the same happens."""
    world = World(seed, setting)
    auditor = Auditor(world)
    with in_place_of_chance(world):
        try:
            world.prepare()
            _let_happen(auditor)
        finally:
            world.scheduler.abandon()
    if auditor.error is not None:
        raise auditor.error
    return Result(
        seed,
        auditor.violations,
        len(world.carrier.calls),
        auditor.locks,
        auditor.commits,
        world.now - START_MS,
        world.faults.counts,
        world.chronicle,
    )


def _let_happen(auditor: Auditor) -> None:
    """Chaos, then rest, then the final checks; the first violation ends it."""
    world = auditor.world
    end_of_chaos = START_MS + world.setting.chaos_ms
    while world.now < end_of_chaos and not world.scheduler.is_stopped:
        world.scheduler.run(world.now + MINUTE_MS)
        if world.scheduler.is_stopped:
            return
        recount.check(auditor)
    world.faults.is_over = True
    for known in world.campaigns:
        status = (auditor.mirror.campaigns[known.id].now or {})["status"]
        if status == "paused" and world.faults.between(0, 2):
            world.request(operators.change_status(known, "start"))
    while not world.scheduler.is_stopped and world.now < end_of_chaos + LONGEST_REST_MS:
        world.scheduler.run(world.now + MINUTE_MS)
        if rest.is_at_rest(auditor):
            break
    if not world.scheduler.is_stopped:
        with world.faults.quiet():
            rest.check(auditor)
