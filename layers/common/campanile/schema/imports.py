"""Imports of files: what a client asks for, and the report it gets."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from campanile.domain.contact_fields import COLUMN_TARGETS
from campanile.domain.import_report import ImportCounts, ImportRowError
from campanile.schema.field_types import Id, Instant
from campanile.schema.messages import Request, Response

MAX_MAPPING_BYTES = 32 * 1024
"""It is kept with the import, as are the header and the first errors: one item, of 400 KB at most."""
MAX_MAPPED_COLUMNS = 200
FILE_SUFFIXES = (".csv", ".tsv", ".txt")


def mapping_onto(targets: Sequence[str]) -> AfterValidator:
    """Admits mappings of headers onto these targets, of at most 32 KB; `<key>` in one of them stands for any text."""
    admitted = "|".join(re.escape(target).replace("<key>", ".+") for target in targets)

    def check(mapping: dict[str, str | None]) -> dict[str, str | None]:
        try:
            size = len(json.dumps(mapping, ensure_ascii=False).encode())
        except UnicodeEncodeError:
            raise ValueError("must not contain halves of characters") from None
        if size > MAX_MAPPING_BYTES:
            raise ValueError(f"must be at most {MAX_MAPPING_BYTES} bytes of JSON, is {size}")
        for header, target in mapping.items():
            if not header.strip():
                raise ValueError("must name each column by its header, which cannot be empty")
            if target is not None and not re.fullmatch(admitted, target):
                raise ValueError(f"maps {header[:40]!r} to something unknown: it must be one of {', '.join(targets)}")
        return mapping

    return AfterValidator(check)


def _file_name(value: str) -> str:
    if "/" in value or not value.isprintable():
        raise ValueError("must not contain '/' or control characters")
    if not value.lower().endswith(FILE_SUFFIXES):
        raise ValueError(f"must end in one of {', '.join(FILE_SUFFIXES)}")
    return value


FileName = Annotated[str, StringConstraints(min_length=5, max_length=200), AfterValidator(_file_name)]


class ImportSettings(Request):
    """How the rows of a file are read."""

    mode: Literal["lenient", "strict"] = "lenient"
    """lenient: bad rows are reported and left out. strict: one bad row refuses the file before anything is stored."""
    mapping: Annotated[
        dict[str, str | None],
        Field(
            max_length=MAX_MAPPED_COLUMNS,
            description=f"What each column is, by its header: {', '.join(COLUMN_TARGETS[:-1])}, or ignore (or null). "
            "The others are detected.",
        ),
        mapping_onto(COLUMN_TARGETS),
    ] = {}


class ImportInput(ImportSettings):
    """An import whose file is to be uploaded."""

    file_name: FileName = "contacts.csv"
    """For the list of imports."""
    content_type: Annotated[
        str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?$", max_length=100)
    ] = "text/csv"
    """The one that the upload will name."""


class PreviewInput(ImportSettings):
    """The beginning of a file, at most 64 KB: its text, or its bytes in base64, which tell its encoding too."""

    content: str | None = None
    """The text."""
    content_base64: str | None = None
    """The bytes."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.content is None) == (self.content_base64 is None):
            raise ValueError("must have either content or content_base64")
        return self


class ImportCountsResponse(Response):
    """`rows` = inserted + updated + duplicates + invalid. `do_not_call` is an of-which figure: rows that
    were stored, with no number that may be called.
    """

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    duplicates: int = 0
    invalid: int = 0
    do_not_call: int = 0

    @classmethod
    def of(cls, counts: ImportCounts) -> Self:
        """The counts as the API shows them."""
        return cls(**asdict(counts))


class ImportProgress(Response):
    """How far an import is. A file is read twice: to check it, then to store its rows; `phase` says which.

    `phase` and the bytes are null for contacts that came within a request; `rows_total` is null until it is known.
    """

    phase: Literal["checking", "importing"] | None
    rows_done: int
    rows_total: int | None
    bytes_done: int
    bytes_total: int | None


class ImportRowErrorResponse(Response):
    """A row that was not imported. `row` is the row a spreadsheet shows, the header being row 1; of contacts that came
    within a request it is their position, counted from 1.
    """

    row: int
    column: str | None
    code: str
    message: str

    @classmethod
    def of(cls, error: ImportRowError) -> Self:
        """The error as the API shows it."""
        return cls(**asdict(error))


class ImportResponse(Response):
    id: Id
    file_name: str | None
    """Null for contacts that came within a request."""
    status: Literal["awaiting_upload", "running", "completed", "completed_with_errors", "failed"]
    reason: str | None
    """Why it failed as a whole."""
    mode: Literal["lenient", "strict"]
    progress: ImportProgress
    counts: ImportCountsResponse
    errors: list[ImportRowErrorResponse]
    """The first 100."""
    failed_rows_url: str | None = None
    """Downloads all failing rows as a CSV file with the reason beside each, ready to be corrected and dropped again.
    Only in the answer to a request for this one import.
    """
    failed_rows_url_expires_at: Instant | None = None
    created_at: Instant
    updated_at: Instant


class ImportsResponse(Response):
    imports: list[ImportResponse]


class UploadForm(Response):
    """A form for one file: POST it to `url` as multipart/form-data, the `fields` first, then the file as `file`."""

    url: str
    fields: dict[str, str]
    max_bytes: int
    expires_at: Instant


class ImportUploadResponse(ImportResponse):
    upload: UploadForm


class PreviewColumn(Response):
    """A column and what it is taken for: phone, id, external_id, timezone, scheduled_at, data.<key> or ignore."""

    header: str
    target: str


class PreviewRow(Response):
    """A contact as the row would store it; on a contact that is there, absent fields stay as they are."""

    row: int
    id: str | None
    external_id: str | None
    phone_numbers: list[str]
    timezone: str | None
    scheduled_at: Instant | None
    data: dict[str, Any]


class PreviewResponse(Response):
    """What an import would make of the file. `reason` says why it would fail as a whole; the rest is then empty."""

    encoding: str | None
    delimiter: str | None
    columns: list[PreviewColumn]
    rows: list[PreviewRow]
    """The first 10 good ones."""
    rows_read: int
    problems: list[ImportRowErrorResponse]
    """The first 100."""
    reason: str | None
