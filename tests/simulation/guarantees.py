"""The guarantees that are checked at each commit, POST, call and answer. docs/guarantees.md numbers them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from campanile.telephony.port import CallRequest
from tests.simulation import oracle, rest
from tests.simulation.carrier import Call
from tests.simulation.mirror import ContactKey, Item, Moved, attempts, is_scheduled_first_call
from tests.simulation.operators import Request
from tests.simulation.oracle import CAMPAIGN_EDGES, CONTACT_EDGES, SLOT_EDGES

if TYPE_CHECKING:
    from tests.simulation.auditor import Auditor

STOP_WITHIN_MS = 1_000
DAY_MS = 24 * 3600 * 1000
RECOVERED_WITHIN_MS = 150_000
REQUEST_LASTS_MS = 28_000
"""The time-out of a function behind the API."""
REQUESTS_MS = 3_000
"""What the requests themselves take between a tick's hint and the return of a lock, a busy pass's reads included."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A POST and the call it made, if any."""

    request: CallRequest
    call: Call | None

    @property
    def contact(self) -> ContactKey:
        return self.request.campaign_id, self.request.contact_id


def no_two_live_calls(auditor: "Auditor", call: Call) -> None:
    """G1, by the carrier's record."""
    for other in auditor.world.carrier.calls:
        if other is call or not other.is_live:
            continue
        if other.contact == call.contact:
            auditor.violate(
                "G1", call.contact[1], f"two live calls to the contact: {other.attempt_id} and {call.attempt_id}"
            )
        elif (other.org, other.number) == (call.org, call.number):
            auditor.violate("G1", call.contact[1], f"two live calls to {call.number}, the other to {other.contact[1]}")


def check_commit(auditor: "Auditor", moved: Sequence[Moved]) -> None:
    for one in moved:
        match one.kind:
            case "slot":
                _slot_moved(auditor, one)
            case "contact":
                _contact_moved(auditor, one)
            case "campaign":
                _edge(auditor, one, "status", CAMPAIGN_EDGES)
            case "registration":
                _registered(auditor, one)


def _registered(auditor: "Auditor", one: Moved) -> None:
    """G4: when a tick is put off."""
    if one.before and (one.after is None or one.after["next_due_at"] > one.before["next_due_at"]):
        rest.registered_in_time(auditor, one.key[0])


def _edge(auditor: "Auditor", one: Moved, name: str, edges: frozenset[oracle.Edge]) -> None:
    """G7."""
    edge = (one.before or {}).get(name), (one.after or {}).get(name)
    if edge[0] != edge[1] and edge not in edges:
        auditor.violate("G7", "/".join(one.key), f"{one.kind} went from {edge[0]} to {edge[1]}")


def _slot_moved(auditor: "Auditor", one: Moved) -> None:
    _edge(auditor, one, "phase", SLOT_EDGES)
    org, subject = one.key[0], "/".join(one.key)
    if one.after is not None and "attempt" not in one.after:
        auditor.violate("G4", subject, "a slot was written that nobody holds")
        return
    if one.before is None and one.after is not None:
        _within_limits(auditor, org, subject)
        if one.after["attempt"] in auditor.locked_attempts:
            auditor.violate("G1", subject, f"attempt id {one.after['attempt']} is used again")
        auditor.locked_attempts.add(one.after["attempt"])
    elif one.before is not None and one.after is not None:
        if one.before["attempt"] != one.after["attempt"]:
            auditor.violate("G1", subject, "a held slot was given to another attempt")
    elif one.before is not None:
        _slot_freed(auditor, subject, one.before)
    _contact_and_slot_agree(auditor, one.after or one.before or {})


def _within_limits(auditor: "Auditor", org: str, subject: str) -> None:
    """G2: the org's limit, and the deployment's over all orgs where there is one."""
    held, usable = len(auditor.mirror.held(org)), auditor.mirror.settings[org]["usable"]
    if held > usable:
        auditor.violate("G2", subject, f"{held} slots held of {usable}")
    everywhere = sum(len(auditor.mirror.held(one.name)) for one in auditor.world.setting.orgs)
    most = auditor.world.limits.global_concurrency
    if most and everywhere > most:
        auditor.violate("G2", subject, f"{everywhere} slots held in all orgs of {most}")


def _slot_freed(auditor: "Auditor", subject: str, slot: Item) -> None:
    """G1: never while its call lives. G4: a lock that led to no call is back in time."""
    call = auditor.called.get(slot["attempt"])
    if call and call.ends_at > auditor.now:
        auditor.violate("G1", slot["contact"], f"slot {subject} was freed while its call {slot['attempt']} goes on")
    if slot["phase"] == "locked":
        lasted = auditor.now - slot["locked_at"]
        most = RECOVERED_WITHIN_MS + REQUESTS_MS + _hindered_ms(auditor, subject.partition("/")[0], slot["locked_at"])
        if lasted > most:
            auditor.violate("G4", slot["contact"], f"a lock came back after {lasted} ms, at most {most} were allowed")


def _hindered_ms(auditor: "Auditor", org: str, since: int) -> int:
    """What faults may have added to a recovery: each that hit the org's hints, ticks and workers since the LOCK."""
    return sum(one.cost for one in auditor.world.faults.log if one.at >= since and org in one.orgs)


def _contact_and_slot_agree(auditor: "Auditor", slot: Item) -> None:
    """G4: a contact is active exactly while a slot holds its attempt; nobody would find one that is active alone."""
    contact = auditor.mirror.contacts[slot["campaign"], slot["contact"]].now or {}
    org = auditor.mirror.org(slot["campaign"])
    is_active = contact.get("status") == "active" and contact.get("attempt") == slot["attempt"]
    is_held = any(one["attempt"] == slot["attempt"] for one in auditor.mirror.held(org).values())
    if is_active != is_held:
        told = "active without its slot" if is_active else f"{contact.get('status')} while its slot is held"
        auditor.violate("G4", slot["contact"], f"the contact is {told} ({slot['attempt']})")


def _contact_moved(auditor: "Auditor", one: Moved) -> None:
    _edge(auditor, one, "status", CONTACT_EDGES)
    before, after = one.before, one.after
    key = (one.key[0], one.key[1])
    if before is None and after is not None:
        auditor.created_at[key] = auditor.now
        _one_row_one_contact(auditor, key, after)
    if after and after["status"] == "pending" and (before is None or before["status"] != "pending"):
        rest.registered_in_time(auditor, auditor.mirror.org(key[0]), [key])
    if before is not None and after is None:
        auditor.deleted_at[key] = auditor.now
        if before["status"] == "active":
            auditor.violate("G11", key[1], "an active contact was deleted")
    if before and after:
        if before["status"] != after["status"]:
            _status_may_change(auditor, key, before, after)
        _attempts_are_true(auditor, key, before, after)
        if before["status"] == "active" != after["status"]:
            org = auditor.mirror.org(key[0])
            if any(slot["attempt"] == before["attempt"] for slot in auditor.mirror.held(org).values()):
                auditor.violate("G4", key[1], f"the contact is {after['status']} while its slot is held")


def _status_may_change(auditor: "Auditor", key: ContactKey, before: Item, after: Item) -> None:
    """G11: no request does that, but a release, or a push that brings the contact with `enqueue`."""
    edge = (before["status"], after["status"])
    if auditor.actor == "operator" or (auditor.actor in ("release", "push") and edge != ("held", "pending")):
        auditor.violate("G11", key[1], f"a request changed the status to {after['status']}")
    if edge != ("held", "pending"):
        return
    was_pushed = (key[0], after.get("external_id", "")) in auditor.enqueued
    if not was_pushed and auditor.created_at[key] > auditor.may_release.get(key[0], -1):
        auditor.violate("G4", key[1], "a held contact was released that nobody has asked for")


def _attempts_are_true(auditor: "Auditor", key: ContactKey, before: Item, after: Item) -> None:
    """What is recorded of a call is what it was, or `unknown`."""
    known = {one.id for one in attempts(before)}
    for one in attempts(after):
        call = auditor.called.get(one.id)
        if one.id in known:
            continue
        rejected = auditor.world.carrier.rejected.get(one.id)
        if rejected is not None:
            if one.outcome not in ("unknown", str(rejected), *_told_outcomes(auditor, one.id)):
                auditor.violate("attempts", key[1], f"{one.id} is recorded as {one.outcome}, rejected as {rejected}")
            continue
        if call is None and one.outcome != "unknown":
            auditor.violate("attempts", key[1], f"{one.id} is recorded as {one.outcome}, but there was no such call")
        if call and one.outcome not in ("unknown", str(call.outcome), *_told_outcomes(auditor, one.id)):
            auditor.violate("attempts", key[1], f"{one.id} is recorded as {one.outcome}, but it was {call.outcome}")
        if one.id not in auditor.locked_attempts:
            auditor.violate("attempts", key[1], f"{one.id} was never locked")


def _told_outcomes(auditor: "Auditor", attempt: str) -> Iterator[str]:
    """What an agent's reports may make of a call's outcome."""
    for one in auditor.world.agents.told.get(attempt, ()):
        if one.report.do_not_call:
            yield "do_not_call"
        if one.callback_at is not None:
            yield "callback_requested"
        if one.is_cancel:
            yield "answered"


def identity(key: ContactKey, item: Item) -> tuple[str, str] | None:
    """Who a contact is, as the row that made it says; None when its data lie elsewhere and it has no name."""
    if "external_id" in item:
        return key[0], str(item["external_id"])
    if "data" in item:
        return key[0], str(json.loads(item["data"])["who"])
    return None


def _one_row_one_contact(auditor: "Auditor", key: ContactKey, item: Item) -> None:
    """G10."""
    who = identity(key, item)
    former = auditor.accepted.get(who) if who else None
    if who is None:
        return
    if former not in (None, key[1]) and auditor.mirror.contacts[key[0], former or ""].now is not None:
        auditor.violate("G10", key[1], f"a second contact was made of row {who[1]}, the first is {former}")
    auditor.accepted[who] = key[1]


def check_post(auditor: "Auditor", post: Posted) -> None:
    _one_call_per_attempt(auditor, post)
    _post_is_allowed_now(auditor, post)
    if post.call is not None:
        _call_may_follow(auditor, post)
        _number_is_not_worn_out(auditor, post)
        auditor.called[post.request.attempt_id] = post.call


def _one_call_per_attempt(auditor: "Auditor", post: Posted) -> None:
    """G1, and G2: a call exists only while its slot does."""
    attempt, contact = post.request.attempt_id, post.contact[1]
    known = auditor.called.get(attempt)
    if known is not None and post.call is not None and post.call is not known:
        auditor.violate("G1", contact, f"two calls for the attempt {attempt}")
    org = auditor.mirror.org(post.contact[0])
    slot = next((one for one in auditor.mirror.held(org).values() if one["attempt"] == attempt), None)
    if slot is None:
        auditor.violate("G2", contact, f"POST for {attempt}, which holds no slot")
    elif slot["phase"] != "intended":
        auditor.violate("G1", contact, f"POST for {attempt} in phase {slot['phase']}: a crash now would lose the call")


def _post_is_allowed_now(auditor: "Auditor", post: Posted) -> None:
    """G3. What changed in the last second may still be what the dialer went by."""
    campaign, contact = post.contact
    mirror, now = auditor.mirror, auditor.now
    org, number = mirror.org(campaign), post.request.to
    listed = mirror.listed.get((org, number))
    if listed is not None and now - listed > STOP_WITHIN_MS:
        auditor.violate("G3", contact, f"POST to {number}, on the do-not-call list for {now - listed} ms")
    _nobody_asked_not_to_be_called(auditor, post)
    people = [one for one in mirror.contacts[post.contact].since_time(now - STOP_WITHIN_MS) if one]
    due = [one.get("scheduled_at", 0) for one in people]
    if due and min(due) > now:
        auditor.violate("G3", contact, f"POST {min(due) - now} ms before scheduled_at")
    if "@" in campaign:
        return
    versions = [one for one in mirror.campaigns[campaign].since_time(now - STOP_WITHIN_MS) if one]
    if not any(one["status"] == "active" for one in versions):
        stopped = now - mirror.campaigns[campaign].since_when("status")
        auditor.violate("G3", contact, f"POST {stopped} ms after the campaign was {versions[-1]['status']}")
    if not _was_open(auditor, org, versions, people):
        auditor.violate("G3", contact, "POST outside the calling windows")


def _nobody_asked_not_to_be_called(auditor: "Auditor", post: Posted) -> None:
    """G3: the person has told an agent, in any call; its contact is not called on another number either."""
    since = auditor.created_at.get(post.contact, 0)
    for call in auditor.called.values():
        if call.contact != post.contact or call.placed_at < since:
            continue
        for one in auditor.world.agents.told.get(call.attempt_id, ()):
            if one.report.do_not_call and one.answered_at and auditor.now - one.answered_at > STOP_WITHIN_MS:
                told = f"POST {auditor.now - one.answered_at} ms after the person asked not to be called"
                auditor.violate("G3", post.contact[1], f"{told} ({call.attempt_id})")


def _was_open(auditor: "Auditor", org: str, campaigns: Sequence[Item], people: Sequence[Item]) -> bool:
    now = auditor.now
    texts = {
        str(one["document"]): None
        for campaign in campaigns
        for one in auditor.mirror.configurations[org, campaign["configuration"]].since_time(now - STOP_WITHIN_MS)
        if one
    }
    return any(
        oracle.is_open(text, one.get("zone"), is_scheduled_first_call(one), now) for text in texts for one in people
    )


def _call_may_follow(auditor: "Auditor", post: Posted) -> None:
    """G8. What an agent has reported in the last second may not be known to the dialer yet."""
    campaign, contact = post.contact
    item = auditor.mirror.contacts[post.contact].now
    if item is None:
        auditor.violate("G11", contact, "a call to a contact that is not there")
        return
    before = attempts(item)
    known, since = {one.id for one in before}, auditor.created_at[post.contact]
    made = [one for one in auditor.called.values() if one.contact == post.contact and one.placed_at >= since]
    if any(call.attempt_id not in known for call in made):
        auditor.violate("G8", contact, "called again, although a former call was never recorded")
    rules = auditor.mirror.rules(campaign)
    follows = oracle.next_call(before, rules, post.request.to)
    lately = auditor.mirror.contacts[post.contact].since_time(auditor.now - STOP_WITHIN_MS)
    for former in [attempts(one) for one in lately if one and one["n"] == item["n"]]:
        if not follows.may_follow:
            before, follows = former, oracle.next_call(former, rules, post.request.to)
    if not follows.may_follow:
        auditor.violate("G8", contact, f"call number {len(before) + 1}, although {follows.why_not}")
    if not before or not follows.may_follow:
        return
    if follows.delay_for == "failed" and auditor.mirror.refused.get(post.contact, 0) > before[-1].ended_at:
        return  # the number that was to follow an invalid one at once was refused, and this one comes in its place
    earliest = _earliest(auditor, before[-1], follows, rules)
    if auditor.now < earliest:
        why = follows.delay_for or "its end"
        auditor.violate(
            "G8", contact, f"called {earliest - auditor.now} ms too early after {before[-1].outcome} ({why})"
        )


def _number_is_not_worn_out(auditor: "Auditor", post: Posted) -> None:
    """The daily cap: how often the org has called the number in the last 24 hours, whichever campaign did."""
    campaign, contact = post.contact
    cap = auditor.mirror.rules(campaign).daily_cap
    org, since = auditor.mirror.org(campaign), auditor.now - DAY_MS
    made = [one for one in auditor.called.values() if (one.org, one.number) == (org, post.request.to)]
    if cap is not None and sum(one.placed_at > since for one in made) >= cap:
        auditor.violate(
            "cap", contact, f"{post.request.to} was called {len(made)} times before, at most {cap} are allowed"
        )


def _earliest(auditor: "Auditor", last: oracle.Recorded, follows: oracle.Next, rules: oracle.Rules) -> int:
    """When the next call may begin: by the carrier's record where the end of the last one is known."""
    call = auditor.called.get(last.id)
    ended = call.ends_at if call and last.outcome != "unknown" else last.ended_at
    if follows.is_callback and call:
        asked = [one.callback_at for one in auditor.world.agents.told.get(last.id, ()) if one.callback_at is not None]
        if str(call.outcome) == "callback_requested":
            asked.append(call.callback_at or ended + rules.delay_ms("callback_requested"))
        return max(ended, min(asked))  # whichever of them holds, it is not before the earliest
    delay = rules.delay_ms(follows.delay_for) if follows.delay_for else 0
    if follows.delay_for == "unknown":
        delay = max(delay, 1000 * auditor.world.limits.longest_call)
    return ended + delay


def _release_was_asked_for(auditor: "Auditor", stage: str, campaign: str, begun_at: int) -> None:
    """Whom a release may release, for as long as its request may last, and whom it must."""
    if stage == "begun":
        auditor.may_release[campaign] = auditor.now + REQUEST_LASTS_MS
    if stage == "answered":
        auditor.released[campaign] = max(begun_at, auditor.released.get(campaign, 0))


def check_request(auditor: "Auditor", stage: str, request: Request, answer: Any) -> None:
    """G10 and G11: what was answered is there."""
    if stage == "begun":
        auditor.begun_at.setdefault(request, auditor.now)
        if request.actor == "push":
            auditor.enqueued.update((request.about[0], str(row["external_id"])) for row in request.rows)
    if request.kind == "release":
        _release_was_asked_for(auditor, stage, request.about[0], auditor.begun_at[request])
    if request.kind != "upsert" or stage != "answered":
        return
    if len(answer.contact_ids) != len(request.rows):
        auditor.violate("G10", request.org, f"{len(answer.contact_ids)} ids for {len(request.rows)} rows")
    failed = {one.index for one in answer.failed}
    for index, contact_id in enumerate(answer.contact_ids):
        key = (request.about[0], str(contact_id))
        is_there = auditor.mirror.contacts[key].now is not None
        was_deleted = auditor.deleted_at.get(key, 0) >= auditor.begun_at[request]
        if index not in failed and not is_there and not was_deleted:
            auditor.violate("G10", key[1], f"row {index} was answered, but its contact is not there")
