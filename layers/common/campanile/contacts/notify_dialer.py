"""Contacts that come to wait for a call are announced: before they are written, to the dial sheet and the registry, so
that no crash leaves one that nobody looks for; afterwards to the dialer, which begins at once.
"""

from collections.abc import Collection, Sequence

from campanile.adapters.dial_queue import DialQueue, Hint
from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact
from campanile.domain.lifecycle import ContactStatus
from campanile.store import campaigns, contacts, work_registry
from campanile.store.table import Table


def announce(table: Table, campaign: Campaign, to_write: Sequence[Contact], now_ms: int) -> Campaign:
    """Before any of the contacts is written: its lane is on the dial sheet and the tick knows of the org.

    A contact on a call may come to wait in its lane after it.
    """
    to_call = [one for one in to_write if one.status in (ContactStatus.PENDING, ContactStatus.ACTIVE)]
    if not to_call:
        return campaign
    zones = {contacts.zone_of(contact, campaign.is_ad_hoc) for contact in to_call}
    campaign = campaigns.register_lanes(table, campaign, zones)
    if dues := [contact.due for contact in to_call if contact.status is ContactStatus.PENDING]:
        work_registry.mark_work(table, campaign.org, max(now_ms, min(dues)), now_ms)
    return campaign


def wake(queue: DialQueue, campaign: Campaign, dues: Collection[int], now_ms: int) -> None:
    """Contacts were written that are due then (UTC ms): the dialer looks after them now, or when the first is due."""
    hint = Hint(campaign.org, "contacts_added", campaign.key)
    if any(due <= now_ms for due in dues):
        queue.hint(hint)
    queue.wake_for(hint, dues)
