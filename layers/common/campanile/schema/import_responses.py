"""Imports of files: progress and report, as the API shows them."""

from dataclasses import asdict
from typing import Literal, Self

from campanile.domain.import_report import ImportCounts, ImportRowError
from campanile.schema.field_types import Id, Instant
from campanile.schema.messages import Response


class ImportCountsResponse(Response):
    """`rows` = inserted + updated + duplicates + invalid. `do_not_call` counts some of the stored rows again: those
    with no number that may be called.
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
    """How far an import is. A file is read twice: to check it, then to store its rows. `phase` says which.

    `phase` and the bytes are null for contacts that came with a request. `rows_total` is null until it is known.
    """

    phase: Literal["checking", "importing"] | None
    rows_done: int
    rows_total: int | None
    bytes_done: int
    bytes_total: int | None


class ImportRowErrorResponse(Response):
    """A row that was not imported. `row` is the row that a spreadsheet shows; the header is row 1. For contacts that
    came with a request, it is their position, counted from 1.
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
    """Null for contacts that came with a request."""
    status: Literal["awaiting_upload", "running", "completed", "completed_with_errors", "failed"]
    reason: str | None
    """Why it failed as a whole."""
    mode: Literal["lenient", "strict"]
    progress: ImportProgress
    counts: ImportCountsResponse
    errors: list[ImportRowErrorResponse]
    """The first 100."""
    failed_rows_url: str | None = None
    """Downloads all failing rows as a CSV file with the reason beside each, to correct and drop again. Only in the
    response to a request for this one import.
    """
    failed_rows_url_expires_at: Instant | None = None
    created_at: Instant
    updated_at: Instant


class ImportsResponse(Response):
    imports: list[ImportResponse]


class UploadForm(Response):
    """A form for one file. POST it to `url` as multipart/form-data: first the `fields`, then the file as `file`."""

    url: str
    fields: dict[str, str]
    max_bytes: int
    expires_at: Instant


class ImportUploadResponse(ImportResponse):
    upload: UploadForm
