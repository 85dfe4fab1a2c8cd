"""Contacts: reading the hot item `K#<contact>` and the cold one `D#<contact>`. `store.contact_actions` writes them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from campanile.domain.contact import Contact, LaneKind, LastRefusal
from campanile.domain.lifecycle import ContactStatus, Outcome
from campanile.store import agent_fields, attempts, keys
from campanile.store.table import Item, Table

HOT_ATTEMPTS = 8


def zone_of(contact: Contact, ad_hoc: bool) -> str:
    """The timezone of the contact's lane. Ad-hoc contacts have no window, so one lane serves them all."""
    return keys.DEFAULT_ZONE if ad_hoc or contact.timezone is None else contact.timezone


def lane_keys(contact: Contact, ad_hoc: bool) -> dict[str, str]:
    """Where a pending contact waits; {} for any other status."""
    if contact.status is not ContactStatus.PENDING:
        return {}
    return {
        "lane": keys.lane(contact.campaign_key, zone_of(contact, ad_hoc)),
        "lane_sort": keys.lane_sort(contact.kind, contact.due, contact.number, contact.id),
    }


def get(table: Table, campaign_key: str, contact_id: str, consistent: bool = True) -> Contact | None:
    """The hot contact; None when it does not exist. An alias is followed."""
    item = table.get(keys.contact(campaign_key, contact_id), consistent)
    if item is not None and "alias_of" in item:
        item = table.get(keys.contact(campaign_key, item["alias_of"]), consistent)
    return from_item(campaign_key, item) if item else None


def get_many(table: Table, campaign_key: str, ids: Iterable[str], consistent: bool = True) -> dict[str, Contact]:
    """Hot contacts by the id asked for; aliases are followed, absent ones left out."""
    wanted = list(ids)
    found = table.batch_get([keys.contact(campaign_key, one) for one in wanted], consistent)
    by_id = {keys.contact_id_of(item): item for item in found.values()}
    aliases = {name: item["alias_of"] for name, item in by_id.items() if "alias_of" in item}
    if aliases:
        owners = get_many(table, campaign_key, aliases.values(), consistent)
        real = {name: owners[owner] for name, owner in aliases.items() if owner in owners}
    else:
        real = {}
    plain = {name: from_item(campaign_key, item) for name, item in by_id.items() if name not in aliases}
    return plain | real


def get_many_whole(table: Table, campaign_key: str, ids: Iterable[str]) -> dict[str, Contact]:
    """Contacts with what their cold items hold, by the id asked for."""
    hot = get_many(table, campaign_key, ids)
    cold = cold_items(table, campaign_key, [one.id for one in hot.values() if one.cold])
    return {asked: warm(contact, cold.get(contact.id)) for asked, contact in hot.items()}


def numbers(table: Table, campaign_key: str, block: int) -> Iterator[str]:
    """The numbers of all contacts of a block of creation numbers: by the roster, half a read unit for 25 contacts."""
    for entry in table.query("#roster = :roster", {":roster": keys.roster(campaign_key, block)}, index=keys.ROSTER):
        yield from entry["phones"]


def find(table: Table, campaign_key: str, reference: str) -> Contact | None:
    """The hot contact by UUID, else by external id within the campaign (seed 001)."""
    names = [reference.lower(), keys.contact_id_for(campaign_key, reference)]
    found = get_many(table, campaign_key, names)
    return next((found[name] for name in names if name in found), None)


def cold_items(table: Table, campaign_key: str, ids: Sequence[str]) -> dict[str, Item]:
    """Cold items by contact id."""
    if not ids:
        return {}
    found = table.batch_get([keys.contact_cold(campaign_key, one) for one in ids])
    return {keys.contact_id_of(item): item for item in found.values()}


def warm(contact: Contact, cold: Item | None) -> Contact:
    """The contact with what its cold item holds: data, agent overrides, older attempts."""
    if cold is None:
        return contact
    older = tuple(attempts.from_item(one) for one in cold.get("older", []))
    whole = replace(contact, attempts=older + contact.attempts)
    if "data" not in cold:
        return whole
    return replace(whole, data=json.loads(cold["data"]), agent=agent_fields.from_item(cold))


def from_item(campaign_key: str, item: Item) -> Contact:
    refusal = item.get("last_refusal")
    return Contact(
        campaign_key=campaign_key,
        id=keys.contact_id_of(item),
        number=item["n"],
        status=ContactStatus(item["status"]),
        phone_numbers=tuple(item["phones"]),
        created_at=item["created_at"],
        due=item["due"],
        kind=LaneKind(item["kind"]),
        rev=item["rev"],
        external_id=item.get("external_id"),
        aliases=tuple(item.get("aliases", ())),
        timezone=item.get("zone"),
        scheduled_at=item.get("scheduled_at"),
        data=json.loads(item.get("data", "{}")),
        agent=agent_fields.from_item(item),
        cold=item.get("cold", False),
        attempt_id=item.get("attempt"),
        reported=attempts.reported(item),
        attempt_count=item["attempt_count"],
        budget_used=item["budget_used"],
        callbacks_used=item.get("callbacks_used", 0),
        attempts=tuple(attempts.from_item(one) for one in item.get("attempts", [])),
        unreachable=tuple(item.get("unreachable", ())),
        listed=tuple(item.get("listed", ())),
        last_outcome=Outcome(item["last_outcome"]) if "last_outcome" in item else None,
        last_refusal=LastRefusal(refusal["code"], refusal["at"], refusal.get("until")) if refusal else None,
        updated_at=item["updated_at"],
        imported=item.get("import"),
    )
