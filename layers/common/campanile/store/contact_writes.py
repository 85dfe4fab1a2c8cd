"""Writing contacts: what changes counters in transactions with them, updates one by one; and deletion.

Each insert is guarded by its own key, so a repeated or concurrent request can never make a second contact (G10).
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact
from campanile.store import contact_actions, contacts, counters, keys, number_claims, tombstones
from campanile.store.table import (
    MAX_TRANSACTION_ACTIONS,
    Action,
    ConditionFailedError,
    Put,
    Table,
    TransactionCanceledError,
    Update,
)

WRITES_IN_FLIGHT = 16
"""How many writes of one upsert wait for DynamoDB at once."""
CHUNK_ROUNDS = 2
"""How often a chunk is sent, each time without the contacts that failed, before its rest is read again."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact to write: as it was `seen` (None: it is new), and as it is to be."""

    seen: Contact | None
    changed: Contact

    @property
    def is_counted_anew(self) -> bool:
        """Whether writing it changes how many contacts are in which bucket."""
        return self.seen is None or self.seen.bucket != self.changed.bucket

    @property
    def new_aliases(self) -> list[str]:
        """The names it takes on."""
        known = self.seen.aliases if self.seen else ()
        return [alias for alias in self.changed.aliases if alias not in known]


def numbered(table: Table, campaign: Campaign, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts, those of new contacts with creation numbers."""
    count = sum(draft.seen is None for draft in drafts)
    if not count:
        return list(drafts)
    numbers = itertools.count(counters.allocate(table, campaign.key, count))
    return [
        draft if draft.seen else replace(draft, changed=replace(draft.changed, number=next(numbers)))
        for draft in drafts
    ]


def write(table: Table, campaign: Campaign, drafts: Sequence[Draft]) -> set[str]:
    """Write the drafts, new ones `numbered`. Returns the ids of contacts that another writer changed: read them again
    and retry.
    """
    by_block: dict[int, list[list[Draft]]] = defaultdict(list)
    counted = sorted((draft for draft in drafts if draft.is_counted_anew), key=lambda draft: draft.changed.number)
    for chunk in _chunks(campaign, counted):
        by_block[keys.block_of(chunk[0].changed.number)].append(chunk)
    # Two transactions on one counter block would only cancel each other: a block's are written one after another.
    writes = [partial(_count_each, table, campaign, chunks) for chunks in by_block.values()]
    writes += [partial(_update, table, campaign, draft) for draft in drafts if not draft.is_counted_anew]
    if len(writes) <= 1:
        return set().union(*(write() for write in writes))
    with ThreadPoolExecutor(WRITES_IN_FLIGHT) as executor:
        written = [executor.submit(write) for write in writes]
    return set().union(*(one.result() for one in written))


def delete(table: Table, campaign: Campaign, hot: Contact, now_ms: int) -> bool:
    """Delete a contact, its names and what it counted; False when it is active, or no longer as it was read."""
    cold = contacts.cold_items(table, hot.campaign_key, [hot.id] if hot.cold else [])
    contact = contacts.warm(hot, cold.get(hot.id))
    counted = {contact.bucket: -1, counters.ATTEMPTS: -contact.attempt_count}
    block = keys.block_of(contact.number)
    actions = [*contact_actions.deleting(contact), counters.changing(contact.campaign_key, block, counted)]
    actions += number_claims.changing(campaign, contact.id, contact.phone_numbers, ())
    actions += tombstones.leaving(contact, now_ms)
    try:
        table.transact(actions)
    except TransactionCanceledError:
        return False
    return True


def _count_each(table: Table, campaign: Campaign, chunks: Sequence[Sequence[Draft]]) -> set[str]:
    return set().union(*(_count(table, campaign, chunk) for chunk in chunks))


def _count(table: Table, campaign: Campaign, chunk: Sequence[Draft]) -> set[str]:
    """Write a chunk with its counters, without contacts that another writer changed. Returns the ids not written."""
    left = list(chunk)
    for _ in range(CHUNK_ROUNDS):
        refused = _count_all(table, campaign, left)
        if not refused:
            return {draft.changed.id for draft in chunk} - {draft.changed.id for draft in left}
        left = [draft for draft in left if draft.changed.id not in refused]
        if not left:
            break
    return {draft.changed.id for draft in chunk}


def _count_all(table: Table, campaign: Campaign, chunk: Sequence[Draft]) -> set[str]:
    """Write the whole chunk or nothing. Returns the ids of the contacts whose conditions failed."""
    block = keys.block_of(chunk[0].changed.number)
    moved = Counter(draft.changed.bucket for draft in chunk)
    moved.subtract(draft.seen.bucket for draft in chunk if draft.seen)
    actions: list[Action] = []
    ids: list[str] = []
    for draft in chunk:
        writing = _writing(campaign, draft)
        actions += writing
        ids += [draft.changed.id] * len(writing)
    try:
        table.transact([*actions, counters.changing(campaign.key, block, moved)])
    except TransactionCanceledError as canceled:
        return {ids[index] for index in canceled.failed}
    return set()


def _update(table: Table, campaign: Campaign, draft: Draft) -> set[str]:
    """Write a changed contact. Returns its id when another writer has changed it."""
    actions = _writing(campaign, draft)
    try:
        if len(actions) == 1 and isinstance(actions[0], Update):
            table.write(actions[0])
        else:
            table.transact(actions)
    except (ConditionFailedError, TransactionCanceledError):
        return {draft.changed.id}
    return set()


def _writing(campaign: Campaign, draft: Draft) -> list[Action]:
    """The actions that write one contact, with its names."""
    if draft.seen is None:
        return contact_actions.inserting(draft.changed, campaign.is_ad_hoc) + _naming(campaign, draft)
    return contact_actions.updating(draft.seen, draft.changed, campaign.is_ad_hoc) + _naming(campaign, draft)


def _naming(campaign: Campaign, draft: Draft) -> list[Action]:
    """The name of an external id is the key the contact of that name would have, so no second one can take it.

    Where numbers are unique, each is claimed in the same way.
    """
    names: list[Action] = [
        Put({**keys.contact(campaign.key, name), "alias_of": draft.changed.id}, "attribute_not_exists(#PK)")
        for name in draft.new_aliases
    ]
    former = draft.seen.phone_numbers if draft.seen else ()
    return names + number_claims.changing(campaign, draft.changed.id, former, draft.changed.phone_numbers)


def _chunks(campaign: Campaign, drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    """Groups that fit one transaction, with room for the one counter block they share."""
    chunk: list[Draft] = []
    size = 1
    for draft in drafts:
        actions = len(_writing(campaign, draft))
        is_other_block = chunk and keys.block_of(chunk[0].changed.number) != keys.block_of(draft.changed.number)
        if chunk and (size + actions > MAX_TRANSACTION_ACTIONS or is_other_block):
            yield chunk
            chunk, size = [], 1
        chunk.append(draft)
        size += actions
    if chunk:
        yield chunk
