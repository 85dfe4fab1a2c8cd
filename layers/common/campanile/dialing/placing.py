"""One call from its LOCK on: gate, INTENT, POST, PLACED. Each step says what a crash right after it leaves behind."""

from dataclasses import dataclass, replace

from campanile.dialing import record_outcome
from campanile.dialing.ports import Ports
from campanile.domain import agent_choice, gate
from campanile.domain.call import CallEnd, Slot
from campanile.domain.campaign import AgentFields
from campanile.domain.contact import Contact
from campanile.domain.lifecycle import Refusal
from campanile.store import campaigns, configurations, contacts, do_not_call, keys, provider_accounts, slots
from campanile.store.table import Item
from campanile.telephony.callback import CallReference
from campanile.telephony.port import Ambiguous, CallRequest, Misconfigured, Placed, Refused, Rejected

MAX_GATES = 3
MOST_RETRY_AFTER_SECONDS = 900
"""A provider that asks for a longer pause is asked again after this one: a slip must not stop an account for good."""
AMBIGUOUS_LEASE_SECONDS = 10
"""After a POST of unknown fate the provider is asked this soon; its own event may well come first."""


@dataclass(frozen=True, slots=True)
class LockedCall:
    """A contact with a slot of its own; `configuration_id` None: ad-hoc. `account` is the provider's.

    `is_probe`: the account is stopped, and this call finds out whether it works again.
    """

    slot: Slot
    contact: Contact
    configuration_id: str | None
    account: str
    is_probe: bool = False

    @property
    def is_ad_hoc(self) -> bool:
        return self.configuration_id is None


@dataclass(frozen=True, slots=True)
class _GateAnswer:
    """`contact` is as it is now, `configuration_id` the one that the campaign has now."""

    reading: gate.Reading
    contact: Contact
    request: CallRequest
    configuration_id: str | None


def place(ports: Ports, call: LockedCall, send_at_ms: int) -> None:
    """Place a locked call at `send_at_ms` (UTC ms), or give its lock back with a named refusal.

    Crash before INTENT: nobody was called, the expired lock is given back. Crash after it: the provider is asked.
    """
    ports.clock.sleep(max(0, send_at_ms - ports.clock.now_ms()) / 1000)
    slot = call.slot
    for _ in range(MAX_GATES):
        asked_at = ports.clock.monotonic_ms()  # before the read: stamped after it, a pause could slip in between
        answer = _ask_gate(ports, call)
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


def _post(ports: Ports, call: LockedCall, slot: Slot, answer: _GateAnswer) -> None:
    if refused := gate.refuse(answer.reading, call.contact, ports.clock.now_ms()):  # a window may just have closed
        record_outcome.give_back(ports, slot, refused.code, refused.until)
        return
    result = ports.telephony(slot.provider).place(answer.request)
    now = ports.clock.now_ms()
    if call.is_probe and not isinstance(result, Misconfigured):
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


def _ask_gate(ports: Ports, call: LockedCall) -> _GateAnswer:
    """One strong batch read of everything that may forbid the call, and of what the call carries."""
    slot, contact = call.slot, call.contact
    listed = keys.do_not_call(slot.org, slot.phone_number)
    hot, cold = keys.contact(slot.campaign_key, contact.id), keys.contact_cold(slot.campaign_key, contact.id)
    wanted = [listed, hot, *([cold] if contact.cold else [])]
    if call.configuration_id:
        wanted += [
            keys.campaign(slot.org, slot.campaign_key),
            keys.configuration(slot.org, call.configuration_id),
        ]
    found = ports.table.batch_get(wanted)

    def item(key: keys.Key) -> Item | None:
        return found.get((key["PK"], key["SK"]))

    if hot_item := item(hot):
        contact = contacts.from_item(slot.campaign_key, hot_item)
    whole = contacts.warm(contact, item(cold))
    of_number = (
        do_not_call.is_listed(item(listed), ports.clock.now_ms()),
        slot.phone_number in contact.phone_numbers,
        slot.phone_number in contact.unreachable,
    )
    if call.configuration_id is None:
        reading = gate.Reading(True, None, None, *of_number)
        return _GateAnswer(reading, contact, _request(ports, slot, whole, AgentFields(), AgentFields()), None)
    campaign_item = item(keys.campaign(slot.org, slot.campaign_key))
    configuration_item = item(keys.configuration(slot.org, call.configuration_id))
    campaign = campaigns.from_item(campaign_item) if campaign_item else None
    configuration = configurations.from_item(configuration_item) if configuration_item else None
    reading = gate.Reading(
        False,
        campaign.status if campaign else None,
        configuration.schedule if configuration else None,
        *of_number,
    )
    request = _request(
        ports,
        slot,
        whole,
        campaign.agent if campaign else AgentFields(),
        configuration.agent if configuration else AgentFields(),
    )
    current = campaign.configuration_id if campaign else call.configuration_id
    return _GateAnswer(reading, contact, request, current)


def _request(
    ports: Ports, slot: Slot, contact: Contact, of_campaign: AgentFields, of_configuration: AgentFields
) -> CallRequest:
    chosen = agent_choice.resolve(contact.agent, of_campaign, of_configuration)
    reference = CallReference(slot.org, slot.n, slot.campaign_key, slot.contact_id, slot.attempt_id)
    return CallRequest(
        attempt_id=slot.attempt_id,
        to=slot.phone_number,
        callback_url=ports.callback_url(slot.provider, reference),
        contact_id=slot.contact_id,
        campaign_id=slot.campaign_key,
        caller_id=chosen.agent_number,
        agent_id=chosen.agent_id,
        agent_version=chosen.agent_version,
        agent_config=chosen.agent_config,
        initial_context=chosen.initial_context,
        custom_metadata=contact.data,
        ring_timeout_seconds=ports.limits.ring_timeout,
        max_call_seconds=ports.limits.longest_talk,
    )
