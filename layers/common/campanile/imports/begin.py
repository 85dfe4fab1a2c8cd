"""Begins imports: of a file that is dropped into the bucket, or uploaded by a form.

    <org>/<campaign>/<file>                    dropped; the campaign by UUID or external id, or `default`
    <org>/do-not-call/<file>                   dropped; the numbers go on the do-not-call list
    uploads/<org>/<campaign key>/<import>/<file>   uploaded by a form

A worker does the rest. The object's key and version identify an import, so an event that arrives twice begins only one
import, and a file that is dropped again is another import.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid4, uuid5

from pydantic import ValidationError

from campanile.campaigns import find_campaign
from campanile.domain.campaign import Campaign, refuse_closed
from campanile.domain.errors import NotFoundError
from campanile.domain.stored_file import StoredFile
from campanile.domain.times import instant
from campanile.imports import show_import
from campanile.imports.file_import import MAX_FILE_BYTES
from campanile.imports.run import ImportPorts
from campanile.schema.do_not_call import DoNotCallImportInput, DoNotCallSettings
from campanile.schema.field_errors import field_error
from campanile.schema.import_responses import ImportUploadResponse, UploadForm
from campanile.schema.imports import ImportInput, ImportSettings
from campanile.store import imports, keys, orgs
from campanile.store.imports import Import, ImportTakenOverError
from campanile.store.orgs import UnknownOrgError

FORM_SECONDS = 3_600
"""How long after the request for a form its upload may begin."""
_DROPPED = re.compile(r"(?P<org>[^/]+)/(?P<campaign>[^/]+)/(?P<file>[^/]+)")
_UPLOADED = re.compile(r"uploads/(?P<org>[^/]+)/(?P<campaign>[^/]+)/(?P<job>[^/]+)/(?P<file>[^/]+)")


Settings = TypeVar("Settings", bound=ImportSettings)


class NotOurFileError(Exception):
    """The object's key does not say where its contacts belong."""


def request_upload(ports: ImportPorts, campaign: Campaign, wanted: ImportInput, now_ms: int) -> ImportUploadResponse:
    """Begin an import, and return the form for its file. Raises StateError for a closed campaign."""
    refuse_closed(campaign)
    return _awaiting_upload(
        ports, _new(campaign.org, campaign.key, wanted, wanted.mapping, now_ms), wanted.content_type
    )


def request_list_upload(
    ports: ImportPorts, org: str, wanted: DoNotCallImportInput, now_ms: int
) -> ImportUploadResponse:
    """Begin an import of numbers for the do-not-call list, and return the form for its file."""
    new = _new(org, keys.do_not_call_imports(org), wanted, wanted.columns, now_ms)
    return _awaiting_upload(ports, new, wanted.content_type)


def _new(org: str, campaign_key: str, wanted: ImportInput, mapping: Mapping[str, str | None], now_ms: int) -> Import:
    return Import(
        str(uuid4()),
        org,
        campaign_key,
        wanted.file_name,
        now_ms,
        now_ms,
        status="awaiting_upload",
        mode=wanted.mode,
        mapping=mapping,
        upload_until=now_ms + 1000 * FORM_SECONDS,
    )


def _awaiting_upload(ports: ImportPorts, new: Import, content_type: str) -> ImportUploadResponse:
    assert new.file_name is not None, "a file has a name"
    assert new.upload_until is not None, "a form does not last for ever"
    stem, _, suffix = new.file_name.rpartition(".")
    # The bucket sends events for lower-case endings only.
    key = f"uploads/{new.org}/{new.campaign_key}/{new.job}/{stem}.{suffix.lower()}"
    form = ports.bucket.form(key, content_type, MAX_FILE_BYTES, FORM_SECONDS)
    imports.begin(ports.table, new)
    upload = UploadForm(
        url=form["url"], fields=dict(form["fields"]), max_bytes=MAX_FILE_BYTES, expires_at=instant(new.upload_until)
    )
    return ImportUploadResponse(**show_import.response(new, new.created_at).model_dump(), upload=upload)


def receive(ports: ImportPorts, file: StoredFile) -> Import:
    """Begin the import of a file that has arrived, have a worker take it up, and return the import as it stands.

    Raises NotOurFileError for a key of another form, and for an org or import that does not exist.
    """
    uploaded, dropped = _UPLOADED.fullmatch(file.key), _DROPPED.fullmatch(file.key)
    if uploaded:
        current = _uploaded(ports, file, uploaded["org"], uploaded["job"])
    elif dropped:
        current = _dropped(ports, file, dropped["org"], dropped["campaign"], dropped["file"])
    else:
        raise NotOurFileError("the key must be <org>/<campaign>/<file>")
    if current.status == "running" and current.step <= 1:
        ports.work_queue.send_import(current.job)
    return current


def _dropped(ports: ImportPorts, file: StoredFile, org: str, reference: str, file_name: str) -> Import:
    try:
        orgs.settings(ports.table, org)
    except UnknownOrgError:
        raise NotOurFileError("no such org") from None
    now = ports.clock.now_ms()
    is_list = reference == keys.DO_NOT_CALL
    place = keys.do_not_call_imports(org) if is_list else keys.unknown_campaign(org, reference)
    new = Import(job_of(file), org, place, file_name, now, now, file=file)
    try:
        if is_list:
            listing = _settings(ports.bucket.metadata(file), DoNotCallSettings)
            return imports.begin(ports.table, replace(new, mode=listing.mode, mapping=listing.columns))
        new = replace(new, campaign_key=find_campaign.find_or_ad_hoc(ports.table, org, reference).key)
        settings = _settings(ports.bucket.metadata(file), ImportSettings)
    except (NotFoundError, ValueError) as error:
        return imports.begin(ports.table, replace(new, status="failed", reason=str(error)))
    return imports.begin(ports.table, replace(new, mode=settings.mode, mapping=settings.mapping))


def _uploaded(ports: ImportPorts, file: StoredFile, org: str, job: str) -> Import:
    asked = imports.get(ports.table, job)
    if asked is None or asked.org != org:
        raise NotOurFileError("no such import")
    now = ports.clock.now_ms()
    if asked.status == "awaiting_upload":
        try:
            return imports.save(ports.table, asked, replace(asked, status="running", file=file, updated_at=now))
        except ImportTakenOverError:
            return _uploaded(ports, file, org, job)
    if asked.file == file:
        return asked
    again = Import(
        job_of(file),
        org,
        asked.campaign_key,
        asked.file_name,
        now,
        now,
        mode=asked.mode,
        mapping=asked.mapping,
        file=file,
    )
    return imports.begin(ports.table, again)


def job_of(file: StoredFile) -> str:
    """The id of a file's import."""
    return str(uuid5(NAMESPACE_URL, f"s3://{file.bucket}/{file.key}#{file.version}"))


def _settings(metadata: Mapping[str, str], kind: type[Settings]) -> Settings:
    """Mode and mapping from the object's metadata. Raises ValueError with a message for the person who dropped it."""
    given: dict[str, Any] = {name: metadata[name] for name in ("mode", "mapping") if name in metadata}
    try:
        if "mapping" in given:
            given["mapping"] = json.loads(given["mapping"])
        return kind.model_validate(given)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"The object's metadata: x-amz-meta-{path} {field_error(first, path).message}") from None
    except (ValueError, RecursionError):
        raise ValueError('The object\'s metadata: x-amz-meta-mapping must be JSON, as in {"Handy": "phone"}') from None
