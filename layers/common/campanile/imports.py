"""CSV files dropped into the bucket become contacts: `<org>/<campaign>/<file>.csv`.

A file is read through before anything is written, so a file that cannot be understood imports nothing. Rows without
id and external id take their contact id from their number, so that a number is in a campaign once (seed 002) however
often a file is dropped or its event delivered.
"""

import re
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from campanile import csv_columns, csv_rows, csv_source, import_runs, manage_campaigns, phone, upsert
from campanile.answers import ImportRowError
from campanile.csv_rows import CsvRow, RowError
from campanile.csv_source import CsvStructureError
from campanile.entities import Campaign
from campanile.errors import NotFoundError, StateError
from campanile.field_errors import field_error
from campanile.import_runs import ImportPorts, Prepared, Run
from campanile.lifecycle import CampaignStatus
from campanile.models import ContactInput
from campanile.store import imports, keys, orgs
from campanile.store.imports import Import, ImportTakenOverError
from campanile.store.orgs import UnknownOrgError
from campanile.uploads import StoredFile, Uploads

MAX_FILE_BYTES = 10_000_000
"""Seed 000: a CSV file is 10 MB or smaller."""
_OBJECT_KEY = re.compile(r"(?P<org>[^/]+)/(?P<campaign>[^/]+)/(?P<file>[^/]+\.csv)", re.IGNORECASE)


class NotOurFileError(Exception):
    """The object's key does not say whose contacts it has."""


def import_file(ports: ImportPorts, file: StoredFile) -> Import | None:
    """Import a dropped file; None when it was imported before, or is being so by another run.

    Raises NotOurFileError for a key of another form.
    """
    place = _OBJECT_KEY.fullmatch(file.key)
    if place is None:
        raise NotOurFileError("the key must be <org>/<campaign>/<file>.csv")
    job, now = str(uuid5(NAMESPACE_URL, f"s3://{file.bucket}/{file.key}#{file.version}")), ports.clock.now_ms()
    org, reference = place["org"], place["campaign"]
    try:
        orgs.settings(ports.table, org)
    except UnknownOrgError:
        raise NotOurFileError("no such org") from None
    try:
        campaign = manage_campaigns.find_or_ad_hoc(ports.table, org, reference)
    except NotFoundError as error:
        unknown = imports.begin(ports.table, Import(job, org, f"{reference}@{org}", place["file"], now, now))
        return import_runs.finished(ports, unknown, "failed", str(error)) if unknown else None
    new = Import(job, org, campaign.key, place["file"], now, now)
    current = imports.begin(ports.table, new)
    if current is None:
        return None
    try:
        return _import(ports, campaign, Run(ports, campaign, current, resumed=current is not new), file)
    except ImportTakenOverError:
        return None


def _import(ports: ImportPorts, campaign: Campaign, run: Run, file: StoredFile) -> Import:
    try:
        records = _read(ports.uploads, file)
        if campaign.status is CampaignStatus.CLOSED:
            raise StateError("The campaign is closed; a closed campaign takes no contacts.")
        country = manage_campaigns.country_code(ports.table, campaign)
        return run.go(_prepare(campaign, record, country) for record in records)
    except (CsvStructureError, StateError) as error:
        return import_runs.finished(ports, run.current, "failed", str(error))


def _read(uploads: Uploads, file: StoredFile) -> list[CsvRow | RowError]:
    if file.size > MAX_FILE_BYTES:
        raise CsvStructureError(f"the file has {file.size:,} bytes; at most {MAX_FILE_BYTES:,} are taken: split it")
    whole = b"".join(uploads.blocks(file))
    position, header = csv_source.begin(whole)
    columns = csv_columns.detect_columns(header)
    rows = (csv_rows.read_row(one, columns) for one in csv_source.Reader([whole[position.offset :]], position))
    return [row for row in rows if row is not None]


def _prepare(campaign: Campaign, record: CsvRow | RowError, country: str | None) -> Prepared | ImportRowError:
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
        "id": record.id,
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
        wrong = field_error(first, str(first["loc"][0]))
        return ImportRowError(row=record.row, column=wrong.path, code=wrong.code, message=wrong.message)
    own_id = _id_from_number(campaign, numbers[0]) if by_number else ""
    return Prepared(record.row, checked, tuple(dict.fromkeys(numbers)), own_id, by_number)


def _id_from_number(campaign: Campaign, number: str) -> str:
    return keys.contact_id_for(keys.contact_id_for(campaign.key, "phone number"), number)
