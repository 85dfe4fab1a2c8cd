"""Contacts as the API shows them, and lists of them in order of creation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from campanile.campaigns import counts
from campanile.contacts import manage_contacts
from campanile.contacts.show_contact import read, responses
from campanile.domain.call import Slot
from campanile.domain.campaign import Campaign
from campanile.domain.contact import split_bucket
from campanile.domain.lifecycle import ContactStatus
from campanile.domain.shown_status import shown_status, view
from campanile.schema import pagination
from campanile.schema.contacts import ContactResponse, ContactsResponse
from campanile.store import contacts, keys, orgs, slots
from campanile.store.counters import Block
from campanile.store.table import Table

SHOWN_ACTIVE = ("locked", "in_progress")
READ_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """Which contacts a list shows. An empty collection admits all. Statuses are the API's."""

    statuses: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    views: frozenset[str] = frozenset()

    def admits(self, status: str, outcome: str | None) -> bool:
        return (
            (not self.statuses or status in self.statuses)
            and (not self.outcomes or outcome in self.outcomes)
            and (not self.views or view(status, outcome) in self.views)
        )


def get(table: Table, campaign: Campaign, reference: str, now_ms: int) -> ContactResponse:
    """One contact by UUID, else by external id within the campaign; raises NotFoundError."""
    contact = manage_contacts.find(table, campaign, reference)
    return responses(table, campaign, [contact], _held(table, campaign), now_ms)[0]


@dataclass(frozen=True, slots=True)
class Selection:
    """The contacts of a page, the number on all pages together, and the campaign's calls in flight."""

    ids: Sequence[str]
    total: int
    held: Mapping[str, Slot]


def page(table: Table, campaign: Campaign, wanted: Filter, limit: int, offset: int, now_ms: int) -> ContactsResponse:
    """Contacts `offset` to `offset + limit` in order of creation. `total` counts all that the filter admits."""
    selected = select(table, campaign, wanted, limit, offset)
    answers = pagination.fitting(read(table, campaign, selected.ids, selected.held, now_ms))
    return ContactsResponse(contacts=answers, total=selected.total, limit=limit, offset=offset)


def of_block(table: Table, campaign: Campaign, number: int, now_ms: int) -> Iterator[ContactResponse]:
    """All contacts of a block of 2,000 creation numbers in order of creation, read a few at a time."""
    held = _held(table, campaign)
    ids = _roster(table, campaign, Block(number, {}), 0, keys.BLOCK_SIZE, Filter(), held)
    while some := list(islice(ids, READ_AT_ONCE)):
        yield from read(table, campaign, some, held, now_ms)


def select(table: Table, campaign: Campaign, wanted: Filter, limit: int, offset: int) -> Selection:
    """Which contacts a page shows, without reading any.

    The counters say in which block of 2,000 the page starts, so its cost hardly depends on the offset.
    """
    blocks, calls = counts.read(table, campaign, orgs.settings(table, campaign.org))
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
    """Ids of the contacts that the filter admits, from the `offset`-th on. The caller takes at most `limit`."""
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
    """Ids of a block's contacts that the filter admits, by creation. Looks at `most` entries from `begin` on."""
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
    """How many of a block's contacts the filter admits, as far as the counters know."""
    count = 0
    for name, number in block.buckets.items():
        status, outcome = split_bucket(name)
        shown = SHOWN_ACTIVE if status is ContactStatus.ACTIVE else (str(status),)
        if all(wanted.admits(one, outcome) for one in shown):
            count += number
    return count


def _admitted_of_held(table: Table, campaign: Campaign, wanted: Filter, held: Mapping[str, Slot]) -> int:
    """How many calls in flight the filter admits. The counters do not know, because they have no phases."""
    shown = {contact_id: shown_status(ContactStatus.ACTIVE, slot) for contact_id, slot in held.items()}
    if not wanted.outcomes:
        return sum(wanted.admits(status, None) for status in shown.values())
    found = contacts.get_many(table, campaign.key, held, consistent=False)
    return sum(wanted.admits(shown[contact_id], one.last_outcome) for contact_id, one in found.items())


def _may_be_active(block: Block, wanted: Filter) -> bool:
    """Whether the block has active contacts, and the filter admits only locked or only in-progress ones."""
    if not wanted.statuses & set(SHOWN_ACTIVE) or wanted.statuses.issuperset(SHOWN_ACTIVE):
        return False
    return any(number and split_bucket(name)[0] is ContactStatus.ACTIVE for name, number in block.buckets.items())


def _held(table: Table, campaign: Campaign) -> dict[str, Slot]:
    """The campaign's calls in flight, by contact id."""
    found = slots.in_use(table, orgs.settings(table, campaign.org))
    return {slot.contact_id: slot for slot in found if slot.campaign_key == campaign.key}
