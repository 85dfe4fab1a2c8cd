"""How fast one org's calls start when the network is AWS' and nothing goes wrong."""

from collections.abc import Callable

from tests.simulation import setting
from tests.simulation.carrier import Ability
from tests.simulation.conftest import TOLD
from tests.simulation.faults import NONE, Fault
from tests.simulation.run import run
from tests.simulation.setting import ALWAYS, CampaignPlan, OrgPlan, Setting

PEOPLE = 400
MEASURED = 350
"""The calls that are looked at: the last ones come one by one, as the carrier ends others."""
CALLS_PER_SECOND = 50.0
AT_LEAST_PER_SECOND = 20


def test_an_org_starts_twenty_calls_a_second(record_property: Callable[[str, object], None]) -> None:
    numbers = [f"+1212556{n:04d}" for n in range(PEOPLE)]
    rows = [{"external_id": f"lead-{n}", "phone_numbers": [number]} for n, number in enumerate(numbers)]
    configuration = {"name": "a configuration", "default_windows": [ALWAYS], "retry_attempts": 0}
    campaign = CampaignPlan(1, configuration, rows, (None,))
    world = Setting(
        profile=NONE,
        ability=Ability(True, True, longest_seconds=4, call_lease_seconds=120),
        orgs=[OrgPlan("org", 100, CALLS_PER_SECOND, numbers, [campaign], [])],
        chaos_ms=5 * setting.MINUTE_MS,
        operator_every_ms=10 * setting.MINUTE_MS,
        limits={"longest_call": 600, "global_concurrency": 0},
        arrivals_ms=(0,),
    )
    result = run(0, world)
    assert [str(one) for one in result.violations] == []
    posts = [event.at for event in result.chronicle.events if event.operation == "POST"][:MEASURED]
    seconds = (posts[-1] - posts[0]) / 1000
    rate = len(posts) / seconds
    conflicts = result.faults[Fault.NATURAL_CONFLICT]
    record_property(TOLD, f"{len(posts)} calls started in {seconds:.1f} s: {rate:.1f} a second, {conflicts} conflicts")
    assert len(posts) == MEASURED
    assert rate >= AT_LEAST_PER_SECOND
