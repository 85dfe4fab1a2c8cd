"""Hundreds of seeded runs of the production code, with every kind of fault, and not one guarantee violated."""

from collections.abc import Callable

import pytest

from tests.simulation import setting
from tests.simulation.conftest import SEEDS_TOLD
from tests.simulation.faults import Fault
from tests.simulation.run import run
from tests.simulation.setting import Setting
from tests.simulation.tables import Totals, totals

SEEDS = 300
CHUNK = 50
"""Seeds of one test: the processes that run the tests share the chunks."""
SEEDS_OF_A_WORLD = 12


def _violations(sums: Totals) -> list[str]:
    return [f"seed {seed}: {told}" for seed, told in sums.violations.items()]


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_guarantee_is_violated_under_any_fault(first: int, record_property: Callable[[str, object], None]) -> None:
    calmest = 10**9
    sums = Totals()
    for seed in range(first, first + CHUNK):
        result = run(seed)
        sums.add(result)
        calmest = min(calmest, result.faults.total())
    record_property(SEEDS_TOLD, sums.figures)
    assert _violations(sums) == []
    assert [fault for fault in Fault if not sums.faults[fault]] == [], "a kind of fault never happened"
    assert sums.calls > 20 * CHUNK
    assert calmest < 50, "no run was calm"


@pytest.mark.parametrize("world", [setting.restless, setting.sleepy, setting.undead])
def test_no_guarantee_is_violated_in_a_world_made_for_rare_mistakes(world: Callable[[Setting], Setting]) -> None:
    sums = totals(run(seed, world(setting.of_seed(seed))) for seed in range(SEEDS_OF_A_WORLD))
    assert _violations(sums) == []
    assert sums.calls > 20 * SEEDS_OF_A_WORLD
