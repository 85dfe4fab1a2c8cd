"""Upsert of contacts: match by id, then by external id, else insert (seed 000); row by row, in order.

Rows are folded in memory first, so that a later row sees what an earlier one did; then every contact is written once,
under a condition. What lost a race is read again and folded again: nothing is overwritten unseen. Where a sample shows
none of a request's contacts, the rest is taken to be new as well: the conditions of the inserts tell if it is not.
"""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from uuid import uuid4

from campanile import announcements, contact_merge
from campanile.answers import FailedRow, Notice, UpsertAnswer
from campanile.dial_queue import DialQueue
from campanile.entities import MAX_ALIASES, TOO_MANY_NAMES, Campaign, Contact, LaneKind
from campanile.errors import StateError
from campanile.lifecycle import TERMINAL, CampaignStatus, ContactStatus
from campanile.models import ContactInput
from campanile.store import contact_writes, contacts, keys
from campanile.store.contact_writes import Draft
from campanile.store.table import ContendedError, Table

CONTENTION_RETRIES = 20
ROWS_AFTER_WAITING = 20
"""How many rows at least are looked at behind one that had to wait: in a chain the next one has to wait as well."""
PROBED_CONTACTS = 100
"""How many of a request's contacts are read to learn whether they are new: as many as one request can read."""


@dataclass(frozen=True, slots=True)
class Row:
    """A validated row: its index in the request, its numbers in E.164 (None: not given), and what was noticed.

    `repeatable_id` is the id of a row without id and external id: when the row comes again, it finds its contact.
    `mark` names the import and the row. Of a file's rows (`is_first_of_file`) the first one that means a contact wins;
    one that is `only_new` never changes a contact that is there, one that is `named_by_number` none that has given the
    number up which its id is made of. `insert_as` is the status of a new contact; a row that
    `enqueues` lets a contact that is held be called.
    """

    index: int
    fields: ContactInput
    numbers: tuple[str, ...] | None
    notices: tuple[Notice, ...] = ()
    repeatable_id: str | None = None
    mark: str | None = None
    is_first_of_file: bool = False
    only_new: bool = False
    named_by_number: bool = False
    insert_as: ContactStatus = ContactStatus.PENDING
    enqueues: bool = False

    @property
    def id(self) -> str | None:
        """The id by which the row asks for its contact."""
        return self.fields.id or (None if self.fields.external_id else self.repeatable_id)

    def is_another_number_of(self, contact: Contact) -> bool:
        """Whether the contact has none of the row's numbers."""
        return self.numbers is not None and set(self.numbers).isdisjoint(contact.phone_numbers)

    @property
    def may_be_guessed_new(self) -> bool:
        """Whether inserting it says, by its conditions, all that reading could: that nobody has its name or numbers."""
        if self.is_first_of_file and self.fields.id:
            return False  # of a file an id must be somebody's
        return self.numbers is not None and not (self.fields.id and self.fields.external_id)


@dataclass(slots=True)
class Result:
    """What became of a row; `duplicate`: its contact is there, and the row changed nothing.

    `number` is the creation number of a contact that was inserted. `blocked_by` is the contact that has a number which
    the row asks for: if that was not so after all, the row comes again.
    """

    contact_id: str | None
    blocked_by: str | None = None
    inserted: bool = False
    duplicate: bool = False
    failed: FailedRow | None = None
    notices: list[Notice] = field(default_factory=list)
    number: int | None = None

    def depends_on(self, contact_ids: Set[str]) -> bool:
        """Whether another result may follow when these contacts are not what they were taken for."""
        return self.contact_id in contact_ids or self.blocked_by in contact_ids


def repeatable(rows: Sequence[Row], campaign: Campaign, request_key: str) -> list[Row]:
    """The rows of a request with an Idempotency-Key: sent again, they find the contacts that they made.

    A row is the same by what it says and how often it was said before, so a mended request finds those too.
    """
    request = keys.contact_id_for(campaign.key, request_key)
    said: Counter[str] = Counter()
    named: list[Row] = []
    for row in rows:
        text = row.fields.model_dump_json(exclude_unset=True)
        named.append(replace(row, repeatable_id=keys.contact_id_for(request, f"{said[text]} {text}")))
        said[text] += 1
    return named


def upsert(
    table: Table,
    queue: DialQueue,
    campaign: Campaign,
    rows: Sequence[Row],
    now_ms: int,
) -> UpsertAnswer:
    """Store the rows; raises StateError for a closed campaign."""
    return _answer(store(table, queue, campaign, rows, now_ms, now_ms))


def store(
    table: Table, queue: DialQueue, campaign: Campaign, rows: Sequence[Row], now_ms: int, created_ms: int
) -> list[Result]:
    """Store the rows and answer what became of each; raises StateError for a closed campaign.

    `created_ms` is the creation time that new contacts get: an import dates all of its contacts by its own beginning.
    """
    if campaign.status is CampaignStatus.CLOSED:
        raise StateError("The campaign is closed; a closed campaign takes no contacts. Create a new campaign.")
    results: dict[int, Result] = {}
    left = list(rows)
    dues: set[int] = set()
    round_ = lost_rounds = 0
    looked_at = len(left)
    while left and lost_rounds < CONTENTION_RETRIES:
        fold = _Fold(table, campaign, now_ms, created_ms)
        fold.read(left[:looked_at], may_guess=round_ == 0)
        folded = fold.take(left[:looked_at])
        looked_at = max(2 * len(folded), ROWS_AFTER_WAITING)
        results |= folded
        drafts = contact_writes.numbered(table, campaign, fold.drafts())
        campaign = announcements.announce(table, campaign, [draft.changed for draft in drafts], now_ms)
        lost = contact_writes.write(table, campaign, drafts)
        dues |= {draft.changed.due for draft in drafts if draft.changed.status is ContactStatus.PENDING}
        given = {draft.changed.id: draft.changed.number for draft in drafts}
        for result in folded.values():
            if result.inserted and result.contact_id:
                result.number = given.get(result.contact_id, result.number)
        left = [row for row in left if row.index not in folded or folded[row.index].depends_on(lost)]
        round_ += 1
        if lost:
            table.back_off(lost_rounds)
            lost_rounds += 1
    if left:
        raise ContendedError(campaign.id)
    announcements.wake(queue, campaign, dues, now_ms)
    return [results[row.index] for row in rows]


class _Fold:
    """What the rows make of the contacts, in memory."""

    def __init__(self, table: Table, campaign: Campaign, now_ms: int, created_ms: int) -> None:
        self._table = table
        self._campaign = campaign
        self._now_ms = now_ms
        self._created_ms = created_ms
        self._drafts: dict[str, Draft] = {}
        self._names: dict[str, str] = {}
        self._guesses = False

    def read(self, rows: Sequence[Row], may_guess: bool) -> None:
        """Read every contact a row may mean, or, if `may_guess`, some: when none of those exists, all may be new."""
        named = [row.id for row in rows if row.id]
        named += [self._name(row.fields.external_id) for row in rows if row.fields.external_id]
        named += [claim for row in rows for claim in self._claims(row)]
        wanted = list(dict.fromkeys(named))
        if may_guess and all(row.may_be_guessed_new for row in rows):
            spread = slice(None, None, -(-len(wanted) // PROBED_CONTACTS) or 1)
            self._take_in(wanted[spread])
            self._guesses = not self._drafts
            if self._guesses:
                return
            del wanted[spread]
        self._take_in(wanted)

    def _take_in(self, wanted: Sequence[str]) -> None:
        for asked, contact in contacts.get_many_whole(self._table, self._campaign.key, wanted).items():
            self._drafts.setdefault(contact.id, Draft(contact, contact))
            self._names[asked] = contact.id

    def drafts(self) -> list[Draft]:
        """The contacts that are to be written."""
        return [draft for draft in self._drafts.values() if draft.changed is not draft.seen]

    def take(self, rows: Sequence[Row]) -> dict[int, Result]:
        """Fold rows in, up to the first that has to wait until what those before it changed is written."""
        folded: dict[int, Result] = {}
        for row in rows:
            result = self._apply(row)
            if result is None:
                break
            folded[row.index] = result
        return folded

    def _apply(self, row: Row) -> Result | None:
        """Fold one row in; what it notices or why it fails is in the result. None: it has to wait."""
        name = self._name(row.fields.external_id) if row.fields.external_id else None
        by_id = self._names.get(row.id) if row.id else None
        by_name = self._names.get(name) if name else None
        known = by_id or by_name
        if told := self._unidentified(row, by_id, by_name):
            return told
        if known and (told := self._told_already(row, self._drafts[known].changed)):
            return told
        if holders := self._holders(row, known):
            return self._blocked(row, known, holders)
        if wrong := contact_merge.too_large(self._drafts[known].changed.data if known else {}, row.fields):
            return _failed(row, "data_too_large", wrong)
        if known is None:
            return Result(self._insert(row, row.numbers or (), name), inserted=True, notices=list(row.notices))
        return self._change(known, row, name, is_other_id=row.fields.id is not None and by_id is None)

    def _unidentified(self, row: Row, by_id: str | None, by_name: str | None) -> Result | None:
        """What becomes of a row that means no contact, or two."""
        if by_id and by_name and by_id != by_name:
            if self._is_of_file(row, by_id):
                return Result(by_id, duplicate=True)
            return _failed(row, "identity_conflict", "id and external_id belong to two different contacts")
        if row.is_first_of_file and row.fields.id and not by_id:
            return _failed(row, "unknown_id", "no contact of the campaign has this id any more")
        if row.numbers is None and not (by_id or by_name):
            return _failed(row, "phone_numbers_required", "a new contact needs phone_numbers")
        return None

    def _change(self, known: str, row: Row, name: str | None, is_other_id: bool) -> Result:
        notices = list(row.notices)
        if self._is_further(name, known) and len(self._drafts[known].changed.aliases) >= MAX_ALIASES:
            return _failed(row, "too_many_names", TOO_MANY_NAMES)
        if is_other_id:
            message = "no contact has this id; the row updated the contact with its external_id"
            notices.append(Notice(code="unknown_id", message=message, index=row.index))
        if self._update(known, row, name).status in TERMINAL:
            message = "the contact is finished: it took the data and is not called; delete it and add it to call anew"
            notices.append(Notice(code="not_requeued", message=message, index=row.index))
        seen = self._drafts[known].seen
        is_own = self._is_own(row, seen)
        return Result(known, inserted=is_own, notices=notices, number=seen.number if seen and is_own else None)

    def _told_already(self, row: Row, contact: Contact) -> Result | None:
        """What became of a file's row that has nothing more to do: it came again, or its contact is another row's."""
        if row.is_first_of_file and row.mark and contact.imported == row.mark:
            return Result(contact.id, inserted=self._is_own(row, contact), number=contact.number)
        is_later = self._is_of_file(row, contact.id)
        is_another = row.named_by_number and row.is_another_number_of(contact)
        return Result(contact.id, duplicate=True) if is_later or row.only_new or is_another else None

    def _holders(self, row: Row, known: str | None) -> list[tuple[Draft, bool]]:
        """The other contacts that stand at the claims of the row's numbers, and whether each still has the number."""
        holders: list[tuple[Draft, bool]] = []
        for number, claim in zip(row.numbers or (), self._claims(row), strict=False):
            holder = self._names.get(claim)
            if holder in (None, known):
                continue
            draft = self._drafts[holder]
            has = number in draft.changed.phone_numbers or holder == claim
            if has or (draft.seen and number in draft.seen.phone_numbers):
                holders.append((draft, has))
        return holders

    def _blocked(self, row: Row, known: str | None, holders: Sequence[tuple[Draft, bool]]) -> Result | None:
        """What becomes of a row that brings another contact's number. None: it has to wait.

        One transaction cannot take a number that another has yet to free, and a row that writes nothing does not find
        out whether a contact of its name is there after all.
        """
        holder = next((draft.changed.id for draft, has in holders if has), None)
        if holder is None or (self._guesses and (row.id or row.fields.external_id)):
            return None
        if row.is_first_of_file:
            return Result(known or holder, holder, duplicate=True)
        if known:
            message = (
                f"phone_numbers: contact {holder} of the campaign has one of them; with unique_numbers no other can"
            )
            return replace(_failed(row, "duplicate_number", message), blocked_by=holder)
        held = self._drafts[holder]
        self._drafts[holder] = Draft(held.seen, self._enqueued(row, held.changed))
        message = "a contact of the campaign has one of these numbers; contact_ids names it, and nothing was stored"
        notice = Notice(code="duplicate_number", message=message, index=row.index)
        return Result(holder, holder, duplicate=True, notices=[*row.notices, notice])

    def _claims(self, row: Row) -> list[str]:
        """Where it stands who has each of the row's numbers; [] if numbers may repeat."""
        if not self._campaign.unique_numbers:
            return []
        return [keys.number_claim(self._campaign.key, number) for number in row.numbers or ()]

    def _is_of_file(self, row: Row, contact_id: str) -> bool:
        """Whether a row of the same file has written the contact."""
        imported = self._drafts[contact_id].changed.imported
        return row.is_first_of_file and _import_of(imported) == _import_of(row.mark)

    def _is_own(self, row: Row, contact: Contact | None) -> bool:
        """Whether the contact was created by this very row, in a run of its import that was cut short."""
        is_marked = row.mark is not None and contact is not None and contact.imported == row.mark
        return is_marked and contact is not None and contact.created_at == self._created_ms

    def _insert(self, row: Row, numbers: tuple[str, ...], name: str | None) -> str:
        contact_id = row.id or name or str(uuid4())
        blank = Contact(
            campaign_key=self._campaign.key,
            id=contact_id,
            number=-1,
            status=row.insert_as,
            phone_numbers=numbers,
            created_at=self._created_ms,
            due=self._created_ms,
            kind=LaneKind.FIRST,
        )
        self._drafts[contact_id] = Draft(None, blank)
        self._names[contact_id] = contact_id
        self._update(contact_id, row, name)
        return contact_id

    def _update(self, contact_id: str, row: Row, name: str | None) -> Contact:
        draft = self._drafts[contact_id]
        changed = contact_merge.merged(draft.changed, row.fields, row.numbers, self._now_ms)
        changed = self._enqueued(row, changed)
        if row.mark and _import_of(changed.imported) != _import_of(row.mark):
            changed = replace(changed, imported=row.mark)
        if name and self._is_further(name, contact_id):
            changed = replace(changed, aliases=(*changed.aliases, name))
            self._names[name] = contact_id
        self._drafts[contact_id] = Draft(draft.seen, changed)
        self._names |= dict.fromkeys(self._claims(row), contact_id)
        return changed

    def _enqueued(self, row: Row, contact: Contact) -> Contact:
        """The contact as one that may be called, if it is held and the row enqueues it; else itself."""
        if not row.enqueues or contact.status is not ContactStatus.HELD:
            return contact
        return replace(contact, status=ContactStatus.PENDING, updated_at=self._now_ms)

    def _is_further(self, name: str | None, contact_id: str) -> bool:
        """Whether a name would be a new one of the contact's."""
        return name not in (None, contact_id, *self._drafts[contact_id].changed.aliases)

    def _name(self, external_id: str) -> str:
        return keys.contact_id_for(self._campaign.key, external_id)


def _import_of(mark: str | None) -> str | None:
    return mark.partition(":")[0] if mark else None


def _failed(row: Row, code: str, message: str) -> Result:
    return Result(None, failed=FailedRow(index=row.index, code=code, message=message))


def _answer(results: Sequence[Result]) -> UpsertAnswer:
    stored = [result for result in results if result.failed is None]
    return UpsertAnswer(
        inserted=sum(result.inserted for result in stored),
        updated=sum(not result.inserted and not result.duplicate for result in stored),
        duplicates=sum(result.duplicate for result in stored),
        failed=[result.failed for result in results if result.failed],
        warnings=[notice for result in results for notice in result.notices],
        contact_ids=[result.contact_id for result in results],
    )
