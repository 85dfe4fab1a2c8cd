"""Upsert of contacts: match by id, then by external id, else insert (seed 000). Rows apply in order.

Rows are folded in memory first, so a later row sees what an earlier one did. Then every contact is written once, under
a condition. A contact whose write lost a race is read and folded again, so nothing is overwritten unseen. If a sample
of a request's contacts has none that exist, the others are assumed to be new too. The conditions of the inserts find
those that are not.
"""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import replace

from campanile.adapters.dial_queue import DialQueue
from campanile.contacts import notify_dialer
from campanile.contacts.fold import Fold
from campanile.contacts.known_contacts import KnownContacts
from campanile.contacts.rows import ContactRow, Result
from campanile.domain.campaign import Campaign, refuse_closed
from campanile.domain.lifecycle import ContactStatus
from campanile.schema.contacts import UpsertResponse
from campanile.store import contact_writes, keys
from campanile.store.table import ContendedError, Table

LOST_ROUNDS = 20
"""How many rounds in a row may write nothing: a round has many rows, so rivals win more of them than of one item."""
ROWS_AFTER_WAITING = 20
"""How many rows to fold at least after one that had to wait. In a chain, the next one has to wait as well."""


def repeatable(rows: Sequence[ContactRow], campaign: Campaign, request_key: str) -> list[ContactRow]:
    """The rows of a request with an Idempotency-Key. Sent again, they find the contacts that they created.

    A row is recognized by its text and by how often that text came before, so a corrected request finds them too.
    """
    request = keys.contact_id_for(campaign.key, request_key)
    said: Counter[str] = Counter()
    named: list[ContactRow] = []
    for row in rows:
        text = row.fields.model_dump_json(exclude_unset=True)
        named.append(replace(row, repeatable_id=keys.contact_id_for(request, f"{said[text]} {text}")))
        said[text] += 1
    return named


def upsert(
    table: Table,
    queue: DialQueue,
    campaign: Campaign,
    rows: Sequence[ContactRow],
    now_ms: int,
) -> UpsertResponse:
    """Store the rows; raises StateError for a closed campaign."""
    return _response(store(table, queue, campaign, rows, now_ms, now_ms))


def store(
    table: Table, queue: DialQueue, campaign: Campaign, rows: Sequence[ContactRow], now_ms: int, created_ms: int
) -> list[Result]:
    """Store the rows and return what became of each. Raises StateError for a closed campaign.

    `created_ms` is the creation time of new contacts. An import dates all of its contacts by its own beginning.
    """
    refuse_closed(campaign)
    run = _Run(table, campaign, now_ms, created_ms)
    results: dict[int, Result] = {}
    left = list(rows)
    looked_at = len(left)
    lost_rounds = 0
    while left and lost_rounds < LOST_ROUNDS:
        folded, lost = run.round(left[:looked_at])
        results |= folded
        looked_at = max(2 * len(folded), ROWS_AFTER_WAITING)
        left = [row for row in left if row.place not in folded or folded[row.place].depends_on(lost)]
        if lost:
            table.back_off(lost_rounds)
            lost_rounds += 1
    if left:
        raise ContendedError(campaign.id)
    notify_dialer.wake(queue, campaign, run.dues, now_ms)
    return [results[row.place] for row in rows]


class _Run:
    """The rounds of one upsert. `dues` says when the contacts that were written as pending are due (UTC ms)."""

    def __init__(self, table: Table, campaign: Campaign, now_ms: int, created_ms: int) -> None:
        self.dues: set[int] = set()
        self._table = table
        self._campaign = campaign
        self._now_ms = now_ms
        self._created_ms = created_ms
        self._is_first = True

    def round(self, rows: Sequence[ContactRow]) -> tuple[dict[int, Result], Set[str]]:
        """Fold the rows and write what they change.

        Returns the results by place, and the ids of contacts whose write lost a race.
        """
        known = KnownContacts(self._table, self._campaign)
        known.read(rows, may_guess=self._is_first)
        self._is_first = False
        folded = Fold(known, self._campaign.key, self._now_ms, self._created_ms).take(rows)
        drafts = contact_writes.numbered(self._table, self._campaign, known.changed())
        changed = [draft.changed for draft in drafts]
        self._campaign = notify_dialer.announce(self._table, self._campaign, changed, self._now_ms)
        lost = contact_writes.write(self._table, self._campaign, drafts)
        self.dues |= {one.due for one in changed if one.status is ContactStatus.PENDING}
        serials = {one.id: one.number for one in changed}
        for result in folded.values():
            if result.inserted and result.contact_id:
                result.serial = serials.get(result.contact_id, result.serial)
        return folded, lost


def _response(results: Sequence[Result]) -> UpsertResponse:
    stored = [result for result in results if result.failed is None]
    return UpsertResponse(
        inserted=sum(result.inserted for result in stored),
        updated=sum(not result.inserted and not result.duplicate for result in stored),
        duplicates=sum(result.duplicate for result in stored),
        failed=[result.failed for result in results if result.failed],
        warnings=[one for result in results for one in result.warnings],
        contact_ids=[result.contact_id for result in results],
    )
