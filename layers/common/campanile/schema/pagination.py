"""Pages of a list: opaque cursors, and how much one response may carry."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from itertools import accumulate
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field

from campanile.domain.errors import FieldError, InvalidFieldsError
from campanile.schema.field_types import IN_DIGITS

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
ID = re.compile(r"[0-9a-f-]{36}")
NUMBER = re.compile(r"\+[0-9]{7,15}")
TEXT = re.compile(r"(?s).{1,255}")

Shown = TypeVar("Shown", bound=BaseModel)


def cursor_after(last_id: str) -> str:
    """The cursor of the page that begins after the object `last_id`."""
    return urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, kind: re.Pattern[str] = ID) -> str | None:
    """The id, or number, that `cursor_after` was given, None for the first page; raises InvalidFieldsError for anything
    else.
    """
    if cursor is None:
        return None
    try:
        last_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        last_id = ""
    if not kind.fullmatch(last_id):
        message = (
            "is not a cursor of this list: pass `next_cursor` from the previous page unchanged, "
            "or leave it out for the first page"
        )
        raise InvalidFieldsError([FieldError("cursor", "invalid", message)])
    return last_id


def fitting(shown: Sequence[Shown]) -> list[Shown]:
    """As many as one response may carry; the next page starts after the last of them."""
    sizes = accumulate(len(one.model_dump_json().encode()) for one in shown)
    return [one for one, size in zip(shown, sizes, strict=True) if size <= MAX_ANSWER_BYTES]
