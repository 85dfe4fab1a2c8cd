"""Applies the rows of one upsert to the contacts they name, in the order of the rows."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from campanile.contacts import merge
from campanile.contacts.known_contacts import KnownContacts
from campanile.contacts.rows import ContactRow, Result
from campanile.domain.contact import MAX_ALIASES, TOO_MANY_NAMES, Contact, LaneKind
from campanile.domain.lifecycle import TERMINAL, ContactStatus
from campanile.schema.contacts import FailedRow
from campanile.schema.messages import ApiWarning
from campanile.store.contact_writes import Draft


class Fold:
    """What the rows make of the known contacts, in memory. New contacts are dated `created_ms`."""

    def __init__(self, known: KnownContacts, campaign_key: str, now_ms: int, created_ms: int) -> None:
        self._known = known
        self._campaign_key = campaign_key
        self._now_ms = now_ms
        self._created_ms = created_ms

    def take(self, rows: Sequence[ContactRow]) -> dict[int, Result]:
        """Fold rows in, up to the first that must wait until the changes of earlier rows are written."""
        folded: dict[int, Result] = {}
        for row in rows:
            result = self._apply(row)
            if result is None:
                break
            folded[row.place] = result
        return folded

    def _apply(self, row: ContactRow) -> Result | None:
        """Fold one row in. The result has its warnings, or why it failed. None: the row must wait."""
        name = self._known.name(row.fields.external_id) if row.fields.external_id else None
        by_id, by_name = self._known.id_of(row.id), self._known.id_of(name)
        known = by_id or by_name
        if result := self._unidentified(row, by_id, by_name):
            return result
        if known and (result := self._done_already(row, self._known[known].changed)):
            return result
        if holders := self._known.holders(row, known):
            return self._blocked(row, known, holders)
        if wrong := merge.too_large(self._known[known].changed.data if known else {}, row.fields):
            return _failed(row, "data_too_large", wrong)
        if known is None:
            return Result(self._insert(row, name), inserted=True, warnings=list(row.warnings))
        return self._change(known, row, name, is_other_id=row.fields.id is not None and by_id is None)

    def _unidentified(self, row: ContactRow, by_id: str | None, by_name: str | None) -> Result | None:
        """The result of a row that names no contact, or two."""
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
        if self._known.is_further(name, known) and len(self._known[known].changed.aliases) >= MAX_ALIASES:
            return _failed(row, "too_many_names", TOO_MANY_NAMES)
        if is_other_id:
            message = "no contact has this id; the row updated the contact with its external_id"
            warnings.append(ApiWarning(code="unknown_id", message=message, index=row.place))
        if self._update(known, row, name).status in TERMINAL:
            message = (
                "the contact is finished: it took the data and is not called; "
                "delete it and add it again to have it called"
            )
            warnings.append(ApiWarning(code="not_requeued", message=message, index=row.place))
        seen = self._known[known].seen
        is_own = self._is_own(row, seen)
        return Result(known, inserted=is_own, warnings=warnings, number=seen.number if seen and is_own else None)

    def _done_already(self, row: ContactRow, contact: Contact) -> Result | None:
        """The result of an imported row that has nothing more to do: it came again, or another row has its contact."""
        if row.is_first_of_file and row.mark and contact.imported == row.mark:
            return Result(contact.id, inserted=self._is_own(row, contact), number=contact.number)
        is_later = self._is_of_file(row, contact.id)
        is_another = row.named_by_number and row.is_another_number_of(contact)
        return Result(contact.id, duplicate=True) if is_later or row.only_new or is_another else None

    def _blocked(self, row: ContactRow, known: str | None, holders: Sequence[tuple[Draft, bool]]) -> Result | None:
        """The result of a row with another contact's number. None: the row must wait.

        One transaction cannot take a number that another has yet to free. And a row that writes nothing does not find
        out whether a contact of its name exists after all.
        """
        holder = next((draft.changed.id for draft, has in holders if has), None)
        if holder is None or (self._known.guesses and (row.id or row.fields.external_id)):
            return None
        if row.is_first_of_file:
            return Result(known or holder, holder, duplicate=True)
        if known:
            message = (
                f"phone_numbers: contact {holder} of the campaign has one of them; with unique_numbers no other can"
            )
            return replace(_failed(row, "duplicate_number", message), blocked_by=holder)
        self._known.change(self._enqueued(row, self._known[holder].changed))
        message = "a contact of the campaign has one of these numbers; contact_ids names it, and nothing was stored"
        warning = ApiWarning(code="duplicate_number", message=message, index=row.place)
        return Result(holder, holder, duplicate=True, warnings=[*row.warnings, warning])

    def _is_of_file(self, row: ContactRow, contact_id: str) -> bool:
        """Whether a row of the same file has written the contact."""
        imported = self._known[contact_id].changed.imported
        return row.is_first_of_file and _import_of(imported) == _import_of(row.mark)

    def _is_own(self, row: ContactRow, contact: Contact | None) -> bool:
        """Whether this very row created the contact, in a run of its import that was cut short."""
        is_marked = row.mark is not None and contact is not None and contact.imported == row.mark
        return is_marked and contact is not None and contact.created_at == self._created_ms

    def _insert(self, row: ContactRow, name: str | None) -> str:
        contact_id = row.id or name or str(uuid4())
        blank = Contact(
            campaign_key=self._campaign_key,
            id=contact_id,
            number=-1,
            status=row.insert_as,
            phone_numbers=row.numbers,
            created_at=self._created_ms,
            due=self._created_ms,
            kind=LaneKind.FIRST,
        )
        self._known.insert(blank)
        self._update(contact_id, row, name)
        return contact_id

    def _update(self, contact_id: str, row: ContactRow, name: str | None) -> Contact:
        changed = merge.merged(self._known[contact_id].changed, row.fields, row.numbers, self._now_ms)
        changed = self._enqueued(row, changed)
        if row.mark and _import_of(changed.imported) != _import_of(row.mark):
            changed = replace(changed, imported=row.mark)
        is_further = self._known.is_further(name, contact_id)
        if name and is_further:
            changed = replace(changed, aliases=(*changed.aliases, name))
        self._known.change(changed)
        self._known.give_names(contact_id, row, name if is_further else None)
        return changed

    def _enqueued(self, row: ContactRow, contact: Contact) -> Contact:
        """The contact as pending, if it is held and the row enqueues it; else the contact itself."""
        if not row.enqueues or contact.status is not ContactStatus.HELD:
            return contact
        return replace(contact, status=ContactStatus.PENDING, updated_at=self._now_ms)


def _import_of(mark: str | None) -> str | None:
    return mark.partition(":")[0] if mark else None


def _failed(row: ContactRow, code: str, message: str) -> Result:
    return Result(None, failed=FailedRow(index=row.place, code=code, message=message))
