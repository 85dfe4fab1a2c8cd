"""Imports as the API shows them."""

from campanile.adapters.bucket import Bucket
from campanile.campaigns import find_campaign
from campanile.domain.errors import NotFoundError
from campanile.domain.times import instant
from campanile.schema import pagination
from campanile.schema.import_responses import (
    ImportCountsResponse,
    ImportProgress,
    ImportResponse,
    ImportRowErrorResponse,
    ImportsResponse,
)
from campanile.store import imports, keys
from campanile.store.imports import LISTED_IMPORTS, Import
from campanile.store.table import Table

LINK_SECONDS = 900
"""How long a link works."""
NOTHING_UPLOADED = "Nothing was uploaded before the form expired; ask for a new one."


def campaign_key(table: Table, org: str, reference: str) -> str:
    """The key under which a campaign's imports are listed. Raises NotFoundError if neither exists."""
    try:
        return find_campaign.find_or_ad_hoc(table, org, reference).key
    except NotFoundError:
        key = keys.unknown_campaign(org, reference)
        if not imports.of_campaign(table, key, 1):
            raise
        return key


def listed(table: Table, campaign_key: str, now_ms: int) -> ImportsResponse:
    """A campaign's imports with their reports, newest first, at most 100."""
    found = imports.of_campaign(table, campaign_key, LISTED_IMPORTS)
    return ImportsResponse(imports=pagination.fitting([response(one, now_ms) for one in found]))


def get(table: Table, bucket: Bucket, campaign_key: str, job: str, now_ms: int) -> ImportResponse:
    """One import, with a link to its failing rows if there are any; raises NotFoundError."""
    found = imports.get(table, job.lower())
    if found is None or found.campaign_key != campaign_key:
        raise NotFoundError("There is no import with this id here.")
    shown = response(found, now_ms)
    if found.report_key is None:
        return shown
    stem = (found.file_name or "contacts.csv").rpartition(".")[0] or "contacts"
    link = bucket.link(found.report_key, f"{stem}-failed.csv", LINK_SECONDS)
    until = instant(now_ms + 1000 * LINK_SECONDS)
    return shown.model_copy(update={"failed_rows_url": link, "failed_rows_url_expires_at": until})


def response(one: Import, now_ms: int) -> ImportResponse:
    """The import without links."""
    expired = one.status == "awaiting_upload" and one.upload_until is not None and now_ms > one.upload_until
    return ImportResponse.model_validate(
        {
            "id": one.job,
            "file_name": one.file_name,
            "status": "failed" if expired else one.status,
            "reason": NOTHING_UPLOADED if expired else one.reason,
            "mode": one.mode,
            "progress": _progress(one),
            "counts": ImportCountsResponse.of(one.counts),
            "errors": [ImportRowErrorResponse.of(error) for error in one.errors],
            "created_at": instant(one.created_at),
            "updated_at": instant(one.updated_at),
        }
    )


def _progress(one: Import) -> ImportProgress:
    """How far it is. For a request's contacts this has only the rows."""
    reading = one.reading
    is_checking = reading.phase == "checking"
    return ImportProgress(
        phase=None if one.file is None else "checking" if is_checking else "importing",
        rows_done=reading.rows if one.file and is_checking else one.counts.rows,
        rows_total=None if one.file is None or is_checking else reading.rows,
        bytes_done=reading.position.get("offset", 0),
        bytes_total=one.file.size if one.file else None,
    )
