"""A stored contact as the API shows it, with its attempts and the next time it may be called."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from campanile.domain import gate
from campanile.domain.call import Attempt, Slot
from campanile.domain.calling_window import Schedule
from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact, LastRefusal
from campanile.domain.contact_fields import PLAIN_NAMES
from campanile.domain.lifecycle import CampaignStatus, ContactStatus
from campanile.domain.shown_status import shown_status, view
from campanile.domain.times import instant
from campanile.schema.contacts import AttemptResponse, ContactResponse, RefusalResponse
from campanile.store import attempts, configurations, contacts
from campanile.store.table import Item, Table


def read(
    table: Table, campaign: Campaign, ids: Sequence[str], held: Mapping[str, Slot], now_ms: int
) -> list[ContactResponse]:
    """These contacts in this order, without those that are gone by now."""
    found = contacts.get_many(table, campaign.key, ids)
    return responses(table, campaign, [found[one] for one in ids if one in found], held, now_ms)


def responses(
    table: Table, campaign: Campaign, listed: Sequence[Contact], held: Mapping[str, Slot], now_ms: int
) -> list[ContactResponse]:
    cold = contacts.cold_items(table, campaign.key, [one.id for one in listed if one.cold])
    configuration = configurations.of_campaign(table, campaign)
    schedule = configuration.schedule if configuration else None
    return [
        _answer(contact, cold.get(contact.id), held.get(contact.id), schedule, campaign.status, now_ms)
        for contact in listed
    ]


def _answer(
    hot: Contact,
    cold: Item | None,
    slot: Slot | None,
    schedule: Schedule | None,
    campaign_status: CampaignStatus,
    now_ms: int,
) -> ContactResponse:
    contact = contacts.warm(hot, cold)
    slot = slot if slot is not None and slot.attempt_id == contact.attempt_id else None
    status = shown_status(contact.status, slot)
    shown = _attempts(contact, slot, cold)
    return ContactResponse(
        id=contact.id,
        external_id=contact.external_id,
        phone_numbers=list(contact.phone_numbers),
        data=dict(contact.data),
        **_plain_fields(contact.data),
        timezone=contact.timezone,
        scheduled_at=instant(contact.scheduled_at) if contact.scheduled_at is not None else None,
        **contact.agent.to_dict(),
        status=status,
        view=view(status, contact.last_outcome),
        last_outcome=contact.last_outcome,
        outcome_notes=next((one.notes for one in reversed(shown) if one.notes), None),
        attempts_count=len(shown),
        last_attempt_at=shown[-1].started_at if shown else None,
        next_attempt_at=_next_attempt(contact, schedule, campaign_status, now_ms),
        last_refusal=_refusal(contact.last_refusal) if contact.last_refusal else None,
        attempts=shown,
        created_at=instant(contact.created_at),
        updated_at=instant(contact.updated_at),
    )


def _refusal(refusal: LastRefusal) -> RefusalResponse:
    until = instant(refusal.until) if refusal.until is not None else None
    return RefusalResponse(code=refusal.code, at=instant(refusal.at), until=until)


def _attempts(contact: Contact, slot: Slot | None, cold: Item | None) -> list[AttemptResponse]:
    """The finished calls, and after them the one that `slot` has placed."""
    shown = [_finished(attempt, cold) for attempt in contact.attempts]
    if slot is not None and slot.intended_at is not None:
        shown.append(_running(slot, slot.intended_at, cold))
    return shown


def _plain_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """The plain fields that `data` has as text."""
    return {name: value if isinstance(value := data.get(name), str) else None for name in PLAIN_NAMES}


def _next_attempt(
    contact: Contact, schedule: Schedule | None, campaign_status: CampaignStatus, now_ms: int
) -> datetime | None:
    """When a pending contact may be called at the earliest: its due time, or the next window after it."""
    if contact.status is not ContactStatus.PENDING or campaign_status is CampaignStatus.CLOSED:
        return None
    if schedule is None:
        return instant(contact.due)
    at = max(contact.due, now_ms)
    opens = gate.opening(schedule, contact.timezone, contact.is_scheduled_first_call, at)
    if opens is None:
        return None
    return instant(contact.due if opens == now_ms else opens)


def _finished(attempt: Attempt, cold: Item | None) -> AttemptResponse:
    return AttemptResponse(
        id=attempt.id,
        attempt_no=attempt.attempt_no,
        phone_number=attempt.phone_number,
        conversation_id=attempt.conversation_id,
        status="finished",
        outcome=attempt.outcome,
        started_at=instant(attempt.started_at),
        ended_at=instant(attempt.ended_at),
        duration_seconds=attempt.duration_seconds,
        notes=attempts.notes_of(cold, attempt.id),
        disposition=attempts.disposition_of(cold, attempt.id),
    )


def _running(slot: Slot, started_at: int, cold: Item | None) -> AttemptResponse:
    return AttemptResponse(
        id=slot.attempt_id,
        attempt_no=slot.attempt_no,
        phone_number=slot.phone_number,
        conversation_id=slot.conversation_id,
        status="in_progress",
        outcome=None,
        started_at=instant(started_at),
        ended_at=None,
        duration_seconds=None,
        notes=attempts.notes_of(cold, slot.attempt_id),
        disposition=attempts.disposition_of(cold, slot.attempt_id),
    )
