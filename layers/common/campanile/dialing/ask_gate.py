"""One strong batch read of everything that may forbid a call, and of what the call carries."""

from dataclasses import dataclass

from campanile.dialing.ports import Ports
from campanile.domain import agent_choice, gate
from campanile.domain.call import Slot
from campanile.domain.campaign import AgentFields, Campaign
from campanile.domain.configuration import Configuration
from campanile.domain.contact import Contact
from campanile.store import campaigns, configurations, contacts, do_not_call, keys
from campanile.store.keys import Key
from campanile.store.table import Item
from campanile.telephony.callback import CallReference
from campanile.telephony.port import CallRequest


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
class GateReading:
    """What the gate decides by, and the request that it lets through.

    `contact` is as it is now; `configuration_id` is the one that the campaign has now.
    """

    reading: gate.Reading
    contact: Contact
    request: CallRequest
    configuration_id: str | None


@dataclass(frozen=True, slots=True)
class _Keys:
    """The items that the gate reads; the last two are None for ad-hoc contacts."""

    listed: Key
    hot: Key
    cold: Key
    campaign: Key | None
    configuration: Key | None


@dataclass(frozen=True, slots=True)
class _Found:
    """The same items as values, None for what is not there. `whole` is the contact with what its cold item holds."""

    is_listed: bool
    contact: Contact
    whole: Contact
    campaign: Campaign | None
    configuration: Configuration | None


def ask(ports: Ports, call: LockedCall) -> GateReading:
    """Read all that counts at once; the caller stamps the time before."""
    wanted = _keys(call)
    found = _read(ports, call, wanted)
    current = found.campaign.configuration_id if found.campaign else call.configuration_id
    request = _request(ports, call.slot, found)
    return GateReading(_reading(call, found), found.contact, request, None if call.is_ad_hoc else current)


def _keys(call: LockedCall) -> _Keys:
    slot, of_campaign = call.slot, call.configuration_id
    return _Keys(
        keys.do_not_call(slot.org, slot.phone_number),
        keys.contact(slot.campaign_key, call.contact.id),
        keys.contact_cold(slot.campaign_key, call.contact.id),
        keys.campaign(slot.org, slot.campaign_key) if of_campaign else None,
        keys.configuration(slot.org, of_campaign) if of_campaign else None,
    )


def _read(ports: Ports, call: LockedCall, wanted: _Keys) -> _Found:
    """A contact without a cold item, as it was at LOCK, costs no read of one."""
    cold = wanted.cold if call.contact.cold else None
    asked = (wanted.listed, wanted.hot, cold, wanted.campaign, wanted.configuration)
    found = ports.table.batch_get([key for key in asked if key])

    def item(key: Key | None) -> Item | None:
        return found.get((key["PK"], key["SK"])) if key else None

    hot, campaign, configuration = item(wanted.hot), item(wanted.campaign), item(wanted.configuration)
    contact = contacts.from_item(call.slot.campaign_key, hot) if hot else call.contact
    return _Found(
        do_not_call.is_listed(item(wanted.listed), ports.clock.now_ms()),
        contact,
        contacts.warm(contact, item(cold)),
        campaigns.from_item(campaign) if campaign else None,
        configurations.from_item(configuration) if configuration else None,
    )


def _reading(call: LockedCall, found: _Found) -> gate.Reading:
    number = call.slot.phone_number
    return gate.Reading(
        is_ad_hoc=call.is_ad_hoc,
        campaign_status=found.campaign.status if found.campaign else None,
        schedule=found.configuration.schedule if found.configuration else None,
        number_listed=found.is_listed,
        is_contacts_number=number in found.contact.phone_numbers,
        is_unreachable=number in found.contact.unreachable,
    )


def _request(ports: Ports, slot: Slot, found: _Found) -> CallRequest:
    of_campaign = found.campaign.agent if found.campaign else AgentFields()
    of_configuration = found.configuration.agent if found.configuration else AgentFields()
    chosen = agent_choice.resolve(found.whole.agent, of_campaign, of_configuration)
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
        custom_metadata=found.whole.data,
        ring_timeout_seconds=ports.limits.ring_timeout,
        max_call_seconds=ports.limits.longest_talk,
    )
