"""Requests and responses about imports."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from campanile.domain.contact_fields import COLUMN_TARGETS
from campanile.schema.field_types import Instant
from campanile.schema.import_responses import ImportRowErrorResponse
from campanile.schema.messages import Request, Response

MAX_MAPPING_BYTES = 32 * 1024
"""The import keeps it, with the header and the first errors, in one item of at most 400 KB."""
MAX_MAPPED_COLUMNS = 200
FILE_SUFFIXES = (".csv", ".tsv", ".txt")


def mapping_onto(targets: Sequence[str]) -> AfterValidator:
    """Admits mappings of headers to these targets, of at most 32 KB. `<key>` in a target stands for any text."""
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
    """lenient: bad rows are reported and left out. strict: with one bad row, nothing of the file is stored."""
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
    """An import whose file will be uploaded."""

    file_name: FileName = "contacts.csv"
    """Shown in the list of imports."""
    content_type: Annotated[
        str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?$", max_length=100)
    ] = "text/csv"
    """The content type that the upload will have."""


class PreviewInput(ImportSettings):
    """The beginning of a file, at most 64 KB: its text, or its bytes in base64, which also show the encoding."""

    content: str | None = None
    """The text."""
    content_base64: str | None = None
    """The bytes."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.content is None) == (self.content_base64 is None):
            raise ValueError("must have either content or content_base64")
        return self


class PreviewColumn(Response):
    """A column and what it becomes: phone, id, external_id, timezone, scheduled_at, data, data.<key> or ignore."""

    header: str
    target: str


class PreviewRow(Response):
    """A contact as the row would store it. Absent fields of an existing contact stay as they are."""

    row: int
    id: str | None
    external_id: str | None
    phone_numbers: list[str]
    timezone: str | None
    scheduled_at: Instant | None
    data: dict[str, Any]


class PreviewResponse(Response):
    """What an import would make of the file. `reason` says why it would fail as a whole. The rest is then empty."""

    encoding: str | None
    delimiter: str | None
    columns: list[PreviewColumn]
    rows: list[PreviewRow]
    """The first 10 good ones."""
    rows_read: int
    problems: list[ImportRowErrorResponse]
    """The first 100."""
    reason: str | None
