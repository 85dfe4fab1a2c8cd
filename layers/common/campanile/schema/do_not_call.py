"""Requests and responses about the do-not-call list."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from campanile.domain.do_not_call import Source
from campanile.schema.field_types import Id, Instant
from campanile.schema.imports import MAX_MAPPED_COLUMNS, FileName, ImportInput, ImportSettings, mapping_onto
from campanile.schema.messages import Request, Response
from campanile.schema.phone_text import PhoneText

MAX_NUMBERS_PER_REQUEST = 1_000
MAX_REASON_CHARACTERS = 500
COLUMN_TARGETS = ("phone", "reason", "expires_at", "ignore")
_KEPT_UNDER = {"reason": "data.reason", "expires_at": "data.expires_at"}
"""The file is read like a file of contacts, where these two are columns of `data`."""

Reason = Annotated[str, StringConstraints(min_length=1, max_length=MAX_REASON_CHARACTERS, strip_whitespace=True)]


def _number_part(value: str) -> str:
    # A `+` that a client does not encode in a query string arrives as a space.
    part = f"+{value[1:]}" if value.startswith(" ") else value
    if part and not re.fullmatch(r"\+?[0-9]{1,15}", part):
        raise ValueError("must be 1 to 15 digits of a number, with + before them for its beginning")
    return part


NumberPart = Annotated[str, AfterValidator(_number_part), Field(json_schema_extra={"pattern": "^([+ ]?[0-9]{1,15})?$"})]
"""A part of a phone number, in a query string."""


Mapped = Annotated[dict[str, str | None], Field(max_length=MAX_MAPPED_COLUMNS), mapping_onto(COLUMN_TARGETS)]


class DoNotCallTerms(Request):
    """Why a number is listed, and for how long."""

    reason: Reason | None = None
    """For people. Kept in the history."""
    expires_at: Instant | None = None
    """Until when the number is not called. Absent or null: forever. An entry that lasts longer stays. A contact whose
    turn comes before that loses the number forever. Add the contact again to have it called after all.
    """


class DoNotCallInput(DoNotCallTerms):
    """Numbers to put on the do-not-call list."""

    phone_numbers: Annotated[list[PhoneText], Field(min_length=1, max_length=MAX_NUMBERS_PER_REQUEST)]
    """In E.164, at most 1,000."""


class DoNotCallSettings(ImportSettings):
    """How the rows of a file for the do-not-call list are read."""

    mapping: Mapped = {}
    """What each column is, by its header: phone, reason, expires_at, or ignore (or null). The others are detected."""

    @property
    def columns(self) -> dict[str, str | None]:
        """The mapping for the detection of the file's columns."""
        return {header: target and _KEPT_UNDER.get(target, target) for header, target in self.mapping.items()}


class DoNotCallImportInput(DoNotCallSettings, ImportInput):
    """An import of numbers for the do-not-call list, whose file will be uploaded."""

    file_name: FileName = "do-not-call.csv"
    """Shown in the list of imports."""


class DoNotCallEntry(Response):
    """A number that is not called, and where that came from."""

    phone_number: str
    source: Source
    """`conversation`: an agent reported it, or the event of a call in which somebody spoke. `carrier`: the event of a
    call in which nobody spoke.
    """
    reason: str | None
    attempt_id: Id | None
    """The call that it came from."""
    actor: str | None
    """The id of the key, token or import that listed it."""
    agent: str | None
    """The agent that it was listed for, if one was named. It applies to all agents."""
    created_at: Instant
    expires_at: Instant | None
    """Null: forever."""


class DoNotCallResponse(Response):
    """`entries` has one entry per number, as it is now. `already_listed` were listed before, for as long or longer."""

    added: int
    already_listed: int
    entries: list[DoNotCallEntry]


class DoNotCallListResponse(Response):
    """`next_cursor`: where the next page begins. Null on the last page, however many numbers are on it."""

    entries: list[DoNotCallEntry]
    next_cursor: str | None


class DoNotCallEvent(Response):
    """One event in a number's history."""

    event: Literal["added", "already_listed", "removed"]
    at: Instant
    source: Source
    reason: str | None
    attempt_id: Id | None
    actor: str | None
    agent: str | None
    expires_at: Instant | None


class DoNotCallCheckResponse(Response):
    """Whether a number is on the list now, and its history."""

    phone_number: str
    listed: bool
    entry: DoNotCallEntry | None
    history: list[DoNotCallEvent]
    """The latest 100 events, newest first."""
