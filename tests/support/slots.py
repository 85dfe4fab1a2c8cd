"""Slots as a pass makes them, for tests that lock by hand."""

from uuid import uuid4

from campanile.domain.call import Slot
from campanile.domain.contact import Contact
from campanile.domain.lifecycle import SlotPhase
from tests.support.dialer import Dialer


def slot_for(dialer: Dialer, contact: Contact, n: int) -> Slot:
    """Slot `n` for a first call to the contact, under an attempt id of its own."""
    now = dialer.clock.now_ms()
    return Slot(
        org=dialer.org,
        n=n,
        attempt_id=str(uuid4()),
        campaign_key=contact.campaign_key,
        contact_id=contact.id,
        phone_number=contact.phone_numbers[0],
        attempt_no=1,
        phase=SlotPhase.LOCKED,
        lease_until=now + 1000 * dialer.limits.lock_lease,
        locked_at=now,
        contact_number=contact.number,
    )
