"""Writes the rows of an import as contacts, batch by batch."""

from collections.abc import Sequence
from dataclasses import replace

from campanile.contacts import upsert
from campanile.contacts.rows import ContactRow, Result
from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact
from campanile.domain.import_report import ImportRowError
from campanile.imports.number_set import NumberSet, as_integer
from campanile.imports.run import ImportPorts, Written
from campanile.store import campaigns, contacts, do_not_call, keys
from campanile.store.imports import Import


class ContactWriter:
    """Writes rows into a campaign.

    `known` are the numbers the campaign has: rows of a file that name no contact and bring one of them are duplicates.
    None: the upsert says so itself, as numbers are unique in the campaign, or numbers may repeat in a request.
    """

    def __init__(self, ports: ImportPorts, campaign: Campaign, known: NumberSet | None = None) -> None:
        self._ports = ports
        self._campaign = campaign
        self._known = known

    def write(self, current: Import, rows: Sequence[ContactRow]) -> Written:
        """Store a batch of good rows of an import; raises StateError for a closed campaign."""
        wanted, repeated = self._without_known(current, rows)
        stored = self._store(current, wanted)
        errors = [
            ImportRowError(row=one.place, column=None, code=result.failed.code, message=result.failed.message)
            for one, result in zip(wanted, stored, strict=True)
            if result.failed
        ]
        taken = [(one, result) for one, result in zip(wanted, stored, strict=True) if result.contact_id]
        new = [one for one, result in taken if not result.duplicate]
        inserted = sum(result.inserted for _, result in taken)
        counts = {
            "inserted": inserted,
            "updated": len(new) - inserted,
            "duplicates": repeated + len(taken) - len(new),
            "do_not_call": self._listed(new),
        }
        created = [result.number for _, result in taken if result.inserted and result.number is not None]
        return Written(counts, errors, created)

    def _without_known(self, current: Import, rows: Sequence[ContactRow]) -> tuple[list[ContactRow], int]:
        """The rows that bring no number the campaign has already, and how many the others are."""
        known = self._known
        if known is None:
            return list(rows), 0
        held = {one.place for one in rows if any(as_integer(number) in known for number in one.numbers)}
        suspects = [one.identity(self._campaign.key) for one in rows if one.place in held or not one.only_new]
        found = contacts.get_many(self._ports.table, self._campaign.key, suspects)
        fresh: list[ContactRow] = []
        meant: set[str] = set()
        for one in rows:
            identity = one.identity(self._campaign.key)
            contact = found.get(identity)
            # Of a contact that an earlier row means, or wrote behind the checkpoint, nothing more is stored.
            is_later = (contact.id if contact else identity) in meant
            is_later |= contact is not None and current.wrote_other_row(contact.imported, one.place)
            if is_later or self._brings_known(current, one, contact, known):
                continue
            fresh.append(one)
            meant.add(contact.id if contact else identity)
            _note(known, one, contact)
        return fresh, len(rows) - len(fresh)

    def _brings_known(self, current: Import, one: ContactRow, contact: Contact | None, known: NumberSet) -> bool:
        if contact is not None and contact.imported == current.mark(one.place):
            return False  # its own contact, by a run that was cut short
        return one.only_new and any(as_integer(number) in known for number in one.numbers)

    def _store(self, current: Import, wanted: Sequence[ContactRow]) -> list[Result]:
        rows = [
            replace(
                one,
                mark=current.mark(one.place),
                is_first_of_file=current.file is not None,
                named_by_number=one.named_by_number or current.push is not None,
            )
            for one in wanted
        ]
        if not rows:
            return []
        ports = self._ports
        if not self._campaign.is_ad_hoc:  # it may have been closed meanwhile; on creation it is not there yet
            self._campaign = campaigns.get(ports.table, self._campaign.org, self._campaign.id) or self._campaign
        now = ports.clock.now_ms()
        results = upsert.store(ports.table, ports.dial_queue, self._campaign, rows, now, current.created_at)
        if renamed := self._with_other_ids(current, rows, results):
            again = upsert.store(ports.table, ports.dial_queue, self._campaign, renamed, now, current.created_at)
            by_place = {row.place: result for row, result in zip(renamed, again, strict=True)}
            results = [by_place.get(row.place, result) for row, result in zip(rows, results, strict=True)]
        return results

    def _with_other_ids(
        self, current: Import, rows: Sequence[ContactRow], results: Sequence[Result]
    ) -> list[ContactRow]:
        """Rows whose number the contact of its id has given up: they make contacts of ids of their own."""
        if current.file is None and current.push is None:
            return []
        found = contacts.get_many(
            self._ports.table,
            self._campaign.key,
            [
                result.contact_id
                for row, result in zip(rows, results, strict=True)
                if row.named_by_number and result.contact_id and result.duplicate
            ],
        )
        key = self._campaign.key
        # A file knows the campaign's numbers; a later push has to find the contact by its id.
        maker = "a push" if current.push else None
        return [
            replace(row, repeatable_id=keys.contact_id_for(key, f"{row.repeatable_id} {maker or row.mark}"))
            for row, result in zip(rows, results, strict=True)
            if result.contact_id in found and row.is_another_number_of(found[result.contact_id])
        ]

    def _listed(self, rows: Sequence[ContactRow]) -> int:
        """How many rows have no number that is not on the do-not-call list: stored, and never called."""
        brought = [number for one in rows for number in one.numbers]
        now = self._ports.clock.now_ms()
        listed = do_not_call.listed(self._ports.table, self._campaign.org, brought, now)
        return sum(bool(one.numbers) and listed.issuperset(one.numbers) for one in rows)


def _note(known: NumberSet, one: ContactRow, contact: Contact | None) -> None:
    """Let the campaign's numbers be as the row leaves them: a contact gives up those that the row does not repeat."""
    if not one.numbers:
        return
    former = contact.phone_numbers if contact else ()
    for number in former:
        if number not in one.numbers:
            known.discard(as_integer(number))
    for number in one.numbers:
        if number not in former:
            known.add(as_integer(number))
