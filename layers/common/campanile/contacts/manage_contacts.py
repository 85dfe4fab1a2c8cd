"""Finds contacts and deletes them. `campanile.contacts.upsert` adds and changes them."""

from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact
from campanile.domain.errors import ConflictError, NotFoundError
from campanile.domain.lifecycle import DELETABLE
from campanile.store import contact_writes, contacts
from campanile.store.table import CONTENTION_RETRIES, ContendedError, Table


def find(table: Table, campaign: Campaign, reference: str) -> Contact:
    """The hot contact by UUID, else by external id (seed 001); raises NotFoundError."""
    contact = contacts.find(table, campaign.key, reference)
    if contact is None:
        raise NotFoundError("No contact of this campaign has this id or external_id.")
    return contact


def delete(table: Table, campaign: Campaign, reference: str, now_ms: int) -> None:
    """Delete a contact by UUID, else by external id, and free its names and numbers. Closed campaigns allow it too.

    Raises NotFoundError, or ConflictError while a call to the contact is in progress (G11).
    """
    for round_ in range(CONTENTION_RETRIES):
        contact = find(table, campaign, reference)
        if contact.status not in DELETABLE:
            raise ConflictError("A call to the contact is in progress; try again when it has ended.")
        if contact_writes.delete(table, campaign, contact, now_ms):
            return
        table.back_off(round_)
    raise ContendedError(contact.id)
