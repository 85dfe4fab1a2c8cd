"""One call from its LOCK on: gate, INTENT, POST, PLACED. Each step says what a crash right after it leaves."""

from dataclasses import replace

from campanile.dialing import ask_gate, record_outcome
from campanile.dialing.ask_gate import GateReading, LockedCall
from campanile.dialing.ports import Ports
from campanile.domain import gate
from campanile.domain.call import CallEnd, Slot
from campanile.domain.lifecycle import Refusal
from campanile.store import provider_accounts, slots
from campanile.telephony.port import Ambiguous, Misconfigured, Placed, Refused, Rejected

MAX_GATES = 3
MOST_RETRY_AFTER_SECONDS = 900
"""A provider that asks for a longer pause is asked again after this one: a slip must not stop an account for good."""
AMBIGUOUS_LEASE_SECONDS = 10
"""After a POST of unknown fate the provider is asked this soon; its own event may well come first."""


def place(ports: Ports, call: LockedCall, send_at_ms: int) -> None:
    """Place a locked call at `send_at_ms` (UTC ms), or give its lock back with a named refusal.

    Crash before INTENT: nobody was called, the expired lock is given back. Crash after it: the provider is asked.
    """
    ports.clock.sleep(max(0, send_at_ms - ports.clock.now_ms()) / 1000)
    slot = call.slot
    for _ in range(MAX_GATES):
        asked_at = ports.clock.monotonic_ms()  # before the read: stamped after it, a pause could slip in between
        answer = ask_gate.ask(ports, call)
        former, call = call, replace(call, contact=answer.contact, configuration_id=answer.configuration_id)
        if (call.configuration_id, call.contact.cold) != (former.configuration_id, former.contact.cold):
            continue  # changed since LOCK, so not all that counts was read
        now = ports.clock.now_ms()
        if refused := gate.refuse(answer.reading, call.contact, now):
            record_outcome.give_back(ports, slot, refused.code, refused.until)
            return
        intended = slots.intend(ports.table, slot, now, now + 1000 * ports.limits.lock_lease)
        if intended is None:
            return  # the lock expired and was given back: it is no longer ours to call
        if ports.clock.monotonic_ms() - asked_at <= gate.MAX_READING_AGE_MS:
            _post(ports, call, intended, answer)
            return
        slot = intended
    record_outcome.give_back(ports, slot, Refusal.NOT_PLACED)


def _post(ports: Ports, call: LockedCall, slot: Slot, answer: GateReading) -> None:
    if refused := gate.refuse(answer.reading, call.contact, ports.clock.now_ms()):  # a window may just have closed
        record_outcome.give_back(ports, slot, refused.code, refused.until)
        return
    result = ports.telephony(slot.provider).place(answer.request)
    now = ports.clock.now_ms()
    if call.is_probe and isinstance(result, Placed | Rejected):
        provider_accounts.resume(ports.table, call.account, now)
    match result:
        case Placed(provider_call_id, conversation_id):
            lease_until = now + 1000 * ports.limits.call_lease
            slots.place(ports.table, slot, provider_call_id, conversation_id, lease_until)
        case Refused(reason, retry_after_seconds, is_account_wide):
            ports.log.warning("provider refused", extra={"action": "provider_refused", "reason": reason})
            due = now + int(1000 * min(max(retry_after_seconds, 1), MOST_RETRY_AFTER_SECONDS))
            if is_account_wide:
                provider_accounts.back_off(ports.table, call.account, due)
            record_outcome.give_back(ports, slot, Refusal.PROVIDER_REFUSED, until=due, due=due)
        case Rejected(outcome):
            record_outcome.finish(ports, slot, CallEnd(outcome, ended_at_ms=now))
        case Misconfigured(reason):
            ports.log.error(
                "the provider account cannot place calls",
                extra={"action": "account_stopped", "account": call.account, "reason": reason},
            )
            due = provider_accounts.stop(ports.table, call.account, reason, now)
            record_outcome.give_back(ports, slot, Refusal.PROVIDER_MISCONFIGURED, until=due, due=due)
        case Ambiguous(reason):
            ports.log.warning(
                "fate of the call unknown",
                extra={"action": "post_ambiguous", "attempt_id": slot.attempt_id, "reason": reason},
            )
            slots.extend_lease(ports.table, slot, now + 1000 * AMBIGUOUS_LEASE_SECONDS)
