"""How a call ends: FINAL, from a carrier's event, a look-up or an expired lease; and the return of an unused lock."""

from collections.abc import Collection
from dataclasses import replace

from campanile import aftermath
from campanile.dial_queue import Hint
from campanile.dialing.ports import Ports
from campanile.entities import CallReport, Contact, Slot
from campanile.lifecycle import ContactStatus, Outcome, Refusal
from campanile.retry import RetryPolicy
from campanile.store import calls, campaigns, configurations, contacts, keys, numbers, registry, slots, tombstones
from campanile.store.table import CONTENTION_RETRIES, ContendedError
from campanile.telephony.callback import CallReference

LONGEST_DURATION_SECONDS = 24 * 3600.0
NOTE_CHARACTERS = 4_000


def record(ports: Ports, reference: CallReference, report: CallReport) -> bool:
    """Record a carrier's final report. False: it was a duplicate, or late, and changed nothing it should not.

    A request not to be called again is honoured even then.
    """
    slot = slots.get(ports.table, reference.org, reference.slot)
    if slot is not None and slot.attempt_id == reference.attempt_id:
        return finish(ports, slot, report)
    if report.outcome is Outcome.DO_NOT_CALL:
        _list_late(ports, reference)
    return False


def finish(ports: Ports, slot: Slot, report: CallReport) -> bool:
    """FINAL for the call that holds `slot`; False when somebody else has finished it."""
    is_ad_hoc = slot.campaign_key == keys.default_campaign(slot.org)
    policy = RetryPolicy() if is_ad_hoc else _policy(ports, slot)
    report = _bounded(report, slot, ports.clock.now_ms())
    for _ in range(CONTENTION_RETRIES):
        contact = _contact_of(ports, slot)
        if contact is None:
            return False
        changed = aftermath.after_call(contact, slot, report, policy, ports.limits.longest_call)
        now = ports.clock.now_ms()
        if changed.status is ContactStatus.PENDING:
            registry.announce(ports.table, slot.org, changed.due, now)
        listed = (
            numbers.listing(slot.org, slot.phone_number, source="conversation", attempt_id=slot.attempt_id, now_ms=now)
            if report.outcome is Outcome.DO_NOT_CALL
            else []
        )
        if calls.finish(ports.table, slot, contact, changed, is_ad_hoc, report.notes, listed):
            ports.log.info(
                "call finished",
                extra={"action": "final", "attempt_id": slot.attempt_id, "outcome": str(report.outcome)},
            )
            _wake(ports, slot, changed, "call_finished")
            return True
    raise ContendedError(slot.contact_id)


def release(ports: Ports, slot: Slot, code: Refusal, until: int | None = None, due: int | None = None) -> bool:
    """Give a lock back because no call was or will be made for it; False when it is no longer held.

    `until` (UTC ms) is how long the refusal holds, `due` when to try again.
    """
    is_ad_hoc = slot.campaign_key == keys.default_campaign(slot.org)
    for _ in range(CONTENTION_RETRIES):
        contact = _contact_of(ports, slot)
        if contact is None:
            return False
        now = ports.clock.now_ms()
        changed = aftermath.after_refusal(contact, slot.phone_number, code, now, until, due)
        registry.announce(ports.table, slot.org, max(changed.due, now), now)
        if calls.release(ports.table, slot, contact, changed, is_ad_hoc):
            ports.log.info(
                "call refused", extra={"action": "release", "attempt_id": slot.attempt_id, "code": str(code)}
            )
            _wake(ports, slot, changed, "lock_released")
            return True
        if slots.get(ports.table, slot.org, slot.n) != slot:
            return False  # the call has come further since it was read
    raise ContendedError(slot.contact_id)


def _contact_of(ports: Ports, slot: Slot) -> Contact | None:
    """The contact while the attempt that holds `slot` is its call; None when that call is settled."""
    contact = contacts.get(ports.table, slot.campaign_key, slot.contact_id)
    return contact if contact is not None and contact.attempt_id == slot.attempt_id else None


def _bounded(report: CallReport, slot: Slot, now_ms: int) -> CallReport:
    """The report within bounds: an end in the call's own time, as a carrier's clock must not move a retry (G8)."""
    return replace(
        report,
        ended_at_ms=min(max(report.ended_at_ms, slot.intended_at or slot.locked_at), now_ms),
        duration_seconds=min(max(0.0, report.duration_seconds), LONGEST_DURATION_SECONDS),
        notes=report.notes[:NOTE_CHARACTERS] if report.notes else None,
    )


def _policy(ports: Ports, slot: Slot) -> RetryPolicy:
    campaign = campaigns.get(ports.table, slot.org, slot.campaign_key, consistent=False)
    assert campaign is not None, "a campaign with contacts is never deleted"
    assert campaign.configuration_id is not None, "the ad-hoc campaign was told apart before"
    configuration = configurations.get(ports.table, slot.org, campaign.configuration_id, consistent=False)
    assert configuration, "a configuration in use is never deleted"
    return configuration.retry_policy


def _wake(ports: Ports, slot: Slot, contact: Contact, cause: str) -> None:
    """A slot is free now; and the contact is due again, perhaps later."""
    now = ports.clock.now_ms()
    hint = Hint(slot.org, cause, now, slot.campaign_key)
    ports.queue.hint(hint)
    if contact.status is ContactStatus.PENDING and contact.due > now:
        ports.queue.wake_at(replace(hint, cause="contact_due"), [contact.due], now)


def _list_late(ports: Ports, reference: CallReference) -> None:
    """The number of that attempt; when the attempt was never recorded, every number of the contact."""
    now = ports.clock.now_ms()
    for number in sorted(_dialed(ports, reference)):
        for action in numbers.listing(
            reference.org, number, source="conversation", attempt_id=reference.attempt_id, now_ms=now
        ):
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
    return [number] if number else {*tombstone.phone_numbers, *(contact.phone_numbers if contact else ())}
