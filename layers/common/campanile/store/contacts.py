"""Contacts: the hot item `K#<contact>`, the cold one `D#<contact>`, and how each transition writes them.

The hot item stays within 1 KB so that a write of it costs one unit; `data` and agent overrides move to the cold item
when they are larger than 512 bytes. `rev` grows with every write and is the condition of the next.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from campanile.domain.call import Attempt
from campanile.domain.campaign import AGENT_FIELDS
from campanile.domain.contact import Contact, LaneKind, LastRefusal
from campanile.domain.lifecycle import CONTACT, DELETABLE, ContactStatus, Outcome, Transition, correcting_action
from campanile.store import agent_fields, attempts, keys
from campanile.store.conditions import allows, one_of
from campanile.store.table import Action, Delete, Item, Put, Table, Update

HOT_EXTRA_BYTES = 512
HOT_ATTEMPTS = 8
_EXTRA = ("data", *AGENT_FIELDS)


def zone_of(contact: Contact, ad_hoc: bool) -> str:
    """The zone of the contact's lane. Ad-hoc contacts have no window, so one lane serves them all."""
    return keys.DEFAULT_ZONE if ad_hoc or contact.timezone is None else contact.timezone


def lane_keys(contact: Contact, ad_hoc: bool) -> dict[str, str]:
    """Where a pending contact waits; {} for any other status."""
    if contact.status is not ContactStatus.PENDING:
        return {}
    return {
        "lane": keys.lane(contact.campaign_key, zone_of(contact, ad_hoc)),
        "lane_sort": keys.lane_sort(contact.kind, contact.due, contact.number, contact.id),
    }


def inserting(contact: Contact, ad_hoc: bool) -> list[Action]:
    """The actions that store a new contact; the first fails when the contact or an alias of its name exists."""
    hot, cold = _split(contact)
    item = {
        **keys.contact(contact.campaign_key, contact.id),
        **hot,
        **lane_keys(contact, ad_hoc),
        "roster": keys.roster(contact.campaign_key, keys.block_of(contact.number)),
        "roster_sort": keys.roster_sort(contact.number),
    }
    actions: list[Action] = [Put(item, "attribute_not_exists(#PK)")]
    if cold:
        actions.append(Put({**keys.contact_cold(contact.campaign_key, contact.id), **cold}))
    return actions


def updating(seen: Contact, changed: Contact, ad_hoc: bool) -> list[Action]:
    """The actions of an upsert on an existing contact: everything but its attempts and counters. Its status stays
    (G11), unless the contact was held and is enqueued with it.
    """
    hot, cold = _split(replace(changed, rev=seen.rev + 1))
    editable = {
        name: hot.get(name)
        for name in (
            "phones",
            "external_id",
            "aliases",
            "zone",
            "scheduled_at",
            "cold",
            "due",
            "kind",
            "updated_at",
            "import",
            *_EXTRA,
        )
    }
    changes = {**editable, "rev": seen.rev + 1, **_lane_change(changed, ad_hoc)}
    if changed.status is seen.status:
        update = _update(seen, changes, *_unchanged(seen))
    else:
        update = _transition(seen, CONTACT["enqueue"], {**changes, "bucket": changed.bucket})
    if cold or seen.cold:
        # An update, not a put: notes and old attempts live in the same item.
        extra = {name: cold.get(name) for name in _EXTRA}
        return [update, _set(keys.contact_cold(seen.campaign_key, seen.id), extra)]
    return [update]


def deleting(contact: Contact) -> list[Action]:
    """The actions that delete a contact with its cold item and its aliases; the first fails if it is not as read."""
    condition, values = one_of(DELETABLE, "status")
    as_read, seen = _unchanged(contact)
    key, cold = keys.contact(contact.campaign_key, contact.id), keys.contact_cold(contact.campaign_key, contact.id)
    actions: list[Action] = [Delete(key, f"{condition} AND {as_read}", {**values, **seen})]
    if contact.cold:
        actions.append(Delete(cold))
    return actions + [Delete(keys.contact(contact.campaign_key, alias)) for alias in contact.aliases]


def locking(contact: Contact, attempt_id: str, now_ms: int) -> Update:
    """LOCK: from pending to active, off its lane, at the revision that was read. The roster is not touched."""
    return _transition(
        contact,
        CONTACT["lock"],
        {"attempt": attempt_id, "updated_at": now_ms, "lane": None, "lane_sort": None},
    )


def releasing(contact: Contact, changed: Contact, ad_hoc: bool) -> Update:
    """Give a lock back without an attempt; `changed` carries the due time and the refusal."""
    return _transition(
        contact,
        CONTACT["release"],
        {
            "attempt": None,
            "told": None,
            "due": changed.due,
            "kind": str(changed.kind),
            "last_outcome": str(changed.last_outcome) if changed.last_outcome else None,
            "bucket": changed.bucket,
            "unreachable": list(changed.unreachable) or None,
            "listed": list(changed.listed) or None,
            "last_refusal": _refusal_item(changed.last_refusal),
            "updated_at": changed.updated_at,
            **lane_keys(changed, ad_hoc),
        },
        fenced_by=contact.attempt_id,
    )


def finishing(contact: Contact, changed: Contact, action: str, ad_hoc: bool) -> Update:
    """FINAL: `changed` is the contact after the call, with its new attempt."""
    return _transition(
        contact,
        CONTACT[action],
        {
            "attempt": None,
            "told": None,
            "due": changed.due,
            "kind": str(changed.kind),
            "attempt_count": changed.attempt_count,
            "budget_used": changed.budget_used,
            "callbacks_used": changed.callbacks_used or None,
            "attempts": [attempts.to_item(one) for one in changed.attempts[-HOT_ATTEMPTS:]] or None,
            "cold": changed.cold or None,
            "unreachable": list(changed.unreachable) or None,
            "last_outcome": str(changed.last_outcome) if changed.last_outcome else None,
            "last_refusal": _refusal_item(changed.last_refusal),
            "updated_at": changed.updated_at,
            "bucket": changed.bucket,
            **lane_keys(changed, ad_hoc),
        },
        fenced_by=contact.attempt_id,
    )


def postponing(contact: Contact, changed: Contact, ad_hoc: bool) -> Update:
    """Leave a contact pending that could not be locked; `changed` carries the due time and the refusal."""
    refusal = _refusal_item(changed.last_refusal)
    changes = {"due": changed.due, "last_refusal": refusal, "rev": contact.rev + 1, **_lane_change(changed, ad_hoc)}
    return _update(contact, changes, *_unchanged(contact))


def correcting(contact: Contact, changed: Contact, ad_hoc: bool) -> Update:
    """A late report: `changed` has the attempt corrected, and what follows from that. Its status may be as it was."""
    changes = {
        "due": changed.due,
        "kind": str(changed.kind),
        "attempts": [attempts.to_item(one) for one in changed.attempts],
        "cold": changed.cold or None,
        "unreachable": list(changed.unreachable) or None,
        "last_outcome": str(changed.last_outcome),
        "updated_at": changed.updated_at,
        "bucket": changed.bucket,
        **_lane_change(changed, ad_hoc),
    }
    if changed.status is contact.status:
        return _update(contact, {**changes, "rev": contact.rev + 1}, *_unchanged(contact))
    return _transition(contact, CONTACT[correcting_action(changed.status)], changes)


def telling(contact: Contact, changed: Contact) -> Update:
    """What was told of the call in progress; `changed` has it. Fails when the contact is not as it was read."""
    changes = {
        "told": attempts.told_item(changed.told),
        "cold": changed.cold or None,
        "updated_at": changed.updated_at,
        "rev": contact.rev + 1,
    }
    return _update(contact, changes, *_unchanged(contact))


def archiving(
    contact: Contact, surplus: Sequence[Attempt], attempt_id: str, remarks: Mapping[str, str]
) -> Update | None:
    """Move attempts beyond the latest 8 to the cold item, and a carrier's remarks on one attempt, which replace none
    that are there; None: nothing to.
    """
    values: dict[str, Any] = {}
    parts: list[str] = []
    if surplus:
        parts.append("#older = list_append(if_not_exists(#older, :none), :older)")
        values = {":none": [], ":older": [attempts.to_item(one) for one in surplus]}
    for name, text in remarks.items():
        attribute = attempts.remark(name, attempt_id)
        parts.append(f"#{attribute} = if_not_exists(#{attribute}, :{name})")
        values[f":{name}"] = text
    if not parts:
        return None
    return Update(keys.contact_cold(contact.campaign_key, contact.id), "SET " + ", ".join(parts), values=values)


def remarking(contact: Contact, attempt_id: str, remarks: Mapping[str, str | None]) -> Update | None:
    """An agent's remarks on one attempt, whatever was remarked before; None takes one away. None: nothing to write."""
    if not remarks:
        return None
    named = {attempts.remark(name, attempt_id): text for name, text in remarks.items()}
    return _set(keys.contact_cold(contact.campaign_key, contact.id), named)


def get(table: Table, campaign_key: str, contact_id: str, consistent: bool = True) -> Contact | None:
    """The hot contact; None when there is none. An alias is followed."""
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
        told=attempts.told(item),
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


def _split(contact: Contact) -> tuple[Item, Item]:
    """The attributes of the hot and the cold item (the latter {} when everything fits in the hot one)."""
    extra = agent_fields.to_item(contact.agent)
    data = json.dumps(contact.data, ensure_ascii=False, separators=(",", ":"))
    if contact.data:
        extra["data"] = data
    is_large = sum(len(str(value).encode()) for value in extra.values()) > HOT_EXTRA_BYTES
    hot = {
        "n": contact.number,
        "status": str(contact.status),
        "phones": list(contact.phone_numbers),
        "created_at": contact.created_at,
        "updated_at": contact.updated_at,
        "due": contact.due,
        "kind": str(contact.kind),
        "rev": contact.rev,
        "external_id": contact.external_id,
        "aliases": list(contact.aliases) or None,
        "zone": contact.timezone,
        "scheduled_at": contact.scheduled_at,
        "attempt_count": contact.attempt_count,
        "budget_used": contact.budget_used,
        "bucket": contact.bucket,
        "import": contact.imported,
        "cold": (is_large or contact.cold) or None,
        **({} if is_large else extra),
    }
    # A cold item keeps its own copy up to date, so that "in the cold item" always means the latest.
    cold = {"data": data, **agent_fields.to_item(contact.agent)} if is_large else {}
    return {name: value for name, value in hot.items() if value is not None}, cold


def _transition(contact: Contact, edge: Transition, changes: Mapping[str, Any], fenced_by: str | None = None) -> Update:
    condition, values = allows(edge, "status")
    as_read, seen = _unchanged(contact)
    condition += f" AND {as_read}"
    guards: dict[str, Any] = {**values, **seen}
    if fenced_by is not None:
        condition += " AND #attempt = :fence"
        guards[":fence"] = fenced_by
    return _update(contact, {"status": str(edge.target), "rev": contact.rev + 1, **changes}, condition, guards)


def _unchanged(seen: Contact) -> tuple[str, dict[str, Any]]:
    """That the contact is as it was read. `n` tells it from one of the same name made after it was deleted."""
    return "#rev = :seen_rev AND #n = :seen_n", {":seen_rev": seen.rev, ":seen_n": seen.number}


def _update(contact: Contact, changes: Mapping[str, Any], condition: str, values: Mapping[str, Any]) -> Update:
    update = _set(keys.contact(contact.campaign_key, contact.id), changes)
    return replace(update, condition=condition, values={**update.values, **values})


def _set(key: keys.Key, changes: Mapping[str, Any]) -> Update:
    """An update that sets every attribute with a value and removes every one with None."""
    kept = {name: value for name, value in changes.items() if value is not None}
    gone = [f"#{name}" for name, value in changes.items() if value is None]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept) if kept else ""
    if gone:
        expression += " REMOVE " + ", ".join(gone)
    return Update(key, expression, values={f":{name}": value for name, value in kept.items()})


def _lane_change(contact: Contact, ad_hoc: bool) -> dict[str, str | None]:
    return {"lane": None, "lane_sort": None} | lane_keys(contact, ad_hoc)


def _refusal_item(refusal: LastRefusal | None) -> Item | None:
    if refusal is None:
        return None
    until = {} if refusal.until is None else {"until": refusal.until}
    return {"code": refusal.code, "at": refusal.at, **until}
