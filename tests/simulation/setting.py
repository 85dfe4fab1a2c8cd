"""The world of one run as its seed draws it: orgs, campaigns and their configurations, people and their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.simulation.carrier import Ability
from tests.simulation.faults import Profile, draw_profile

START_MS = 1_782_925_200_000
"""2026-07-01T17:00:00Z, a Wednesday."""
MINUTE_MS = 60_000
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFSET_MINUTES = {
    "America/New_York": -240,
    "America/Chicago": -300,
    "America/Los_Angeles": -420,
    "Asia/Kolkata": 330,
    "Europe/London": 60,
}
"""Offsets from UTC in July 2026, written down by hand: the auditor asks no time zone database."""
ZONES = tuple(OFFSET_MINUTES)
ALWAYS = {"days": list(DAYS), "start": "00:00", "end": "23:59"}


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    priority: int
    configuration: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    zones: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class OrgPlan:
    name: str
    limit: int
    calls_per_second: float
    numbers: Sequence[str]
    campaigns: Sequence[CampaignPlan]
    ad_hoc: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything a run begins with. `chaos_ms` is how long faults and operators go on.

    `arrivals_ms`: after how long a campaign's people may come in, in two parts.
    """

    profile: Profile
    ability: Ability
    orgs: Sequence[OrgPlan]
    chaos_ms: int
    operator_every_ms: int
    limits: Mapping[str, int] = field(default_factory=dict)
    arrivals_ms: Sequence[int] = (0, 100, 20_000, 200_000)


def of_seed(seed: int) -> Setting:
    """The setting of a seed's run."""
    return draw(Random(f"{seed} setting"))


def draw(random: Random) -> Setting:
    """Draw the setting of a run."""
    lease = random.choice((30, 60, 120))
    ability = Ability(
        has_idempotency_key=random.random() < 0.5,
        can_look_up=random.random() < 0.65,
        longest_seconds=random.choice((10, 30, 60)),
        call_lease_seconds=lease,
    )
    profile = draw_profile(random)
    absence = random.choice((0, 0, 200, None))
    late = {0: (0,), 200: (0, 60_000, 199_000), None: (0, 150_000, 400_000)}[absence]
    ability = replace(
        ability,
        absence_proves_after_seconds=absence,
        shows_after_ms=random.choice(late),
        may_be_misconfigured=random.random() < 0.35,
    )
    return Setting(
        profile=profile,
        ability=ability,
        orgs=[_org(random, index) for index in range(random.choice((1, 1, 2, 3)))],
        chaos_ms=random.randint(15, 30) * MINUTE_MS,
        operator_every_ms=random.choice((20_000, 60_000, 120_000)),
        limits={"call_lease": lease, "longest_call": 600, "global_concurrency": random.choice((0, 2, 4, 9))},
    )


def restless(setting: Setting) -> Setting:
    """Operators who change something every few seconds, workers that stall, and messages that come twice at once."""
    profile = replace(setting.profile, stall=0.02, overlap=0.5)
    return replace(setting, profile=profile, operator_every_ms=3_000, chaos_ms=10 * MINUTE_MS)


def dazed(setting: Setting) -> Setting:
    """Operators who change something every second while workers stall at every tenth request."""
    profile = replace(setting.profile, stall=0.1, crash=0.0)
    return replace(restless(setting), profile=profile, operator_every_ms=1_000)


def uncapped(setting: Setting) -> Setting:
    """No daily caps, so that a number that is called too often is called twice at once some time."""

    def plan(campaign: CampaignPlan) -> CampaignPlan:
        return replace(campaign, configuration={**campaign.configuration, "daily_attempts_per_number": None})

    return replace(setting, orgs=[replace(org, campaigns=[plan(one) for one in org.campaigns]) for org in setting.orgs])


def sleepy(setting: Setting) -> Setting:
    """Minutes in which nothing happens, then something, while every read and index is late."""
    profile = replace(setting.profile, stale_read=0.9, index_lag=0.9)
    return replace(setting, profile=profile, operator_every_ms=400_000, chaos_ms=60 * MINUTE_MS)


def mute(setting: Setting) -> Setting:
    """A provider that often answers nothing, loses many events and shows its calls late."""
    profile = replace(setting.profile, event=0.5, post=0.5)
    ability = replace(setting.ability, can_look_up=True, absence_proves_after_seconds=200, shows_after_ms=199_000)
    return replace(setting, profile=profile, ability=ability)


def inscrutable(setting: Setting) -> Setting:
    """The same, and that it knows no call proves nothing."""
    changed = mute(setting)
    ability = replace(changed.ability, absence_proves_after_seconds=None, shows_after_ms=400_000)
    return replace(changed, ability=ability)


def undead(setting: Setting) -> Setting:
    """Workers that outlive their locks' lease, which the function's time-out normally keeps them from."""
    profile = replace(setting.profile, stall=0.03, overlap=0.2)
    ability = replace(setting.ability, latest_start_ms=8_000)
    return replace(setting, profile=profile, ability=ability, limits={**setting.limits, "lock_lease": 20})


def _org(random: Random, index: int) -> OrgPlan:
    numbers = [f"+1212555{index}{n:03d}" for n in range(60)]
    campaigns = [_campaign(random, numbers) for _ in range(random.choice((1, 1, 2, 3)))]
    ad_hoc = [row(random, numbers, None, f"ad-hoc-{n}") for n in range(random.choice((0, 0, 2, 5)))]
    limit, rate = random.randint(1, 8), random.choice((2.0, 10.0, 50.0))
    return OrgPlan(f"org-{index}", limit, rate, numbers, campaigns, ad_hoc)


def _campaign(random: Random, numbers: Sequence[str]) -> CampaignPlan:
    size = random.choice((5, 8, 12, 30))
    zones = random.choice(((None,), (None, random.choice(ZONES)), tuple(random.sample(ZONES, 2))))
    rows = [row(random, numbers, random.choice(zones), f"lead-{n}") for n in range(size)]
    return CampaignPlan(random.choice((1, 1, 2, 5)), configuration(random), rows, zones)


def row(random: Random, numbers: Sequence[str], zone: str | None, name: str) -> dict[str, Any]:
    """A contact as a client sends it; `data` says who it is, so that the auditor can tell."""
    fields: dict[str, Any] = {
        "external_id": name,
        "phone_numbers": random.sample(list(numbers), random.choice((1, 1, 1, 2, 3))),
        "data": {"who": name, "plan": "x" * random.choice((1, 1, 1, 700))},
    }
    if zone:
        fields["timezone"] = zone
    if random.random() < 0.2:
        fields["scheduled_at"] = _instant(START_MS + random.randint(-10, 25) * MINUTE_MS + random.randint(0, 59_999))
    return fields


def configuration(random: Random) -> dict[str, Any]:
    """Windows around the run's time, some narrow; short delays, with and without `unknown` among the retried."""
    outcomes = [
        "no_answer",
        "busy",
        "failed",
        *random.sample(["unknown", "voicemail", "canceled"], random.randint(0, 3)),
    ]
    fields: dict[str, Any] = {
        "name": "a configuration",
        "default_timezone": random.choice(ZONES),
        "retry_attempts": random.randint(0, 3),
        "retry_delay_seconds": random.choice((5, 30, 120)),
        "retry_outcomes": outcomes,
        "retry_delays": {random.choice(outcomes): random.choice((1, 60, 200))} if random.random() < 0.5 else {},
        "daily_attempts_per_number": random.choice((None, None, 1, 3)),
    }
    return {**fields, **windows(random, fields["default_timezone"])}


def windows(random: Random, default_zone: str) -> dict[str, Any]:
    """Calling windows by the clock of zones; many configurations allow every hour, some every other minute."""
    if random.random() < 0.4:
        return {"default_windows": [ALWAYS], "overrides": [], "scheduled_windows": None}
    if random.random() < 0.2:
        minutes = [_span(minute, 1, default_zone) for minute in range(0, 24, 2)]
        return {"default_windows": minutes, "overrides": [], "scheduled_windows": None}
    narrow = [_window(random, default_zone) for _ in range(random.randint(1, 2))]
    zone = random.choice(ZONES)
    overrides = [{"timezones": [zone], "windows": [_window(random, zone)]}] if random.random() < 0.5 else []
    scheduled = random.choice((None, [ALWAYS], [_window(random, default_zone)]))
    return {"default_windows": narrow, "overrides": overrides, "scheduled_windows": scheduled}


def _window(random: Random, zone: str) -> dict[str, Any]:
    """A window of some minutes that opens around the run by the clock of `zone`; every third lasts for hours."""
    return _span(random.randint(-10, 20), random.choice((3, 8, 20, 300)), zone)


def _span(opens: int, lasts: int, zone: str) -> dict[str, Any]:
    """From so many minutes after the run's start on, for so many minutes."""
    return {"days": list(DAYS), "start": _wall_clock(opens, zone), "end": _wall_clock(opens + lasts, zone)}


def _wall_clock(minutes: int, zone: str) -> str:
    local = (17 * 60 + minutes + OFFSET_MINUTES[zone]) % (24 * 60)
    return f"{local // 60:02d}:{local % 60:02d}"


def _instant(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
