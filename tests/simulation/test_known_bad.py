"""The auditor sees: the product with one step wrong is found out, by the guarantee that the mistake breaks."""

from collections.abc import Callable

import pytest

from tests.simulation import setting
from tests.simulation.conftest import TOLD
from tests.simulation.known_bad import VARIANTS, Variant
from tests.simulation.run import run

MOST_SEEDS = 200


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_mistake_is_found_and_named(
    variant: Variant, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    variant.apply(monkeypatch)
    for seed in range(variant.first_seed, variant.first_seed + MOST_SEEDS):
        if violations := run(seed, variant.world(setting.of_seed(seed))).violations:
            break
    else:
        pytest.fail(f"{MOST_SEEDS} seeds and nothing was noticed")
    record_property(TOLD, f"{variant.name}: seed {seed}, {violations[0].guarantee}: {violations[0].message}")
    assert violations[0].guarantee in variant.violates
