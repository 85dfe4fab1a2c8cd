"""Rows that become contacts of a campaign, of a file or of a request: what they are checked against, and their writing.

A contact bears the row that wrote it, so rows written behind the checkpoint of a run cut short are known again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from campanile.contacts.rows import ContactRow
from campanile.csv_files.columns import Columns, detect_columns
from campanile.csv_files.records import Record
from campanile.csv_files.rows import CsvRow, read_row
from campanile.domain.campaign import Campaign, refuse_closed
from campanile.domain.contact import Contact
from campanile.domain.contact_fields import STRUCTURED_COLUMNS
from campanile.domain.errors import NotFoundError
from campanile.domain.import_report import ImportRowError
from campanile.imports import prepare_row
from campanile.imports.number_set import NumberSet, as_integer, fingerprint
from campanile.imports.prepare_row import NameClaims, Terms
from campanile.imports.run import ImportPorts, Write
from campanile.imports.write_contacts import ContactWriter
from campanile.store import campaigns, configurations, contacts, counters, keys
from campanile.store.imports import Import
from campanile.store.table import Table

BLOCKS_PER_SIGN = 50
"""A large campaign's numbers take minutes to read: how many blocks between two signs of life."""


class ContactsFile:
    """A file whose rows become contacts of `campaign`; raises StateError for a closed one."""

    def __init__(self, ports: ImportPorts, campaign: Campaign) -> None:
        refuse_closed(campaign)
        self._ports = ports
        self._campaign = campaign

    def begun(self, current: Import) -> Import:
        """The import with the terms that hold for all of its rows; raises CsvStructureError for a wrong header."""
        detect_columns(current.reading.header, current.mapping)
        terms = terms_of(self._ports.table, self._campaign)
        reading = replace(current.reading, country_code=terms.country_code, timezone=terms.timezone)
        return replace(
            current, reading=reading, numbers_before=counters.allocated(self._ports.table, self._campaign.key)
        )

    def checks(self, current: Import) -> "RowChecks":
        """What checks the rows, in their order."""
        terms = Terms(self._campaign.key, current.reading.country_code, current.reading.timezone)
        return RowChecks(self._ports.table, self._campaign, _columns(current), terms)

    def writing(self, current: Import, still_here: Callable[[], bool]) -> Write[ContactRow]:
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

    def check(self, records: Iterable[Record]) -> list[ContactRow | ImportRowError]:
        """The records that are not blank, each ready for the upsert or with its error."""
        rows = [row for record in records if (row := read_row(record, self.columns))]
        key = self.campaign.key
        names = [name for row in rows if isinstance(row, CsvRow) for name in prepare_row.names(key, row)]
        found = contacts.get_many(self.table, key, names)
        checked = [row if isinstance(row, ImportRowError) else self._prepare(row, found) for row in rows]
        return [self._by_header(one) if isinstance(one, ImportRowError) else one for one in checked]

    def _prepare(self, row: CsvRow, found: Mapping[str, Contact]) -> ContactRow | ImportRowError:
        checked = prepare_row.prepare(self.terms, row, found, self.coming)
        if isinstance(checked, ImportRowError) or not row.external_id:
            return checked
        contact = next((found[name] for name in prepare_row.names(self.campaign.key, row) if name in found), None)
        if self.claims.conflict(checked, contact.id if contact else checked.identity(self.campaign.key)):
            return ImportRowError(row.row, "external_id", "identity_conflict", prepare_row.CONFLICT)
        if checked.numbers:
            self.coming.add(fingerprint(row.external_id))
        return checked

    def _by_header(self, error: ImportRowError) -> ImportRowError:
        """The error with the column as its header names it, where it names a field."""
        index = getattr(self.columns, error.column, None) if error.column in STRUCTURED_COLUMNS else None
        return error if index is None else replace(error, column=self.columns.headers[index])


def terms_of(table: Table, campaign: Campaign) -> Terms:
    """The terms of the campaign's configuration; ad-hoc contacts have none."""
    found = configurations.of_campaign(table, campaign)
    if found is None:
        return Terms(campaign.key, None, None)
    return Terms(campaign.key, found.default_country_code, found.default_timezone)


def _columns(current: Import) -> Columns:
    return detect_columns(current.reading.header, current.mapping)
