"""Applies the rows of one upsert to the contacts they name, in the order of the rows."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from campanile.contacts import merge
from campanile.contacts.rows import ContactRow, Result
from campanile.domain.campaign import Campaign
from campanile.domain.contact import MAX_ALIASES, TOO_MANY_NAMES, Contact, LaneKind
from campanile.domain.lifecycle import TERMINAL, ContactStatus
from campanile.schema.contacts import FailedRow
from campanile.schema.messages import ApiWarning
from campanile.store import contacts, keys
from campanile.store.contact_writes import Draft
from campanile.store.table import Table

PROBED_CONTACTS = 100
"""How many of a request's contacts are read to learn whether they are new: as many as one request can read."""


class Fold:
    """What the rows make of the contacts, in memory."""

    def __init__(self, table: Table, campaign: Campaign, now_ms: int, created_ms: int) -> None:
        self._table = table
        self._campaign = campaign
        self._now_ms = now_ms
        self._created_ms = created_ms
        self._drafts: dict[str, Draft] = {}
        self._names: dict[str, str] = {}
        self._guesses = False

    def read(self, rows: Sequence[ContactRow], may_guess: bool) -> None:
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

    def take(self, rows: Sequence[ContactRow]) -> dict[int, Result]:
        """Fold rows in, up to the first that has to wait until what those before it changed is written."""
        folded: dict[int, Result] = {}
        for row in rows:
            result = self._apply(row)
            if result is None:
                break
            folded[row.place] = result
        return folded

    def _apply(self, row: ContactRow) -> Result | None:
        """Fold one row in; what it warnings or why it fails is in the result. None: it has to wait."""
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
        if wrong := merge.too_large(self._drafts[known].changed.data if known else {}, row.fields):
            return _failed(row, "data_too_large", wrong)
        if known is None:
            return Result(self._insert(row, row.numbers, name), inserted=True, warnings=list(row.warnings))
        return self._change(known, row, name, is_other_id=row.fields.id is not None and by_id is None)

    def _unidentified(self, row: ContactRow, by_id: str | None, by_name: str | None) -> Result | None:
        """What becomes of a row that means no contact, or two."""
        if by_id and by_name and by_id != by_name:
            if self._is_of_file(row, by_id):
                return Result(by_id, duplicate=True)
            return _failed(row, "identity_conflict", "id and external_id belong to two different contacts")
        if row.is_first_of_file and row.fields.id and not by_id:
            return _failed(row, "unknown_id", "no contact of the campaign has this id any more")
        if not row.numbers and not (by_id or by_name):
            return _failed(row, "phone_numbers_required", "a new contact needs phone_numbers")
        return None

    def _change(self, known: str, row: ContactRow, name: str | None, is_other_id: bool) -> Result:
        warnings = list(row.warnings)
        if self._is_further(name, known) and len(self._drafts[known].changed.aliases) >= MAX_ALIASES:
            return _failed(row, "too_many_names", TOO_MANY_NAMES)
        if is_other_id:
            message = "no contact has this id; the row updated the contact with its external_id"
            warnings.append(ApiWarning(code="unknown_id", message=message, index=row.place))
        if self._update(known, row, name).status in TERMINAL:
            message = "the contact is finished: it took the data and is not called; delete it and add it to call anew"
            warnings.append(ApiWarning(code="not_requeued", message=message, index=row.place))
        seen = self._drafts[known].seen
        is_own = self._is_own(row, seen)
        return Result(known, inserted=is_own, warnings=warnings, number=seen.number if seen and is_own else None)

    def _told_already(self, row: ContactRow, contact: Contact) -> Result | None:
        """What became of a file's row that has nothing more to do: it came again, or its contact is another row's."""
        if row.is_first_of_file and row.mark and contact.imported == row.mark:
            return Result(contact.id, inserted=self._is_own(row, contact), number=contact.number)
        is_later = self._is_of_file(row, contact.id)
        is_another = row.named_by_number and row.is_another_number_of(contact)
        return Result(contact.id, duplicate=True) if is_later or row.only_new or is_another else None

    def _holders(self, row: ContactRow, known: str | None) -> list[tuple[Draft, bool]]:
        """The other contacts that stand at the claims of the row's numbers, and whether each still has the number."""
        holders: list[tuple[Draft, bool]] = []
        for number, claim in zip(row.numbers, self._claims(row), strict=False):
            holder = self._names.get(claim)
            if holder in (None, known):
                continue
            draft = self._drafts[holder]
            has = number in draft.changed.phone_numbers or holder == claim
            if has or (draft.seen and number in draft.seen.phone_numbers):
                holders.append((draft, has))
        return holders

    def _blocked(self, row: ContactRow, known: str | None, holders: Sequence[tuple[Draft, bool]]) -> Result | None:
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
        notice = ApiWarning(code="duplicate_number", message=message, index=row.place)
        return Result(holder, holder, duplicate=True, warnings=[*row.warnings, notice])

    def _claims(self, row: ContactRow) -> list[str]:
        """Where it stands who has each of the row's numbers; [] if numbers may repeat."""
        if not self._campaign.unique_numbers:
            return []
        return [keys.number_claim(self._campaign.key, number) for number in row.numbers]

    def _is_of_file(self, row: ContactRow, contact_id: str) -> bool:
        """Whether a row of the same file has written the contact."""
        imported = self._drafts[contact_id].changed.imported
        return row.is_first_of_file and _import_of(imported) == _import_of(row.mark)

    def _is_own(self, row: ContactRow, contact: Contact | None) -> bool:
        """Whether the contact was created by this very row, in a run of its import that was cut short."""
        is_marked = row.mark is not None and contact is not None and contact.imported == row.mark
        return is_marked and contact is not None and contact.created_at == self._created_ms

    def _insert(self, row: ContactRow, numbers: tuple[str, ...], name: str | None) -> str:
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

    def _update(self, contact_id: str, row: ContactRow, name: str | None) -> Contact:
        draft = self._drafts[contact_id]
        changed = merge.merged(draft.changed, row.fields, row.numbers, self._now_ms)
        changed = self._enqueued(row, changed)
        if row.mark and _import_of(changed.imported) != _import_of(row.mark):
            changed = replace(changed, imported=row.mark)
        if name and self._is_further(name, contact_id):
            changed = replace(changed, aliases=(*changed.aliases, name))
            self._names[name] = contact_id
        self._drafts[contact_id] = Draft(draft.seen, changed)
        self._names |= dict.fromkeys(self._claims(row), contact_id)
        return changed

    def _enqueued(self, row: ContactRow, contact: Contact) -> Contact:
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


def _failed(row: ContactRow, code: str, message: str) -> Result:
    return Result(None, failed=FailedRow(index=row.place, code=code, message=message))
