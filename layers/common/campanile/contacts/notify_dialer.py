"""Makes newly pending contacts visible to the dialer.

Before the write, their lanes go on the dial sheet and the org into the registry, so a crash cannot strand a contact.
After the write, the dialer is woken.
"""

from collections.abc import Collection, Sequence

from campanile.adapters.dial_queue import DialQueue, Hint
from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact
from campanile.domain.lifecycle import ContactStatus
from campanile.store import campaigns, contacts, work_registry
from campanile.store.table import Table


def announce(table: Table, campaign: Campaign, to_write: Sequence[Contact], now_ms: int) -> Campaign:
    """Put the lanes of the contacts on the dial sheet, and the org into the registry. Call it before they are written.

    Contacts on a call count too: after the call they may be pending in their lane.
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
    """Wake the dialer for contacts that were written and are due at `dues` (UTC ms): now, or when the first is due."""
    hint = Hint(campaign.org, "contacts_added", campaign.key)
    if any(due <= now_ms for due in dues):
        queue.hint(hint)
    queue.wake_for(hint, dues)
