"""When a run has come to rest, and what must be true then."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from campanile.campaigns import stats
from campanile.store import campaigns
from tests.simulation import oracle, recount
from tests.simulation.chronicle import plain
from tests.simulation.mirror import ContactKey, Item, attempts, is_scheduled_first_call
from tests.simulation.oracle import TERMINAL
from tests.simulation.setting import MINUTE_MS

if TYPE_CHECKING:
    from tests.simulation.auditor import Auditor

SOON_MS = 15 * MINUTE_MS
"""Who may be called within this time is waited for."""
EXPECTED_ERRORS = frozenset({
    "ClientError", "EndpointConnectionError", "ReadTimeoutError", "ConnectionClosedError", "ContendedError",
    "TimeoutError", "TransitionRefusedError", "NotFoundError", "StateError", "ConflictError",
    "UnknownConfigurationError", "NotForwardedError",
})  # fmt: skip
"""What may go wrong under faults and races; any other error is a defect."""


def is_at_rest(auditor: "Auditor") -> bool:
    """Whether nothing is under way and nobody may be called soon."""
    world = auditor.world
    is_busy = (
        world.running or world.wake.waiting or world.work.waiting or world.carrier.undelivered or not world.dial.is_idle
    )
    if is_busy or world.agents.waiting or any(auditor.mirror.held(org.name) for org in world.setting.orgs):
        return False
    if any(call.ends_at > auditor.now for call in world.carrier.calls):
        return False
    times = [when for org in world.setting.orgs for when in _next_calls(auditor, org.name)]
    return not any(when <= auditor.now + SOON_MS for when in times)


def check(auditor: "Auditor") -> None:
    """Everything that must be true at the end, whether the run came to rest or not."""
    for key, item in auditor.mirror.live():
        _is_terminal_or_reachable(auditor, key, item)
        _attempts_are_the_calls(auditor, key, item)
    for org in auditor.world.setting.orgs:
        for slot in auditor.mirror.held(org.name).values():
            auditor.violate("G4", slot["contact"], f"a slot is still held at rest, in phase {slot['phase']}")
        registered_in_time(auditor, org.name)
    recount.check(auditor)
    _attempts_in_stats(auditor)
    _requests_not_to_be_called(auditor)
    _reports_are_kept(auditor)
    _log(auditor)


def registered_in_time(auditor: "Auditor", org: str, people: Iterable[ContactKey] | None = None) -> None:
    """G4: the registry brings a tick no later than the next call of `people`, or of everybody who waits in the org."""
    when = _next_calls(auditor, org, people)
    registered = auditor.mirror.registered.get(org)
    if when and (registered is None or registered["next_due_at"] > min(when)):
        late = f"{registered['next_due_at'] - min(when)} ms late" if registered else "never"
        auditor.violate("G4", org, f"the tick comes {late} for somebody who may be called")


def _next_calls(auditor: "Auditor", org: str, people: Iterable[ContactKey] | None = None) -> list[int]:
    """When each pending contact may next be called, of those that may be called at all as things are."""
    waiting = auditor.mirror.pending[org]
    times = [_next_call(auditor, key, waiting[key]) for key in (waiting if people is None else people)]
    return [when for when in times if when is not None]


def _next_call(auditor: "Auditor", key: ContactKey, item: Item) -> int | None:
    at = max(int(item["due"]), auditor.now)
    if "@" in key[0]:
        return at
    campaign = auditor.mirror.campaigns[key[0]].now
    text = auditor.mirror.configuration(key[0])
    if campaign is None or campaign["status"] != "active" or text is None:
        return None
    return oracle.next_open(text, item.get("zone"), is_scheduled_first_call(item), at)


def _is_terminal_or_reachable(auditor: "Auditor", key: ContactKey, item: Item) -> None:
    """G4."""
    status = item["status"]
    if status in TERMINAL:
        return
    if status == "held":
        _may_be_held(auditor, key)
        return
    if status != "pending":
        auditor.violate("G4", key[1], f"the contact is {status} at rest")
        return
    when = _next_call(auditor, key, item)
    if when is not None and when <= auditor.now + SOON_MS:
        auditor.violate("G4", key[1], f"nobody calls the contact, which may be called since {auditor.now - when} ms")
    is_ad_hoc = "@" in key[0]
    zone = "~" if is_ad_hoc else item.get("zone", "~")
    lane = f"Q#{key[0]}#{zone}", f"{item['kind']}#{item['due']:015d}#{item['n']:09d}#{key[1]}"
    if lane != (item.get("lane"), item.get("lane_sort")):
        auditor.violate("G4", key[1], f"the contact waits in {item.get('lane')}, {item.get('lane_sort')}")
    if not is_ad_hoc and when is None:
        return
    sheet = auditor.world.engine.peek(f"O#{auditor.mirror.org(key[0])}", "DIAL")
    listed = [one["lanes"] for one in plain(sheet or {}).get("campaigns", {}).values() if one["key"] == key[0]]
    if [zone] not in [[one for one in lanes if one == zone] for lanes in listed]:
        auditor.violate("G4", key[1], f"lane {zone} is not on the dial sheet")


def _may_be_held(auditor: "Auditor", key: ContactKey) -> None:
    """G4: a release that was answered leaves nobody held who was there when it was asked for."""
    campaign = auditor.mirror.campaigns[key[0]].now
    released = auditor.released.get(key[0], 0)
    if auditor.created_at[key] < released and campaign and campaign["status"] != "closed":
        auditor.violate("G4", key[1], f"still held, although released {auditor.now - released} ms ago")


def _attempts_are_the_calls(auditor: "Auditor", key: ContactKey, item: Item) -> None:
    """Every call is recorded once; an attempt without a call is one whose fate nobody could learn."""
    cold = auditor.world.engine.peek(f"K#{key[0]}#{key[1][-1]}", f"D#{key[1]}")
    older: list[Any] = plain(cold).get("older", []) if cold else []
    recorded = [one["i"] for one in older] + [one.id for one in attempts(item)]
    made = {
        one.attempt_id
        for one in auditor.world.carrier.calls
        if one.contact == key and one.placed_at >= item["created_at"]
    }
    if len(set(recorded)) < len(recorded) or len(recorded) != item["attempt_count"]:
        auditor.violate("attempts", key[1], f"{item['attempt_count']} counted, recorded {recorded}")
    if missing := sorted(made - set(recorded)):
        auditor.violate("attempts", key[1], f"calls that were made are not recorded: {missing}")
    known = made | set(auditor.world.carrier.rejected)
    invented = [one.id for one in attempts(item) if one.id not in known and one.outcome != "unknown"]
    undialed = [one for one in recorded if one in auditor.world.carrier.undialed]
    undialed = [one.id for one in attempts(item) if one.id in undialed and one.outcome != "unknown"]
    if undialed:
        auditor.violate("attempts", key[1], f"requests that were never dialed count as attempts: {undialed}")
    if invented:
        auditor.violate("attempts", key[1], f"recorded calls that were never made: {invented}")


def _attempts_in_stats(auditor: "Auditor") -> None:
    for known in auditor.world.campaigns:
        found = campaigns.get(auditor.world.direct, known.org.name, known.id)
        assert found, "campaigns are never deleted"
        shown = stats.read(auditor.world.direct, found, auditor.now).attempts.total
        counted = sum(
            int(item["attempt_count"]) for key, item in auditor.mirror.live(known.org.name) if key[0] == known.id
        )
        if shown != counted:
            auditor.violate("G6", known.id, f"stats tell {shown} attempts, recorded are {counted}")


def _requests_not_to_be_called(auditor: "Auditor") -> None:
    """G3: whoever asked not to be called, and whose event was answered, is on the list."""
    for call in auditor.world.carrier.calls:
        is_asked = call.outcome == "do_not_call" and call.attempt_id in auditor.world.carrier.reported
        if is_asked and (call.org, call.number) not in auditor.mirror.listed:
            auditor.violate("G3", call.contact[1], f"{call.number} asked not to be called and is not on the list")


def _reports_are_kept(auditor: "Auditor") -> None:
    """What an agent's report that was answered has told: of the list, the contact's end, a callback, the notes."""
    for attempt, told in auditor.world.agents.told.items():
        answered = [one for one in told if one.answered_at is not None]
        call = told[0].call
        item = auditor.mirror.contacts[call.contact].now
        is_there = item is not None and item["created_at"] <= call.placed_at
        for one in answered:
            if one.report.do_not_call and (call.org, call.number) not in auditor.mirror.listed:
                auditor.violate("G3", call.contact[1], f"{call.number} is not listed, as {attempt} was reported")
        if item is None or not is_there:
            continue
        if any(one.report.do_not_call for one in answered) and item["status"] != "do_not_call":
            auditor.violate("G3", call.contact[1], f"asked not to be called, and is {item['status']} ({attempt})")
        cold = plain(
            auditor.world.engine.peek(f"K#{call.contact[0]}#{call.contact[1][-1]}", f"D#{call.contact[1]}") or {}
        )
        noted = {one.report.remarks["notes"] for one in told if "notes" in one.report.remarks}
        is_noted = any("notes" in one.report.remarks for one in answered)
        if is_noted and cold.get(f"note_{attempt.replace('-', '')}") not in noted:
            auditor.violate("G4", call.contact[1], f"what was noted of {attempt} is lost")


def _log(auditor: "Auditor") -> None:
    """G12: nobody's number in a log line. And no error that no fault explains."""
    numbers = {number for org in auditor.world.setting.orgs for number in org.numbers}
    for sentence, fields in auditor.world.log.lines:
        told = f"{sentence} {fields}"
        if "+1212555" in told or any(number in told for number in numbers if "1212555" in told):
            auditor.violate("G12", str(fields.get("action")), "a log line names a phone number")
        error = fields.get("error")
        if error is not None and error not in EXPECTED_ERRORS:
            auditor.violate("errors", str(fields.get("action")), f"{error} at {fields.get('at')}")
