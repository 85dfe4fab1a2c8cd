"""Pages of a list: opaque cursors, and how much one answer may carry."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from itertools import accumulate
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field

from campanile.errors import FieldError, InvalidFieldsError
from campanile.field_types import IN_DIGITS

MAX_PAGE = 200
DEFAULT_PAGE = 50
"""Seed 001: `limit` on either list endpoint is 200 at most, 50 by default."""
PageLimit = Annotated[int, Field(ge=1, le=MAX_PAGE), IN_DIGITS]
Offset = Annotated[int, Field(ge=0), IN_DIGITS]
Cursor = Annotated[str, Field(max_length=100)]
TextCursor = Annotated[str, Field(max_length=1_400)]
"""Of a list whose ids are texts of up to 255 characters."""
MAX_ANSWER_BYTES = 5_000_000
"""Lambda returns at most 6 MB, and the gateway's envelope is part of it."""
_ID = re.compile(r"[0-9a-f-]{36}")

Shown = TypeVar("Shown", bound=BaseModel)


def cursor_after(last_id: str) -> str:
    """The cursor of the page that begins behind the object `last_id`."""
    return urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> str | None:
    """The id that `cursor_after` was given, None for the first page; raises InvalidFieldsError for anything else."""
    last_id = read_text_cursor(cursor)
    if last_id is not None and not _ID.fullmatch(last_id):
        raise _no_cursor()
    return last_id


def read_text_cursor(cursor: str | None) -> str | None:
    """The same for a list whose ids are any texts."""
    if cursor is None:
        return None
    try:
        last_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise _no_cursor() from None
    if not last_id:
        raise _no_cursor()
    return last_id


def _no_cursor() -> InvalidFieldsError:
    message = "is no cursor of this list: give the next_cursor of an answer as it is, or none for the first page"
    return InvalidFieldsError([FieldError("cursor", "invalid", message)])


def fitting(shown: Sequence[Shown]) -> list[Shown]:
    """As many as one answer may carry; the next page starts after the last one of them."""
    sizes = accumulate(len(one.model_dump_json().encode()) for one in shown)
    return [one for one, size in zip(shown, sizes, strict=True) if size <= MAX_ANSWER_BYTES]
