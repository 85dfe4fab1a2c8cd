"""The actions that write contacts, one function for each kind of write; `store.contacts` reads them.

The hot item stays within 1 KB so that a write of it costs one unit; `data` and agent overrides move to the cold item
when they are larger than 512 bytes. `rev` grows with every write and is the condition of the next.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from campanile.domain.call import Attempt
from campanile.domain.campaign import AGENT_FIELDS
from campanile.domain.contact import Contact, LastRefusal
from campanile.domain.lifecycle import CONTACT, DELETABLE, Transition, correcting_action
from campanile.store import agent_fields, attempts, contacts, keys
from campanile.store.conditions import allows, one_of
from campanile.store.table import Action, Delete, Item, Put, Update, setting

HOT_EXTRA_BYTES = 512
_EXTRA = ("data", *AGENT_FIELDS)


def inserting(contact: Contact, ad_hoc: bool) -> list[Action]:
    """The actions that store a new contact; the first fails when the contact or an alias of its name exists."""
    hot, cold = _split(contact)
    item = {
        **keys.contact(contact.campaign_key, contact.id),
        **hot,
        **contacts.lane_keys(contact, ad_hoc),
        "roster": keys.roster(contact.campaign_key, keys.block_of(contact.number)),
        "roster_sort": keys.roster_sort(contact.number),
    }
    actions: list[Action] = [Put(item, "attribute_not_exists(#PK)")]
    if cold:
        actions.append(Put({**keys.contact_cold(contact.campaign_key, contact.id), **cold}))
    return actions


def updating(seen: Contact, changed: Contact, ad_hoc: bool) -> list[Action]:
    """The actions of an upsert on an existing contact. They change all but its attempts and counters. The status stays
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
        return [update, setting(keys.contact_cold(seen.campaign_key, seen.id), extra)]
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


def giving_back(contact: Contact, changed: Contact, ad_hoc: bool) -> Update:
    """Give a lock back without an attempt; `changed` has the due time and the refusal."""
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
            **contacts.lane_keys(changed, ad_hoc),
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
            "attempts": [attempts.to_item(one) for one in changed.attempts[-contacts.HOT_ATTEMPTS :]] or None,
            "cold": changed.cold or None,
            "unreachable": list(changed.unreachable) or None,
            "last_outcome": str(changed.last_outcome) if changed.last_outcome else None,
            "last_refusal": _refusal_item(changed.last_refusal),
            "updated_at": changed.updated_at,
            "bucket": changed.bucket,
            **contacts.lane_keys(changed, ad_hoc),
        },
        fenced_by=contact.attempt_id,
    )


def postponing(contact: Contact, changed: Contact, ad_hoc: bool) -> Update:
    """Leave a contact that could not be locked pending; `changed` has the due time and the refusal."""
    refusal = _refusal_item(changed.last_refusal)
    changes = {"due": changed.due, "last_refusal": refusal, "rev": contact.rev + 1, **_lane_change(changed, ad_hoc)}
    return _update(contact, changes, *_unchanged(contact))


def correcting(contact: Contact, changed: Contact, ad_hoc: bool) -> Update:
    """A late report: `changed` has the corrected attempt and what follows from it. The status may stay the same."""
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


def keeping_report(contact: Contact, changed: Contact) -> Update:
    """Store what the agent has reported during the call (in `changed`). Fails if the contact was changed."""
    changes = {
        "told": attempts.reported_item(changed.reported),
        "cold": changed.cold or None,
        "updated_at": changed.updated_at,
        "rev": contact.rev + 1,
    }
    return _update(contact, changes, *_unchanged(contact))


def archiving(
    contact: Contact, surplus: Sequence[Attempt], attempt_id: str, remarks: Mapping[str, str]
) -> Update | None:
    """Move attempts beyond the latest 8 to the cold item, and add a carrier's remarks on one attempt. They replace no
    stored remark. None when there is nothing to write.
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
    """Replace an agent's remarks on one attempt; None removes one. Returns None when there is nothing to write."""
    if not remarks:
        return None
    named = {attempts.remark(name, attempt_id): text for name, text in remarks.items()}
    return setting(keys.contact_cold(contact.campaign_key, contact.id), named)


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
    """The condition that the contact is as it was read. `n` differs for a contact made later under the same name."""
    return "#rev = :seen_rev AND #n = :seen_n", {":seen_rev": seen.rev, ":seen_n": seen.number}


def _update(contact: Contact, changes: Mapping[str, Any], condition: str, values: Mapping[str, Any]) -> Update:
    update = setting(keys.contact(contact.campaign_key, contact.id), changes)
    return replace(update, condition=condition, values={**update.values, **values})


def _lane_change(contact: Contact, ad_hoc: bool) -> dict[str, str | None]:
    return {"lane": None, "lane_sort": None} | contacts.lane_keys(contact, ad_hoc)


def _refusal_item(refusal: LastRefusal | None) -> Item | None:
    if refusal is None:
        return None
    until = {} if refusal.until is None else {"until": refusal.until}
    return {"code": refusal.code, "at": refusal.at, **until}
