"""Upsert of contacts: match by id, then by external id, else insert (seed 000); row by row, in order.

Rows are folded in memory first, so that a later row sees what an earlier one did; then every contact is written once,
under a condition. What lost a race is read again and folded again: nothing is overwritten unseen. Where a sample shows
none of a request's contacts, the rest is taken to be new as well: the conditions of the inserts tell if it is not.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from campanile.adapters.dial_queue import DialQueue
from campanile.contacts import notify_dialer
from campanile.contacts.fold import Fold
from campanile.contacts.rows import ContactRow, Result
from campanile.domain.campaign import Campaign, refuse_closed
from campanile.domain.lifecycle import ContactStatus
from campanile.schema.contacts import UpsertResponse
from campanile.store import contact_writes, keys
from campanile.store.table import ContendedError, Table

LOST_ROUNDS = 20
"""How many rounds in a row may write nothing: a round has many rows, so rivals win more of them than of one item."""
ROWS_AFTER_WAITING = 20
"""How many rows at least are looked at behind one that had to wait: in a chain the next one has to wait as well."""


def repeatable(rows: Sequence[ContactRow], campaign: Campaign, request_key: str) -> list[ContactRow]:
    """The rows of a request with an Idempotency-Key: sent again, they find the contacts that they made.

    A row is the same by what it says and how often it was said before, so a mended request finds those too.
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
    return _answer(store(table, queue, campaign, rows, now_ms, now_ms))


def store(
    table: Table, queue: DialQueue, campaign: Campaign, rows: Sequence[ContactRow], now_ms: int, created_ms: int
) -> list[Result]:
    """Store the rows and answer what became of each; raises StateError for a closed campaign.

    `created_ms` is the creation time that new contacts get: an import dates all of its contacts by its own beginning.
    """
    refuse_closed(campaign)
    results: dict[int, Result] = {}
    left = list(rows)
    dues: set[int] = set()
    round_ = lost_rounds = 0
    looked_at = len(left)
    while left and lost_rounds < LOST_ROUNDS:
        fold = Fold(table, campaign, now_ms, created_ms)
        fold.read(left[:looked_at], may_guess=round_ == 0)
        folded = fold.take(left[:looked_at])
        looked_at = max(2 * len(folded), ROWS_AFTER_WAITING)
        results |= folded
        drafts = contact_writes.numbered(table, campaign, fold.drafts())
        campaign = notify_dialer.announce(table, campaign, [draft.changed for draft in drafts], now_ms)
        lost = contact_writes.write(table, campaign, drafts)
        dues |= {draft.changed.due for draft in drafts if draft.changed.status is ContactStatus.PENDING}
        given = {draft.changed.id: draft.changed.number for draft in drafts}
        for result in folded.values():
            if result.inserted and result.contact_id:
                result.number = given.get(result.contact_id, result.number)
        left = [row for row in left if row.place not in folded or folded[row.place].depends_on(lost)]
        round_ += 1
        if lost:
            table.back_off(lost_rounds)
            lost_rounds += 1
    if left:
        raise ContendedError(campaign.id)
    notify_dialer.wake(queue, campaign, dues, now_ms)
    return [results[row.place] for row in rows]


def _answer(results: Sequence[Result]) -> UpsertResponse:
    stored = [result for result in results if result.failed is None]
    return UpsertResponse(
        inserted=sum(result.inserted for result in stored),
        updated=sum(not result.inserted and not result.duplicate for result in stored),
        duplicates=sum(result.duplicate for result in stored),
        failed=[result.failed for result in results if result.failed],
        warnings=[one for result in results for one in result.warnings],
        contact_ids=[result.contact_id for result in results],
    )
