"""Rows that become contacts of a campaign, of a file or of a request: what they are checked against, and their writing.

A contact bears the row that wrote it, so rows written behind the checkpoint of a run cut short are known again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from campanile import csv_columns, csv_rows, import_rows, upsert
from campanile.answers import ImportRowError
from campanile.csv_columns import Columns
from campanile.csv_headers import FIELD_HEADERS
from campanile.csv_rows import CsvRow, RowError
from campanile.csv_source import Record
from campanile.entities import Campaign, Contact
from campanile.errors import NotFoundError, StateError
from campanile.import_rows import NameClaims, Prepared, Terms
from campanile.import_runs import ImportPorts, Write, Written, row_error
from campanile.lifecycle import CampaignStatus
from campanile.number_set import NumberSet, as_integer, fingerprint
from campanile.store import campaigns, configurations, contacts, counters, do_not_call, keys
from campanile.store.imports import Import
from campanile.store.table import Table
from campanile.upsert import Result, Row

BLOCKS_PER_SIGN = 50
"""A large campaign's numbers take minutes to read: how many blocks between two signs of life."""


class ContactsFile:
    """A file whose rows become contacts of `campaign`; raises StateError for a closed one."""

    def __init__(self, ports: ImportPorts, campaign: Campaign) -> None:
        if campaign.status is CampaignStatus.CLOSED:
            raise StateError("The campaign is closed; a closed campaign takes no contacts.")
        self._ports = ports
        self._campaign = campaign

    def begun(self, current: Import) -> Import:
        """The import with the terms that hold for all of its rows; raises CsvStructureError for a wrong header."""
        csv_columns.detect_columns(current.reading.header, current.mapping)
        terms = terms_of(self._ports.table, self._campaign)
        reading = replace(current.reading, country_code=terms.country_code, timezone=terms.timezone)
        return replace(
            current, reading=reading, numbers_before=counters.allocated(self._ports.table, self._campaign.key)
        )

    def checks(self, current: Import) -> "RowChecks":
        """What checks the rows, in their order."""
        terms = Terms(self._campaign.key, current.reading.country_code, current.reading.timezone)
        return RowChecks(self._ports.table, self._campaign, _columns(current), terms)

    def writing(self, current: Import, still_here: Callable[[], bool]) -> Write[Prepared]:
        """What writes the rows behind the checkpoint."""
        known = None if self._campaign.unique_numbers else self._known(current, still_here)
        return ContactWriter(self._ports, self._campaign, known).write

    def _known(self, current: Import, still_here: Callable[[], bool]) -> NumberSet:
        """The campaign's numbers. Rows that bring but one number are known by their ids, those of this file too."""
        before, campaign, columns = current.numbers_before, self._campaign, _columns(current)
        needs_own = current.checkpoint > 0 and (
            len(columns.phones) > 1 or columns.id is not None or columns.external_id is not None
        )
        given_out = counters.allocated(self._ports.table, campaign.key) if needs_own else before
        known = NumberSet()
        for block in range(-(-given_out // keys.BLOCK_SIZE)):
            if block and block % BLOCKS_PER_SIGN == 0:
                still_here()
            for number in contacts.numbers(self._ports.table, campaign.key, block):
                known.add(as_integer(number))
        return known


class ContactWriter:
    """Writes rows into a campaign.

    `known` are the numbers the campaign has: rows of a file that name no contact and bring one of them are duplicates.
    None: the upsert says so itself, as numbers are unique in the campaign, or numbers may repeat in a request.
    """

    def __init__(self, ports: ImportPorts, campaign: Campaign, known: NumberSet | None = None) -> None:
        self._ports = ports
        self._campaign = campaign
        self._known = known

    def write(self, current: Import, rows: Sequence[Prepared]) -> Written:
        """Store a batch of good rows of an import; raises StateError for a closed campaign."""
        wanted, repeated = self._without_known(current, rows)
        stored = self._store(current, wanted)
        errors = [
            ImportRowError(row=one.row, column=None, code=result.failed.code, message=result.failed.message)
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

    def _without_known(self, current: Import, rows: Sequence[Prepared]) -> tuple[list[Prepared], int]:
        """The rows that bring no number the campaign has already, and how many the others are."""
        known = self._known
        if known is None:
            return list(rows), 0
        held = {one.row for one in rows if any(as_integer(number) in known for number in one.numbers)}
        suspects = [one.identity(self._campaign.key) for one in rows if one.row in held or not one.by_number]
        found = contacts.get_many(self._ports.table, self._campaign.key, suspects)
        fresh: list[Prepared] = []
        meant: set[str] = set()
        for one in rows:
            identity = one.identity(self._campaign.key)
            contact = found.get(identity)
            # Of a contact that an earlier row means, or wrote behind the checkpoint, nothing more is stored.
            is_later = (contact.id if contact else identity) in meant
            is_later |= contact is not None and current.wrote_other_row(contact.imported, one.row)
            if is_later or self._brings_known(current, one, contact, known):
                continue
            fresh.append(one)
            meant.add(contact.id if contact else identity)
            _note(known, one, contact)
        return fresh, len(rows) - len(fresh)

    def _brings_known(self, current: Import, one: Prepared, contact: Contact | None, known: NumberSet) -> bool:
        if contact is not None and contact.imported == current.mark(one.row):
            return False  # its own contact, by a run that was cut short
        return one.by_number and any(as_integer(number) in known for number in one.numbers)

    def _store(self, current: Import, wanted: Sequence[Prepared]) -> list[Result]:
        rows = [
            Row(
                index,
                one.fields,
                one.numbers or None,
                repeatable_id=one.repeatable_id or None,
                mark=current.mark(one.row),
                is_first_of_file=current.file is not None,
                only_new=one.by_number,
                named_by_number=one.by_number or current.push is not None,
                insert_as=one.insert_as,
                enqueues=one.enqueues,
            )
            for index, one in enumerate(wanted)
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
            for row, result in zip(renamed, again, strict=True):
                results[row.index] = result
        return results

    def _with_other_ids(self, current: Import, rows: Sequence[Row], results: Sequence[Result]) -> list[Row]:
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

    def _listed(self, rows: Sequence[Prepared]) -> int:
        """How many rows have no number that is not on the do-not-call list: stored, and never called."""
        brought = [number for one in rows for number in one.numbers]
        now = self._ports.clock.now_ms()
        listed = do_not_call.listed(self._ports.table, self._campaign.org, brought, now)
        return sum(bool(one.numbers) and listed.issuperset(one.numbers) for one in rows)


def _note(known: NumberSet, one: Prepared, contact: Contact | None) -> None:
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


def campaign_of(table: Table, current: Import) -> Campaign:
    """Where the import's contacts go; raises NotFoundError."""
    if current.campaign_key == keys.default_campaign(current.org):
        return campaigns.ad_hoc(current.org)
    found = campaigns.get(table, current.org, current.campaign_key)
    if found is None:
        raise NotFoundError("The campaign was not created: its request ended before it was answered.")
    return found


@dataclass(frozen=True, slots=True)
class RowChecks:
    """What the rows of a file are checked against, in their order.

    `coming` are the external ids of rows before that bring a number, `claims` the contacts that those rows mean.
    """

    table: Table
    campaign: Campaign
    columns: Columns
    terms: Terms
    coming: NumberSet = field(default_factory=NumberSet)
    claims: NameClaims = field(default_factory=NameClaims)

    def check(self, records: Iterable[Record]) -> list[Prepared | ImportRowError]:
        """The records that are not blank, each ready for the upsert or with its error."""
        rows = [row for record in records if (row := csv_rows.read_row(record, self.columns))]
        key = self.campaign.key
        names = [name for row in rows if isinstance(row, CsvRow) for name in import_rows.names(key, row)]
        found = contacts.get_many(self.table, key, names)
        return [
            row_error(row) if isinstance(row, RowError) else self._by_header(self._prepare(row, found)) for row in rows
        ]

    def _prepare(self, row: CsvRow, found: Mapping[str, Contact]) -> Prepared | ImportRowError:
        checked = import_rows.prepare(self.terms, row, found, self.coming)
        if isinstance(checked, ImportRowError) or not row.external_id:
            return checked
        contact = next((found[name] for name in import_rows.names(self.campaign.key, row) if name in found), None)
        if self.claims.conflict(checked, contact.id if contact else checked.identity(self.campaign.key)):
            message = import_rows.CONFLICT
            return ImportRowError(row=row.row, column="external_id", code="identity_conflict", message=message)
        if checked.numbers:
            self.coming.add(fingerprint(row.external_id))
        return checked

    def _by_header(self, checked: Prepared | ImportRowError) -> Prepared | ImportRowError:
        """The error with the column as its header names it, where it names a field."""
        if isinstance(checked, Prepared) or checked.column is None:
            return checked
        index = getattr(self.columns, checked.column, None) if checked.column in FIELD_HEADERS else None
        return checked if index is None else checked.model_copy(update={"column": self.columns.headers[index]})


def terms_of(table: Table, campaign: Campaign) -> Terms:
    """The terms of the campaign's configuration; ad-hoc contacts have none. Raises StateError when it is gone."""
    if campaign.configuration_id is None:
        return Terms(campaign.key, None, None)
    found = configurations.in_use(table, campaign.org, campaign.configuration_id)
    if found is None:
        raise StateError("The campaign's configuration does not exist any more.")
    return Terms(campaign.key, found.default_country_code, found.default_timezone)


def _columns(current: Import) -> Columns:
    return csv_columns.detect_columns(current.reading.header, current.mapping)
