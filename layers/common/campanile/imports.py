"""CSV files dropped into the bucket become contacts: `<org>/<campaign>/<file>.csv`.

A file is read through before anything is written, so a file that cannot be understood imports nothing. Rows without
id and external id take their contact id from their number, so that a number is in a campaign once (seed 002) however
often a file is dropped or its event delivered.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from campanile import csv_rows, manage_campaigns, phone, upsert
from campanile.clock import Clock
from campanile.csv_rows import CsvRow, CsvStructureError, RowError
from campanile.dial_queue import DialQueue
from campanile.entities import Campaign
from campanile.errors import NotFoundError, StateError
from campanile.field_types import instant
from campanile.lifecycle import CampaignStatus
from campanile.models import ContactInput, ImportAnswer, ImportRowError, ImportsAnswer
from campanile.store import contacts, imports, keys, orgs
from campanile.store.imports import Import
from campanile.store.orgs import UnknownOrgError
from campanile.store.table import Table
from campanile.uploads import StoredFile, Uploads
from campanile.upsert import Row

MAX_FILE_BYTES = 10_000_000
"""Seed 000: a CSV file is 10 MB or smaller."""
ROWS_PER_WRITE = 500
LISTED_IMPORTS = 100
_OBJECT_KEY = re.compile(r"(?P<org>[^/]+)/(?P<campaign>[^/]+)/(?P<file>[^/]+\.csv)", re.IGNORECASE)


class NotOurFileError(Exception):
    """The object's key does not say whose contacts it has."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A good row of the file, ready for the upsert; `by_number` when its id comes from its number."""

    source: CsvRow
    fields: ContactInput
    numbers: tuple[str, ...]
    by_number: bool


def import_file(table: Table, queue: DialQueue, uploads: Uploads, clock: Clock, file: StoredFile) -> Import | None:
    """Import a dropped file; None when it was imported before. Raises NotOurFileError for a key of another form."""
    place = _OBJECT_KEY.fullmatch(file.key)
    if place is None:
        raise NotOurFileError("the key must be <org>/<campaign>/<file>.csv")
    job, now = str(uuid5(NAMESPACE_URL, f"s3://{file.bucket}/{file.key}#{file.version}")), clock.now_ms()
    org, reference = place["org"], place["campaign"]
    try:
        orgs.settings(table, org)
    except UnknownOrgError:
        raise NotOurFileError("no such org") from None
    try:
        campaign = manage_campaigns.find_or_ad_hoc(table, org, reference)
    except NotFoundError as error:
        unknown = Import(job, org, f"{reference}@{org}", place["file"], now, now)
        return _finished(table, clock, unknown, "failed", str(error)) if imports.begin(table, unknown) else None
    new = Import(job, org, campaign.key, place["file"], now, now)
    current = imports.begin(table, new)
    if current is None:
        return None
    try:
        records = _read(uploads, file)
        if campaign.status is CampaignStatus.CLOSED:
            raise StateError("The campaign is closed; a closed campaign takes no contacts.")
        done = _Run(table, queue, clock, campaign, current, resumed=current is not new).run(records)
    except (CsvStructureError, StateError) as error:
        return _finished(table, clock, current, "failed", str(error))
    return _finished(table, clock, done, "completed_with_errors" if done.counts.invalid else "completed")


def list_imports(table: Table, campaign: Campaign) -> ImportsAnswer:
    """The campaign's imports with their reports, newest first, at most 100."""
    found = imports.of_campaign(table, campaign.key, LISTED_IMPORTS)
    return ImportsAnswer(imports=[_answer(one) for one in found])


def _read(uploads: Uploads, file: StoredFile) -> list[CsvRow | RowError]:
    if file.size > MAX_FILE_BYTES:
        raise CsvStructureError(f"the file has {file.size:,} bytes; at most {MAX_FILE_BYTES:,} are taken: split it")
    return list(csv_rows.read_rows(csv_rows.decode(uploads.read(file))))


class _Run:
    """One run over a file's rows, from the import's checkpoint on."""

    def __init__(
        self, table: Table, queue: DialQueue, clock: Clock, campaign: Campaign, current: Import, resumed: bool
    ) -> None:
        self._table = table
        self._queue = queue
        self._clock = clock
        self._campaign = campaign
        self._current = current
        # A run cut short may have written a part of its next rows: those are found again, not updated.
        self._may_find_own = resumed

    def run(self, records: Sequence[CsvRow | RowError]) -> Import:
        country = manage_campaigns.country_code(self._table, self._campaign)
        seen: set[str] = set()
        checkpoint = self._current.checkpoint
        for start in range(0, len(records), ROWS_PER_WRITE):
            chunk = records[start : start + ROWS_PER_WRITE]
            prepared = [_prepare(self._campaign, record, country) for record in chunk]
            fresh = list(_first_of_file(prepared, seen))
            if chunk[-1].row > checkpoint:
                self._take(chunk, prepared, fresh)
        return self._current

    def _take(
        self,
        chunk: Sequence[CsvRow | RowError],
        prepared: Sequence[_Prepared | ImportRowError],
        fresh: Sequence[_Prepared],
    ) -> None:
        """Write one chunk, count it, and save the checkpoint behind it."""
        bad = [one for one in prepared if isinstance(one, ImportRowError)]
        repeated = len(prepared) - len(bad) - len(fresh)
        inserted, updated, known, refused = self._write(fresh)
        for error in sorted([*bad, *refused], key=lambda one: one.row):
            self._current = imports.with_error(self._current, error)
        counts = self._current.counts
        self._current = replace(
            self._current,
            checkpoint=chunk[-1].row,
            updated_at=self._clock.now_ms(),
            counts=counts.model_copy(
                update={
                    "rows": counts.rows + len(chunk),
                    "inserted": counts.inserted + inserted,
                    "updated": counts.updated + updated,
                    "duplicates": counts.duplicates + known + repeated,
                }
            ),
        )
        imports.save(self._table, self._current)
        self._may_find_own = False

    def _write(self, fresh: Sequence[_Prepared]) -> tuple[int, int, int, list[ImportRowError]]:
        """Upsert rows; answers how many were inserted, updated, left out as their number was there, and the refused."""
        found = contacts.get_many(self._table, self._campaign.key, [self._identity(one) for one in fresh])
        # Contacts bear the time of the import that made them, so an interrupted run knows its own again.
        own = {name for name, one in found.items() if one.created_at == self._current.created_at}
        known = {one.fields.id for one in fresh if one.by_number and one.fields.id in found.keys() - own}
        wanted = [one for one in fresh if one.fields.id not in known]
        rows = [Row(index, one.fields, one.numbers or None) for index, one in enumerate(wanted)]
        if not rows:
            return 0, 0, len(known), []
        now, created = self._clock.now_ms(), self._current.created_at
        answer = upsert.upsert(self._table, self._queue, self._campaign, rows, now, created)
        refused = [
            ImportRowError(row=wanted[one.index].source.row, column=None, code=one.code, message=one.message)
            for one in answer.failed
        ]
        again = len({self._identity(one) for one in wanted} & own) if self._may_find_own else 0
        return answer.inserted + again, answer.updated - again, len(known), refused

    def _identity(self, one: _Prepared) -> str:
        """The id under which the row's contact is found."""
        if one.fields.id is not None:
            return one.fields.id
        assert one.fields.external_id is not None, "a row without either has an id from its number"
        return keys.contact_id_for(self._campaign.key, one.fields.external_id)


def _prepare(campaign: Campaign, record: CsvRow | RowError, country: str | None) -> _Prepared | ImportRowError:
    if isinstance(record, RowError):
        return ImportRowError(row=record.row, column=record.column, code=record.code, message=record.message)
    numbers: list[str] = []
    for column, raw in zip(record.phone_columns, record.phone_numbers, strict=True):
        try:
            numbers.append(upsert.normalize(raw, country).e164)
        except phone.InvalidPhoneNumber as invalid:
            return ImportRowError(row=record.row, column=column, code=invalid.reason, message=str(invalid))
    by_number = record.id is None and record.external_id is None
    if by_number and not numbers:
        return ImportRowError(row=record.row, column=None, code="no_number", message="the row has no phone number")
    fields = {
        "id": _id_from_number(campaign, numbers[0]) if by_number else record.id,
        "external_id": record.external_id,
        "phone_numbers": numbers or None,
        "timezone": record.timezone,
        "scheduled_at": record.scheduled_at,
        "data": record.data,
    }
    try:
        checked = ContactInput.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError as invalid:
        first = invalid.errors(include_input=False, include_url=False)[0]
        column = str(first["loc"][0])
        message = first["msg"].removeprefix("Value error, ")
        return ImportRowError(row=record.row, column=column, code=first["type"], message=message)
    return _Prepared(record, checked, tuple(dict.fromkeys(numbers)), by_number)


def _first_of_file(prepared: Sequence[_Prepared | ImportRowError], seen: set[str]) -> Iterator[_Prepared]:
    """Rows whose number no earlier row of the file had; rows with an id of their own always pass."""
    for one in prepared:
        if isinstance(one, ImportRowError):
            continue
        if one.by_number and seen.intersection(one.numbers):
            continue
        seen.update(one.numbers)
        yield one


def _id_from_number(campaign: Campaign, number: str) -> str:
    return keys.contact_id_for(keys.contact_id_for(campaign.key, "phone number"), number)


def _finished(table: Table, clock: Clock, current: Import, status: str, reason: str | None = None) -> Import:
    done = replace(current, status=status, reason=reason, updated_at=clock.now_ms())
    imports.save(table, done)
    return done


def _answer(one: Import) -> ImportAnswer:
    return ImportAnswer.model_validate(
        {
            "id": one.job,
            "file_name": one.file_name,
            "status": one.status,
            "reason": one.reason,
            "counts": one.counts,
            "errors": list(one.errors),
            "created_at": instant(one.created_at),
            "updated_at": instant(one.updated_at),
        }
    )
