"""A contact as a row of an upsert leaves it: absent stays, null clears, `data` and numbers are replaced whole."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from campanile.domain.campaign import AGENT_FIELDS, AgentFields
from campanile.domain.contact import Contact, LaneKind
from campanile.domain.contact_fields import PLAIN_NAMES
from campanile.domain.lifecycle import TERMINAL
from campanile.domain.times import milliseconds
from campanile.schema.contacts import MAX_DATA_BYTES, ContactInput


def merged(contact: Contact, fields: ContactInput, numbers: Sequence[str], now_ms: int) -> Contact:
    """The contact with the row's fields and its `numbers` in E.164 (empty: not given); itself when nothing changes."""
    given = fields.model_fields_set
    agent = AgentFields(**{name: getattr(fields if name in given else contact.agent, name) for name in AGENT_FIELDS})
    scheduled_at = contact.scheduled_at
    if "scheduled_at" in given:
        scheduled_at = milliseconds(fields.scheduled_at) if fields.scheduled_at else None
    changed = replace(
        contact,
        external_id=fields.external_id if "external_id" in given else contact.external_id,
        phone_numbers=tuple(numbers or contact.phone_numbers),
        data=data_of(contact.data, fields),
        timezone=fields.timezone if "timezone" in given else contact.timezone,
        scheduled_at=scheduled_at,
        agent=agent,
    )
    if changed == contact and _text(changed.data) == _text(contact.data):
        return contact
    changed = replace(changed, updated_at=now_ms)
    if scheduled_at == contact.scheduled_at or contact.status in TERMINAL:
        return changed
    if contact.attempt_count > 0:
        return replace(changed, due=max(contact.due, scheduled_at or 0))
    kind = LaneKind.FIRST if scheduled_at is None else LaneKind.SCHEDULED
    return replace(changed, kind=kind, due=max(scheduled_at or 0, contact.created_at))


def data_of(former: Mapping[str, Any], fields: ContactInput) -> Mapping[str, Any]:
    """The contact's `data`: the recognised fields (seed 002) are keys of it, so they reach the call with the rest."""
    given = fields.model_fields_set
    data = (fields.data or {}) if "data" in given else former
    named = {name: getattr(fields, name) for name in PLAIN_NAMES if name in given}
    if not named:
        return data
    kept = {name: value for name, value in data.items() if name not in named or named[name] is not None}
    return kept | {name: value for name, value in named.items() if value is not None}


def too_large(former: Mapping[str, Any], fields: ContactInput) -> str | None:
    """Why `data` cannot take the row's recognised fields; None when it can. What `data` alone has was checked."""
    if fields.model_fields_set.isdisjoint(PLAIN_NAMES):
        return None
    text = json.dumps(data_of(former, fields), ensure_ascii=False, separators=(",", ":"))
    if (size := len(text.encode())) <= MAX_DATA_BYTES:
        return None
    names = ", ".join(PLAIN_NAMES)
    return f"data together with {names} has {size} bytes of JSON; at most {MAX_DATA_BYTES} are kept: shorten it"


def _text(data: Mapping[str, Any]) -> str:
    """By which data are compared: to Python, 1 equals true. The order of keys means nothing."""
    return json.dumps(data, sort_keys=True)
