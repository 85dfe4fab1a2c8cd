"""Contacts as the API shows them, and lists of them in order of creation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from campanile import akol_views, gate, manage_contacts, pagination, tally
from campanile.answers import AttemptAnswer, ContactAnswer, ContactsAnswer, RefusalAnswer
from campanile.calling_window import Schedule
from campanile.entities import AgentFields, Attempt, Campaign, Contact, Slot, split_bucket
from campanile.field_types import instant
from campanile.lifecycle import CampaignStatus, ContactStatus, SlotPhase
from campanile.store import attempts, configurations, contacts, keys, orgs, slots
from campanile.store.counters import Block
from campanile.store.table import Item, Table

SHOWN_ACTIVE = ("locked", "in_progress")
READ_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """Which contacts a list shows; an empty collection does not restrict. Statuses are the API's."""

    statuses: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    views: frozenset[str] = frozenset()

    def admits(self, status: str, outcome: str | None) -> bool:
        return (
            (not self.statuses or status in self.statuses)
            and (not self.outcomes or outcome in self.outcomes)
            and (not self.views or akol_views.view(status, outcome) in self.views)
        )


def shown_status(status: ContactStatus, slot: Slot | None) -> str:
    """The API's status: an active contact is `locked` until its POST is intended, then `in_progress`."""
    if status is not ContactStatus.ACTIVE and slot is None:
        return str(status)
    return "locked" if slot is not None and slot.phase is SlotPhase.LOCKED else "in_progress"


def get(table: Table, campaign: Campaign, reference: str, now_ms: int) -> ContactAnswer:
    """One contact by UUID, else by external id within the campaign; raises NotFoundError."""
    contact = manage_contacts.find(table, campaign, reference)
    return _answers(table, campaign, [contact], _held(table, campaign), now_ms)[0]


@dataclass(frozen=True, slots=True)
class Selection:
    """The contacts of a page, how many there are on all pages together, and the campaign's calls in flight."""

    ids: Sequence[str]
    total: int
    held: Mapping[str, Slot]


def page(table: Table, campaign: Campaign, wanted: Filter, limit: int, offset: int, now_ms: int) -> ContactsAnswer:
    """Contacts `offset`..`offset + limit` in order of creation. `total` counts all that the filter admits."""
    selected = select(table, campaign, wanted, limit, offset)
    answers = pagination.fitting(_read(table, campaign, selected.ids, selected.held, now_ms))
    return ContactsAnswer(contacts=answers, total=selected.total, limit=limit, offset=offset)


def of_block(table: Table, campaign: Campaign, number: int, now_ms: int) -> Iterator[ContactAnswer]:
    """All contacts of a block of 2,000 creation numbers in order of creation, read a few at a time."""
    held = _held(table, campaign)
    ids = _roster(table, campaign, Block(number, {}), 0, keys.BLOCK_SIZE, Filter(), held)
    while some := list(islice(ids, READ_AT_ONCE)):
        yield from _read(table, campaign, some, held, now_ms)


def select(table: Table, campaign: Campaign, wanted: Filter, limit: int, offset: int) -> Selection:
    """Which contacts a page shows, without reading one.

    The counters say in which block of 2,000 the page starts, so its price hardly depends on the offset.
    """
    blocks, calls = tally.read(table, campaign, orgs.settings(table, campaign.org))
    held = {slot.contact_id: slot for slot in calls}
    total = sum(_admitted(block, wanted) for block in blocks)
    if wanted.statuses & set(SHOWN_ACTIVE) and not wanted.statuses.issuperset(SHOWN_ACTIVE):
        total += _admitted_of_held(table, campaign, wanted, held)
    ids = list(islice(_listed(table, campaign, blocks, wanted, held, limit, offset), limit))
    return Selection(ids, total, held)


def _listed(
    table: Table,
    campaign: Campaign,
    blocks: Sequence[Block],
    wanted: Filter,
    held: Mapping[str, Slot],
    limit: int,
    offset: int,
) -> Iterator[str]:
    """Ids of the contacts that the filter admits from the `offset`-th on, of which at most `limit` are wanted."""
    to_skip, left = offset, limit
    for block in blocks:
        admitted = _admitted(block, wanted)
        if admitted <= to_skip and not _may_be_active(block, wanted):
            to_skip -= admitted
            continue
        begin = 0
        if admitted == keys.BLOCK_SIZE:  # no gap: a contact's place is its creation number
            begin, to_skip = to_skip, 0
        most = min(to_skip + left + block.total - admitted, keys.BLOCK_SIZE)
        for contact_id in _roster(table, campaign, block, begin, most, wanted, held):
            if to_skip:
                to_skip -= 1
                continue
            left -= 1
            yield contact_id


def _roster(
    table: Table,
    campaign: Campaign,
    block: Block,
    begin: int,
    most: int,
    wanted: Filter,
    held: Mapping[str, Slot],
) -> Iterator[str]:
    """Ids of a block's contacts that the filter admits, in order of creation; of `most` entries from `begin` on."""
    values = {
        ":roster": keys.roster(campaign.key, block.number),
        ":begin": keys.roster_sort(block.number * keys.BLOCK_SIZE + begin),
    }
    condition = "#roster = :roster AND #roster_sort >= :begin"
    for entry in table.query(condition, values, index=keys.ROSTER, limit=most):
        contact_id = keys.contact_id_of(entry)
        status, outcome = split_bucket(entry["bucket"])
        if wanted.admits(shown_status(status, held.get(contact_id)), outcome):
            yield contact_id


def _admitted(block: Block, wanted: Filter) -> int:
    """How many of a block's contacts the filter admits, as far as the counters tell."""
    count = 0
    for name, number in block.buckets.items():
        status, outcome = split_bucket(name)
        shown = SHOWN_ACTIVE if status is ContactStatus.ACTIVE else (str(status),)
        if all(wanted.admits(one, outcome) for one in shown):
            count += number
    return count


def _admitted_of_held(table: Table, campaign: Campaign, wanted: Filter, held: Mapping[str, Slot]) -> int:
    """How many calls in flight the filter admits, which the counters cannot tell: they know no phases."""
    shown = {contact_id: shown_status(ContactStatus.ACTIVE, slot) for contact_id, slot in held.items()}
    if not wanted.outcomes:
        return sum(wanted.admits(status, None) for status in shown.values())
    found = contacts.get_many(table, campaign.key, held, consistent=False)
    return sum(wanted.admits(shown[contact_id], one.last_outcome) for contact_id, one in found.items())


def _may_be_active(block: Block, wanted: Filter) -> bool:
    """Whether the block has active contacts of which the filter wants only locked or only in-progress ones."""
    if not wanted.statuses & set(SHOWN_ACTIVE) or wanted.statuses.issuperset(SHOWN_ACTIVE):
        return False
    return any(number and split_bucket(name)[0] is ContactStatus.ACTIVE for name, number in block.buckets.items())


def _held(table: Table, campaign: Campaign) -> dict[str, Slot]:
    """The campaign's calls in flight, by contact id."""
    found = slots.held(table, orgs.settings(table, campaign.org))
    return {slot.contact_id: slot for slot in found if slot.campaign_key == campaign.key}


def _read(
    table: Table, campaign: Campaign, ids: Sequence[str], held: Mapping[str, Slot], now_ms: int
) -> list[ContactAnswer]:
    """These contacts in this order, without those that are gone by now."""
    found = contacts.get_many(table, campaign.key, ids)
    return _answers(table, campaign, [found[one] for one in ids if one in found], held, now_ms)


def _answers(
    table: Table, campaign: Campaign, listed: Sequence[Contact], held: Mapping[str, Slot], now_ms: int
) -> list[ContactAnswer]:
    cold = contacts.cold_items(table, campaign.key, [one.id for one in listed if one.cold])
    schedule = _schedule(table, campaign)
    return [
        _answer(contact, cold.get(contact.id), held.get(contact.id), schedule, campaign.status, now_ms)
        for contact in listed
    ]


def _schedule(table: Table, campaign: Campaign) -> Schedule | None:
    if campaign.configuration_id is None:
        return None
    found = configurations.in_use(table, campaign.org, campaign.configuration_id)
    return found.schedule if found else None


def _answer(
    hot: Contact,
    cold: Item | None,
    slot: Slot | None,
    schedule: Schedule | None,
    campaign_status: CampaignStatus,
    now_ms: int,
) -> ContactAnswer:
    contact = contacts.warm(hot, cold)
    slot = slot if slot is not None and slot.attempt_id == contact.attempt_id else None
    status = shown_status(contact.status, slot)
    shown = [_finished(attempt, cold) for attempt in contact.attempts]
    if slot is not None and slot.intended_at is not None:
        shown.append(_running(slot, slot.intended_at, cold))
    refusal = contact.last_refusal
    return ContactAnswer(
        id=contact.id,
        external_id=contact.external_id,
        phone_numbers=list(contact.phone_numbers),
        data=dict(contact.data),
        first_name=_text_of(contact.data.get("first_name")),
        last_name=_text_of(contact.data.get("last_name")),
        email=_text_of(contact.data.get("email")),
        company=_text_of(contact.data.get("company")),
        timezone=contact.timezone,
        scheduled_at=instant(contact.scheduled_at) if contact.scheduled_at is not None else None,
        **{name: getattr(contact.agent, name) for name in AgentFields.__dataclass_fields__},
        status=status,
        view=akol_views.view(status, contact.last_outcome),
        last_outcome=contact.last_outcome,
        outcome_notes=next((one.notes for one in reversed(shown) if one.notes), None),
        attempts_count=len(shown),
        last_attempt_at=shown[-1].started_at if shown else None,
        next_attempt_at=_next_attempt(contact, schedule, campaign_status, now_ms),
        last_refusal=RefusalAnswer(
            code=refusal.code,
            at=instant(refusal.at),
            until=instant(refusal.until) if refusal.until is not None else None,
        )
        if refusal
        else None,
        attempts=shown,
        created_at=instant(contact.created_at),
        updated_at=instant(contact.updated_at),
    )


def _text_of(value: object) -> str | None:
    return value if isinstance(value, str) else None


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


def _finished(attempt: Attempt, cold: Item | None) -> AttemptAnswer:
    return AttemptAnswer(
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


def _running(slot: Slot, started_at: int, cold: Item | None) -> AttemptAnswer:
    return AttemptAnswer(
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
