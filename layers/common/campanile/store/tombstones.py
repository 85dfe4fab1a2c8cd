"""What is remembered of a deleted contact: the numbers it was called on. `K#<campaign>#<digit>` / `T#<contact>`.

Only a person's request not to be called again needs them, which is honoured however late its event comes (G3). The
item ends by its TTL, and says nothing else about the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campanile.domain.contact import Contact
from campanile.store import keys
from campanile.store.table import Table, Update

KEPT_SECONDS = 7 * 24 * 60 * 60
"""Longer than carriers repeat an event; Standard Webhooks give up after about a day."""
_DIALED = "dialed_"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The numbers the contact of `contact_id` had, and those that its attempts went to."""

    contact_id: str
    phone_numbers: tuple[str, ...]
    _dialed: Mapping[str, str]

    def number_of(self, attempt_id: str) -> str | None:
        """The number of one attempt; None when that was never recorded, or the contact never deleted."""
        return self._dialed.get(_attribute(attempt_id))


def leaving(contact: Contact, now_ms: int) -> list[Update]:
    """Remember the numbers of a contact with all its attempts; nothing of one that was never locked for a call.

    Each of its names leads to those of its attempts; the numbers it had stand under its id alone, as another contact
    may take the name. One of the same id may have been deleted before: what is remembered of that one stays.
    """
    if not contact.attempts and contact.last_refusal is None:
        return []
    dialed = {_attribute(one.id): one.phone_number for one in contact.attempts}
    remembered = {**dialed, "ttl": now_ms // 1000 + KEPT_SECONDS}
    own = _remembering(contact, contact.id, {**remembered, "phones": list(contact.phone_numbers)})
    return [own, *(_remembering(contact, alias, {**remembered, "of": contact.id}) for alias in contact.aliases)]


def get(table: Table, campaign_key: str, contact_id: str) -> Tombstone:
    """An empty one when no contact of this id was deleted, or long ago."""
    item = table.get(keys.contact_tombstone(campaign_key, contact_id)) or {}
    dialed = {name: item[name] for name in item if name.startswith(_DIALED)}
    return Tombstone(item.get("of", contact_id), tuple(item.get("phones", ())), dialed)


def _remembering(contact: Contact, name: str, values: Mapping[str, Any]) -> Update:
    return Update(
        keys.contact_tombstone(contact.campaign_key, name),
        "SET " + ", ".join(f"#{attribute} = :{attribute}" for attribute in values),
        values={f":{attribute}": value for attribute, value in values.items()},
    )


def _attribute(attempt_id: str) -> str:
    return _DIALED + attempt_id.replace("-", "")
