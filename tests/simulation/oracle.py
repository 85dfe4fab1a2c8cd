"""The auditor's own rules: lifecycle edges, calling windows and what follows a call, written down a second time.

Nothing here is taken from production: fixed offsets in place of time zones, tables in place of decisions.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from tests.simulation.setting import DAYS, OFFSET_MINUTES

Edge = tuple[str | None, str | None]

CAMPAIGN_EDGES: frozenset[Edge] = frozenset({
    (None, "active"), ("active", "paused"), ("paused", "active"), ("active", "closed"), ("paused", "closed"),
})  # fmt: skip
CONTACT_EDGES: frozenset[Edge] = frozenset({
    (None, "pending"), (None, "held"), ("held", "pending"), ("held", None),
    ("pending", "active"), ("active", "pending"), ("active", "completed"), ("active", "exhausted"),
    ("active", "error"), ("active", "do_not_call"), ("pending", None), ("completed", None), ("exhausted", None),
    ("error", None), ("do_not_call", None),
    # A late report corrects an attempt that was closed as `unknown`.
    ("completed", "pending"), ("exhausted", "pending"), ("pending", "completed"), ("exhausted", "completed"),
    ("pending", "exhausted"), ("pending", "error"), ("exhausted", "error"), ("pending", "do_not_call"),
    ("completed", "do_not_call"), ("exhausted", "do_not_call"), ("error", "do_not_call"),
})  # fmt: skip
SLOT_EDGES: frozenset[Edge] = frozenset({
    (None, "locked"), ("locked", "intended"), ("intended", "placed"),
    ("locked", None), ("intended", None), ("placed", None),
})  # fmt: skip
TERMINAL = frozenset({"completed", "exhausted", "error", "do_not_call"})
RANK_OF_KIND = {"C": 0, "F": 1, "S": 1, "R": 2}
AD_HOC_PRIORITY = 1_000_000
MAX_CALLBACKS = 3
RETRIED_IF_LISTED = frozenset({"no_answer", "busy", "failed", "canceled", "unknown", "voicemail"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What a configuration says, or what holds for ad-hoc contacts. Delays in seconds."""

    retry_attempts: int = 2
    retry_delay: int = 3600
    retry_outcomes: frozenset[str] = frozenset({"no_answer", "busy", "failed"})
    retry_delays: Mapping[str, int] | None = None
    daily_cap: int | None = None

    def delay_ms(self, outcome: str) -> int:
        return 1000 * (self.retry_delays or {}).get(outcome, self.retry_delay)


AD_HOC_RULES = Rules()


@lru_cache(maxsize=512)
def document(text: str) -> dict[str, Any]:
    """A stored configuration, its defaults filled in from the documentation."""
    defaults: dict[str, Any] = {
        "default_timezone": "America/New_York",
        "default_windows": [],
        "overrides": [],
        "scheduled_windows": None,
        "scheduled_overrides": None,
    }
    return {**defaults, **json.loads(text)}


@lru_cache(maxsize=512)
def rules(text: str) -> Rules:
    """The retry policy of a stored configuration."""
    told = json.loads(text)
    return Rules(
        told.get("retry_attempts", 2),
        told.get("retry_delay_seconds", 3600),
        frozenset(told.get("retry_outcomes", ["no_answer", "busy", "failed"])),
        told.get("retry_delays", {}),
        told.get("daily_attempts_per_number"),
    )


def windows(text: str, zone: str | None, is_scheduled: bool) -> tuple[str, Sequence[Mapping[str, Any]]]:
    """The zone whose clock counts, and the windows for it."""
    told = document(text)
    usual = told["default_windows"]
    exceptions = told["overrides"]
    if is_scheduled:
        usual = usual if told["scheduled_windows"] is None else told["scheduled_windows"]
        exceptions = exceptions if told["scheduled_overrides"] is None else told["scheduled_overrides"]
    zone = zone or told["default_timezone"]
    for exception in exceptions:
        if zone in exception["timezones"]:
            return zone, exception["windows"]
    return zone, usual


def is_open(text: str, zone: str | None, is_scheduled: bool, at_ms: int) -> bool:
    """Whether a contact may be called."""
    return _is_open_in(text, zone, is_scheduled, at_ms // 60_000)


@lru_cache(maxsize=8192)
def _is_open_in(text: str, zone: str | None, is_scheduled: bool, utc_minute: int) -> bool:
    """Windows open and close by the minute."""
    zone, found = windows(text, zone, is_scheduled)
    local = datetime.fromtimestamp(60 * utc_minute, UTC) + timedelta(minutes=OFFSET_MINUTES[zone])
    minute = 60 * local.hour + local.minute
    today, yesterday = DAYS[local.weekday()], DAYS[local.weekday() - 1]
    for window in found:
        start, end = _minutes(window["start"]), _minutes(window["end"])
        end = 1440 if end == 1439 else end
        if start < end:
            if today in window["days"] and start <= minute < end:
                return True
        elif (today in window["days"] and minute >= start) or (yesterday in window["days"] and minute < end):
            return True
    return False


def next_open(text: str, zone: str | None, is_scheduled: bool, at_ms: int) -> int | None:
    """When it is next open, to the minute; None within a week."""
    minute = _next_open_minute(text, zone, is_scheduled, at_ms // 60_000)
    return None if minute is None else max(at_ms, 60_000 * minute)


@lru_cache(maxsize=8192)
def _next_open_minute(text: str, zone: str | None, is_scheduled: bool, utc_minute: int) -> int | None:
    week = range(utc_minute, utc_minute + 7 * 24 * 60)
    return next((minute for minute in week if _is_open_in(text, zone, is_scheduled, minute)), None)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return 60 * int(hours) + int(minutes)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An attempt as it is recorded: outcome, number, and when it ended (UTC ms)."""

    id: str
    outcome: str
    number: str
    ended_at: int


@dataclass(frozen=True, slots=True)
class Next:
    """What may follow the attempts so far. `delay_for` names the outcome whose delay counts; None: no delay."""

    may_follow: bool
    is_callback: bool = False
    delay_for: str | None = None
    why_not: str = ""


def next_call(attempts: Sequence[Recorded], rules: Rules, number: str) -> Next:
    """Whether a call to `number` may follow these attempts, and what it has to wait for."""
    asked_for, nobody_asked = 0, 0
    is_callback = False
    for attempt in attempts:
        asked_for += is_callback
        nobody_asked += not is_callback
        is_callback = attempt.outcome == "callback_requested" and asked_for < MAX_CALLBACKS
    if not attempts:
        return Next(True)
    last = attempts[-1]
    if number in {one.number for one in attempts if one.outcome == "invalid_number"}:
        return Next(False, why_not="the number is known to be invalid")
    if is_callback:
        return Next(True, True, "callback_requested")
    if nobody_asked > rules.retry_attempts:
        return Next(False, why_not=f"{nobody_asked} calls nobody asked for were all the budget")
    outcome = "no_answer" if last.outcome == "callback_requested" else last.outcome
    if outcome == "invalid_number":
        is_untried = number not in {one.number for one in attempts}
        return Next(True, delay_for=None if is_untried else "failed")
    if outcome not in RETRIED_IF_LISTED or outcome not in rules.retry_outcomes:
        return Next(False, why_not=f"no call follows {last.outcome}")
    return Next(True, delay_for=outcome)
