"""How a call ends: FINAL, from a carrier's event, a look-up or an expired lease; the return of an unused lock; and the
correction of an attempt by a later report: the carrier's late event, or an agent's report.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from campanile.adapters.dial_queue import Hint
from campanile.dialing.ports import Ports, ReportPorts
from campanile.domain import after_call
from campanile.domain.call import Attempt, CallEnd, Slot
from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact
from campanile.domain.do_not_call import Source
from campanile.domain.lifecycle import ContactStatus, Outcome, Refusal
from campanile.domain.retry import RetryPolicy
from campanile.store import (
    calls,
    campaigns,
    configurations,
    contact_actions,
    contacts,
    do_not_call,
    keys,
    slots,
    tombstones,
    work_registry,
)
from campanile.store.table import CONTENTION_RETRIES, Action, ContendedError, Put, Update
from campanile.telephony.callback import CallReference

LONGEST_DURATION_SECONDS = 24 * 3600.0
NOTE_CHARACTERS = 4_000
UNDIALED_PAUSE_SECONDS = 30


def record(ports: Ports, reference: CallReference, report: CallEnd) -> bool:
    """Record a carrier's final report. False: it was a duplicate, or late, and changed nothing it should not.

    A late one corrects an attempt that was closed as `unknown`. A request not to be called again is always honoured,
    and ends the contact whatever its attempt was closed as.
    """
    slot = slots.get(ports.table, reference.org, reference.slot)
    if slot is not None and slot.attempt_id == reference.attempt_id and settle(ports, slot, report):
        return True
    if not report.was_dialed:
        return False
    if report.outcome is not Outcome.UNKNOWN and _correct_late(ports, reference, report):
        return True
    if report.outcome is Outcome.DO_NOT_CALL:
        _list_late(ports, reference, report)
    return False


def settle(ports: Ports, slot: Slot, report: CallEnd) -> bool:
    """End the call that holds `slot`: FINAL, or the lock's return where the provider never dialed.

    False when somebody else has settled it.
    """
    return finish(ports, slot, report) if report.was_dialed else _give_back_undialed(ports, slot)


def _give_back_undialed(ports: Ports, slot: Slot) -> bool:
    """No attempt was made, so none is counted and no retry delay is spent. The contact waits a moment, as the provider
    may say the same at once.
    """
    due = ports.clock.now_ms() + 1000 * UNDIALED_PAUSE_SECONDS
    current: Slot | None = slot
    for _ in range(CONTENTION_RETRIES):
        if current is None or current.attempt_id != slot.attempt_id:
            return False
        if give_back(ports, current, Refusal.NOT_DIALED, until=due, due=due):
            return True
        current = slots.get(ports.table, slot.org, slot.n)
    raise ContendedError(slot.contact_id)


def finish(ports: Ports, slot: Slot, report: CallEnd) -> bool:
    """FINAL for the call that holds `slot`; False when somebody else has finished it."""
    campaign = campaign_of(ports, slot.org, slot.campaign_key)
    policy, timezone = _policy_of(ports, campaign)
    report = _bounded(report, slot.sent_at, ports.clock.now_ms())
    for _ in range(CONTENTION_RETRIES):
        contact = _contact_of(ports, slot)
        if contact is None:
            return False
        told = after_call.by_contacts_clock(report, contact, timezone)
        changed = after_call.after_call(contact, slot, told, policy, ports.limits.longest_call)
        now = ports.clock.now_ms()
        if changed.status is ContactStatus.PENDING:
            work_registry.mark_work(ports.table, slot.org, changed.due, now)
        listed: Sequence[Action] = []
        if not _agent_has_listed(ports, contact, slot):
            listed = _listing(slot.org, slot.phone_number, slot.attempt_id, report, now)
        if calls.finish(ports.table, slot, contact, changed, campaign.is_ad_hoc, _remarks(report), listed):
            ports.log.info(
                "call finished",
                extra={"action": "final", "attempt_id": slot.attempt_id, "outcome": str(changed.last_outcome)},
            )
            _wake(ports, slot.org, changed, "call_finished")
            return True
    raise ContendedError(slot.contact_id)


def give_back(ports: Ports, slot: Slot, code: Refusal, until: int | None = None, due: int | None = None) -> bool:
    """Give a lock back because no call was or will be made for it; False when it is no longer held.

    `until` (UTC ms) is how long the refusal holds, `due` when to try again.
    """
    is_ad_hoc = slot.campaign_key == keys.default_campaign(slot.org)
    for _ in range(CONTENTION_RETRIES):
        contact = _contact_of(ports, slot)
        if contact is None:
            return False
        now = ports.clock.now_ms()
        changed = after_call.after_refusal(contact, slot.phone_number, code, now, until, due)
        work_registry.mark_work(ports.table, slot.org, max(changed.due, now), now)
        if calls.give_back(ports.table, slot, contact, changed, is_ad_hoc, code):
            ports.log.info(
                "call refused", extra={"action": "release", "attempt_id": slot.attempt_id, "code": str(code)}
            )
            _wake(ports, slot.org, changed, "lock_released")
            return True
        if slots.get(ports.table, slot.org, slot.n) != slot:
            return False  # the call has come further since it was read
    raise ContendedError(slot.contact_id)


def correct(
    ports: Ports | ReportPorts,
    org: str,
    contact: Contact,
    attempt: Attempt,
    report: CallEnd,
    remarks: Update | None,
    listed: Sequence[Action],
) -> Contact | None:
    """Correct an attempt of `contact` by a report that came after its end. Returns the contact as it is now, or None
    when it is no longer what was read.
    """
    campaign = campaign_of(ports, org, contact.campaign_key)
    policy, timezone = _policy_of(ports, campaign)
    now = ports.clock.now_ms()
    told = after_call.by_contacts_clock(report, contact, timezone)
    changed = after_call.after_late_report(contact, attempt, told, policy, ports.limits.longest_call, now)
    if changed.status is ContactStatus.PENDING:
        # A finished contact may have been given another timezone, whose lane nobody reads yet.
        campaigns.register_lanes(ports.table, campaign, {contacts.zone_of(changed, campaign.is_ad_hoc)})
        work_registry.mark_work(ports.table, org, changed.due, now)
    if not calls.correct(ports.table, contact, changed, campaign.is_ad_hoc, remarks, listed):
        return None
    ports.log.info(
        "attempt corrected",
        extra={"action": "corrected", "attempt_id": attempt.id, "outcome": str(told.outcome)},
    )
    if changed.status is ContactStatus.PENDING:
        _wake(ports, org, changed, "attempt_corrected")
    return changed


def _correct_late(ports: Ports, reference: CallReference, report: CallEnd) -> bool:
    """Correct the attempt that an event is about; False when the event is no news of it, or it was never recorded."""
    for _ in range(CONTENTION_RETRIES):
        contact = contacts.get(ports.table, reference.campaign, reference.contact_id)
        attempt = after_call.correctable_attempt(contact, reference.attempt_id, report.outcome) if contact else None
        if contact is None or attempt is None:
            return False
        now = ports.clock.now_ms()
        told = _bounded(report, attempt.started_at, now)
        listed = _listing(reference.org, attempt.phone_number, attempt.id, told, now)
        remarks = contact_actions.archiving(contact, [], attempt.id, _remarks(told))
        if correct(ports, reference.org, contact, attempt, told, remarks, listed):
            return True
    raise ContendedError(reference.contact_id)


def _contact_of(ports: Ports, slot: Slot) -> Contact | None:
    """The contact while the attempt that holds `slot` is its call; None when that call is settled."""
    contact = contacts.get(ports.table, slot.campaign_key, slot.contact_id)
    return contact if contact is not None and contact.attempt_id == slot.attempt_id else None


def _bounded(report: CallEnd, started_at: int, now_ms: int) -> CallEnd:
    """The report within bounds: an end in the call's own time, as a carrier's clock must not move a retry (G8)."""
    return replace(
        report,
        ended_at_ms=min(max(report.ended_at_ms, started_at), now_ms),
        duration_seconds=min(max(0.0, report.duration_seconds), LONGEST_DURATION_SECONDS),
        notes=report.notes[:NOTE_CHARACTERS] if report.notes else None,
    )


def _remarks(report: CallEnd) -> Mapping[str, str]:
    """What the carrier's report says in words, by field."""
    said = {"notes": report.notes, "disposition": report.disposition}
    return {name: text for name, text in said.items() if text}


def campaign_of(ports: Ports | ReportPorts, org: str, campaign_key: str) -> Campaign:
    """The campaign of a contact, which may be the ad-hoc one; its status may lag by a moment."""
    if campaign_key == keys.default_campaign(org):
        return campaigns.ad_hoc(org)
    lately = campaigns.get(ports.table, org, campaign_key, consistent=False)
    campaign = lately or campaigns.get(ports.table, org, campaign_key)
    assert campaign is not None, "a campaign with contacts is never deleted"
    return campaign


def _policy_of(ports: Ports | ReportPorts, campaign: Campaign) -> tuple[RetryPolicy, str | None]:
    """The campaign's retries, and the clock of contacts without a timezone; ad-hoc contacts have no such clock."""
    configuration = configurations.of_campaign(ports.table, campaign)
    if configuration is None:
        return RetryPolicy(), None
    return configuration.retry_policy, configuration.default_timezone


def _agent_has_listed(ports: Ports, contact: Contact, slot: Slot) -> bool:
    """Whether the agent on this call has put its number on the list: that entry says why, the carrier's would not."""
    told = contact.reported is not None and contact.reported.do_not_call
    return told and do_not_call.has_asked(ports.table, slot.org, slot.phone_number, slot.attempt_id)


def _listing(org: str, number: str, attempt_id: str, report: CallEnd, now_ms: int) -> Sequence[Put]:
    """The do-not-call entry that a report asks for, if it does: where nobody spoke, it is the carrier who says so."""
    if report.outcome is not Outcome.DO_NOT_CALL:
        return []
    source: Source = "conversation" if report.duration_seconds > 0 else "carrier"
    return do_not_call.adding(org, number, source=source, attempt_id=attempt_id, now_ms=now_ms)


def _wake(ports: Ports | ReportPorts, org: str, contact: Contact, cause: str) -> None:
    """Something changed that the dialer should look at; and the contact is due again, perhaps later."""
    hint = Hint(org, cause, contact.campaign_key)
    ports.dial_queue.hint(hint)
    if contact.status is ContactStatus.PENDING:
        ports.dial_queue.wake_for(replace(hint, cause="contact_due"), [contact.due])


def _list_late(ports: Ports, reference: CallReference, report: CallEnd) -> None:
    """The number of that attempt; when the attempt was never recorded, every number of the contact.

    An event that is delivered again asks for nothing new: it does not overrule who took the number off meanwhile.
    """
    now = ports.clock.now_ms()
    for number in _dialed(ports, reference):
        if do_not_call.has_asked(ports.table, reference.org, number, reference.attempt_id):
            continue
        for action in _listing(reference.org, number, reference.attempt_id, report, now):
            ports.table.write(action)


def _dialed(ports: Ports, reference: CallReference) -> Collection[str]:
    """The numbers the call may have gone to; a contact deleted since has left a tombstone."""
    found = contacts.get_many_whole(ports.table, reference.campaign, [reference.contact_id])
    contact = found.get(reference.contact_id)
    if contact is not None and contact.id != reference.contact_id:
        contact = None  # another contact has taken the name of the deleted one
    attempts = contact.attempts if contact else ()
    recorded = [one.phone_number for one in attempts if one.id == reference.attempt_id]
    if recorded:
        return recorded
    tombstone = tombstones.get(ports.table, reference.campaign, reference.contact_id)
    number = tombstone.number_of(reference.attempt_id)
    return [number] if number else sorted({*tombstone.phone_numbers, *(contact.phone_numbers if contact else ())})
