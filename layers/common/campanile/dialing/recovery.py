"""Settles calls whose lease has expired with the provider. No call is ever repeated blindly (G1, G4)."""

from collections.abc import Sequence

from campanile.adapters import faults
from campanile.dialing import record_outcome
from campanile.dialing.ports import Ports
from campanile.domain.call import CallEnd, Slot
from campanile.domain.lifecycle import PHASES_BEFORE_POST, Outcome, Refusal, SlotPhase
from campanile.store import slots
from campanile.telephony.port import Capabilities, Ended, Live, LookUpFailed, LookUpQuery, NotFound

ASK_AGAIN_SECONDS = 30
SWEEP_MS = 10_000
"""How long a pass settles expired leases before it dials: look-ups that hang must not take all of its time."""


def sweep(ports: Ports, held: Sequence[Slot]) -> int:
    """Settle the slots whose lease has expired, the oldest first, for a while. Returns how many were freed."""
    now, until = ports.clock.now_ms(), ports.clock.monotonic_ms() + SWEEP_MS
    freed = 0
    for slot in sorted((one for one in held if one.lease_until <= now), key=lambda one: one.lease_until):
        if ports.clock.monotonic_ms() >= until:
            break
        freed += _recover_alone(ports, slot)
    return freed


def _recover_alone(ports: Ports, slot: Slot) -> bool:
    try:
        return _recover(ports, slot)
    except Exception as error:  # noqa: BLE001  one call that cannot be settled must not stop the org's others
        told = {"action": "recovery_failed", "attempt_id": slot.attempt_id, **faults.describe(error)}
        ports.log.error("a call could not be settled", extra=told)
        return False


def _recover(ports: Ports, slot: Slot) -> bool:
    if slot.phase in PHASES_BEFORE_POST:
        return record_outcome.give_back(ports, slot, Refusal.NOT_PLACED)
    telephony = ports.telephony(slot.provider)
    if not telephony.capabilities.look_up_by:
        return _give_up_after_longest_call(ports, slot)
    now = ports.clock.now_ms()
    query = LookUpQuery(slot.attempt_id, slot.phone_number, slot.sent_at, slot.provider_call_id)
    answer = telephony.look_up(query)
    ports.log.info(
        "asked the provider",
        extra={"action": "look_up", "attempt_id": slot.attempt_id, "answer": type(answer).__name__},
    )
    match answer:
        case Ended(report):
            return record_outcome.settle(ports, slot, report)
        case NotFound() if slot.phase is SlotPhase.PLACED:
            return _give_up_after_longest_call(ports, slot)  # it had taken the call: it has only forgotten it
        case NotFound():
            return _give_back_when_certain(ports, slot, telephony.capabilities)
        case Live():
            slots.extend_lease(ports.table, slot, now + 1000 * ports.limits.call_lease)
            return False
        case LookUpFailed():
            return _give_up_after_longest_call(ports, slot)


def _give_back_when_certain(ports: Ports, slot: Slot, capabilities: Capabilities) -> bool:
    """The provider knows no such call. That is believed only when no worker and no delayed request can still bring it
    one, and the provider would show a call by then; from a provider whose silence proves nothing, never.
    """
    if capabilities.absence_proves_after_seconds is None:
        return _give_up_after_longest_call(ports, slot)
    now = ports.clock.now_ms()
    certain_at = slot.sent_at + 1000 * max(ports.limits.lock_lease, capabilities.absence_proves_after_seconds)
    if now >= certain_at:
        return record_outcome.give_back(ports, slot, Refusal.NOT_PLACED)
    slots.extend_lease(ports.table, slot, certain_at)
    return False


def _give_up_after_longest_call(ports: Ports, slot: Slot) -> bool:
    """Nothing can be learned: hold the slot until the longest call would be over, then record `unknown`."""
    now = ports.clock.now_ms()
    over_at = slot.sent_at + 1000 * ports.limits.longest_call
    if now >= over_at:
        return record_outcome.finish(ports, slot, CallEnd(Outcome.UNKNOWN, ended_at_ms=now))
    slots.extend_lease(ports.table, slot, min(over_at, now + 1000 * ASK_AGAIN_SECONDS))
    return False
