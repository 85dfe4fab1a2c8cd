"""Upsert of contacts: match by id, then by external id, else insert (seed 000); row by row, in order.

Rows are folded in memory first, so that a later row sees what an earlier one did; then every contact is written once,
under a condition. What lost a race is read again and folded again: nothing is overwritten unseen. Where a sample shows
none of a request's contacts, the rest is taken to be new as well: the conditions of the inserts tell if it is not.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from campanile import announcements, phone
from campanile.answers import FailedRow, Notice, UpsertAnswer
from campanile.dial_queue import DialQueue
from campanile.entities import MAX_ALIASES, TOO_MANY_NAMES, AgentFields, Campaign, Contact, LaneKind
from campanile.errors import FieldError, InvalidFieldsError, StateError
from campanile.field_types import milliseconds
from campanile.lifecycle import TERMINAL, CampaignStatus, ContactStatus
from campanile.models import STRUCTURED_FIELDS, ContactInput
from campanile.store import contact_writes, contacts, keys
from campanile.store.contact_writes import Draft
from campanile.store.table import ContendedError, Table

CONTENTION_RETRIES = 20
PROBED_CONTACTS = 100
"""How many of a request's contacts are read to learn whether they are new: as many as one request can read."""
LISTED_ERRORS = 10
"""How many invalid numbers an answer lists (seed 000: "the first invalid numbers")."""
SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A validated row: its index in the request, its numbers in E.164 (None: not given), and what was noticed.

    `repeatable_id` is the id of a row without id and external id: when the row comes again, it finds its contact.
    `mark` names the import and the row. Of a file's rows (`is_first_of_file`) the first one that means a contact wins;
    one that is `only_new` never changes a contact that is there. `insert_as` is the status of a new contact; a row that
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
    insert_as: ContactStatus = ContactStatus.PENDING
    enqueues: bool = False

    @property
    def id(self) -> str | None:
        """The id by which the row asks for its contact."""
        return self.fields.id or (None if self.fields.external_id else self.repeatable_id)

    @property
    def may_be_guessed_new(self) -> bool:
        """Whether inserting it says, by one condition, all that reading could: that nobody has its one name."""
        if self.is_first_of_file and self.fields.id:
            return False  # of a file an id must be somebody's
        return self.numbers is not None and not (self.fields.id and self.fields.external_id)


@dataclass(slots=True)
class Result:
    """What became of a row; `duplicate`: its contact is there, and the row changed nothing.

    `number` is the creation number of a contact that was inserted.
    """

    contact_id: str | None
    inserted: bool = False
    duplicate: bool = False
    failed: FailedRow | None = None
    notices: list[Notice] = field(default_factory=list)
    number: int | None = None


def validate(rows: Sequence[ContactInput], default_country_code: str | None) -> list[Row]:
    """Check what can be checked without reading: raises InvalidFieldsError with the first ten errors.

    `default_country_code` None: ad-hoc contacts, whose numbers must be E.164 already (seed 001).
    """
    checked: list[Row] = []
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        errors += _structured_fields_in_data(index, row)
        notices: list[Notice] = []
        numbers: list[str] = []
        for position, raw in enumerate(row.phone_numbers or []):
            path = f"contacts[{index}].phone_numbers[{position}]"
            try:
                number = phone.normalize_for(raw, default_country_code)
            except phone.InvalidPhoneNumber as invalid:
                errors.append(FieldError(path, invalid.reason, f"{raw[:SHOWN_CHARACTERS]!r}: {invalid}"))
                continue
            if number.warning:
                message = f"{path}: {phone.TEXTS[number.warning]}"
                notices.append(Notice(code=number.warning, message=message, index=index))
            numbers.append(number.e164)
        if row.phone_numbers is None and row.id is None and row.external_id is None:
            message = "is required for a new contact; to update one, give its id or external_id"
            errors.append(FieldError(f"contacts[{index}].phone_numbers", "missing", message))
        elif row.phone_numbers is None and "phone_numbers" in row.model_fields_set:
            errors.append(
                FieldError(
                    f"contacts[{index}].phone_numbers",
                    "null",
                    "must not be null: a contact has at least one number",
                )
            )
        checked.append(Row(index, row, tuple(dict.fromkeys(numbers)) or None, tuple(notices)))
    if errors:
        raise InvalidFieldsError(errors[:LISTED_ERRORS])
    return checked


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
    for round_ in range(CONTENTION_RETRIES):
        fold = _Fold(table, campaign, now_ms, created_ms)
        fold.read(left, may_guess=round_ == 0)
        for row in left:
            results[row.index] = fold.apply(row)
        drafts = contact_writes.numbered(table, campaign, fold.drafts())
        campaign = announcements.announce(table, campaign, [draft.changed for draft in drafts], now_ms)
        lost = contact_writes.write(table, campaign, drafts)
        dues |= {draft.changed.due for draft in drafts if draft.changed.status is ContactStatus.PENDING}
        given = {draft.changed.id: draft.changed.number for draft in drafts}
        for row in left:
            result = results[row.index]
            if result.inserted and result.contact_id:
                result.number = given.get(result.contact_id, result.number)
        left = [row for row in left if results[row.index].contact_id in lost]
        if not left:
            break
        table.back_off(round_)
    else:
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

    def read(self, rows: Sequence[Row], may_guess: bool) -> None:
        """Read every contact a row may mean, or, if `may_guess`, some: when none of those exists, all may be new."""
        named = [row.id for row in rows if row.id]
        named += [self._name(row.fields.external_id) for row in rows if row.fields.external_id]
        wanted = list(dict.fromkeys(named))
        if may_guess and all(row.may_be_guessed_new for row in rows):
            spread = slice(None, None, -(-len(wanted) // PROBED_CONTACTS) or 1)
            self._take_in(wanted[spread])
            if not self._drafts:
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

    def apply(self, row: Row) -> Result:
        """Fold one row in; what it notices or why it fails is in the result."""
        fields, notices = row.fields, list(row.notices)
        name = self._name(fields.external_id) if fields.external_id else None
        by_id = self._names.get(row.id) if row.id else None
        by_name = self._names.get(name) if name else None
        if by_id and by_name and by_id != by_name:
            if self._is_of_file(row, by_id):
                return Result(by_id, duplicate=True)
            return _failed(row, "identity_conflict", "id and external_id belong to two different contacts")
        if row.is_first_of_file and fields.id and not by_id:
            return _failed(row, "unknown_id", "no contact of the campaign has this id any more")
        if fields.id and by_name and not by_id:
            message = "no contact has this id; the row updated the contact with its external_id"
            notices.append(Notice(code="unknown_id", message=message, index=row.index))
        known = by_id or by_name
        if known and (told := self._told_already(row, self._drafts[known].changed)):
            return told
        if known is None and row.numbers is None:
            return _failed(row, "phone_numbers_required", "a new contact needs phone_numbers")
        if known is None:
            return Result(self._insert(row, row.numbers or (), name), inserted=True, notices=notices)
        if self._is_further(name, known) and len(self._drafts[known].changed.aliases) >= MAX_ALIASES:
            return _failed(row, "too_many_names", TOO_MANY_NAMES)
        if self._update(known, row, name).status in TERMINAL:
            message = "the contact is finished; it took the data and will not be called again"
            notices.append(Notice(code="not_requeued", message=message, index=row.index))
        seen = self._drafts[known].seen
        is_own = self._is_own(row, seen)
        return Result(known, inserted=is_own, notices=notices, number=seen.number if seen and is_own else None)

    def _told_already(self, row: Row, contact: Contact) -> Result | None:
        """What became of a file's row that has nothing more to do: it came again, or its contact is another row's."""
        if row.is_first_of_file and row.mark and contact.imported == row.mark:
            return Result(contact.id, inserted=self._is_own(row, contact), number=contact.number)
        is_later = self._is_of_file(row, contact.id)
        return Result(contact.id, duplicate=True) if is_later or row.only_new else None

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
        changed = _merged(draft.changed, row, self._now_ms)
        if row.enqueues and changed.status is ContactStatus.HELD:
            changed = replace(changed, status=ContactStatus.PENDING, updated_at=self._now_ms)
        if row.mark and _import_of(changed.imported) != _import_of(row.mark):
            changed = replace(changed, imported=row.mark)
        if name and self._is_further(name, contact_id):
            changed = replace(changed, aliases=(*changed.aliases, name))
            self._names[name] = contact_id
        self._drafts[contact_id] = Draft(draft.seen, changed)
        return changed

    def _is_further(self, name: str | None, contact_id: str) -> bool:
        """Whether a name would be a new one of the contact's."""
        return name not in (None, contact_id, *self._drafts[contact_id].changed.aliases)

    def _name(self, external_id: str) -> str:
        return keys.contact_id_for(self._campaign.key, external_id)


def _import_of(mark: str | None) -> str | None:
    return mark.partition(":")[0] if mark else None


def _failed(row: Row, code: str, message: str) -> Result:
    return Result(None, failed=FailedRow(index=row.index, code=code, message=message))


def _merged(contact: Contact, row: Row, now_ms: int) -> Contact:
    """The contact with the row's fields: absent stays, null clears, `data` and numbers are replaced whole."""
    fields, given = row.fields, row.fields.model_fields_set
    agent = AgentFields(
        **{name: getattr(fields if name in given else contact.agent, name) for name in AgentFields.__dataclass_fields__}
    )
    scheduled_at = contact.scheduled_at
    if "scheduled_at" in given:
        scheduled_at = milliseconds(fields.scheduled_at) if fields.scheduled_at else None
    changed = replace(
        contact,
        external_id=fields.external_id if "external_id" in given else contact.external_id,
        phone_numbers=row.numbers or contact.phone_numbers,
        data=(fields.data or {}) if "data" in given else contact.data,
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


def _text(data: Mapping[str, Any]) -> str:
    """By which data are compared: to Python, 1 equals true. The order of keys means nothing."""
    return json.dumps(data, sort_keys=True)


def _structured_fields_in_data(index: int, row: ContactInput) -> list[FieldError]:
    repeated = sorted(STRUCTURED_FIELDS & (row.data or {}).keys())
    message = "is a structured field: give it beside data, not inside it"
    return [FieldError(f"contacts[{index}].data.{name}", "structured_field", message) for name in repeated]


def _answer(results: Sequence[Result]) -> UpsertAnswer:
    stored = [result for result in results if result.failed is None]
    return UpsertAnswer(
        inserted=sum(result.inserted for result in stored),
        updated=sum(not result.inserted for result in stored),
        failed=[result.failed for result in results if result.failed],
        warnings=[notice for result in results for notice in result.notices],
        contact_ids=[result.contact_id for result in results],
    )
