"""Requests and answers about the do-not-call list."""

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
"""A file is read as one of contacts would be, where these two are columns of `data`."""

Reason = Annotated[str, StringConstraints(min_length=1, max_length=MAX_REASON_CHARACTERS, strip_whitespace=True)]


def _number_part(value: str) -> str:
    # A `+` that a client has left as it is in a query string arrives as a space.
    part = f"+{value[1:]}" if value.startswith(" ") else value
    if part and not re.fullmatch(r"\+?[0-9]{1,15}", part):
        raise ValueError("must be 1 to 15 digits of a number, behind + for the beginning of it")
    return part


NumberPart = Annotated[str, AfterValidator(_number_part), Field(json_schema_extra={"pattern": "^([+ ]?[0-9]{1,15})?$"})]
"""A part of a phone number, in a query string."""


Mapped = Annotated[dict[str, str | None], Field(max_length=MAX_MAPPED_COLUMNS), mapping_onto(COLUMN_TARGETS)]


class DoNotCallTerms(Request):
    """Why a number is listed, and for how long."""

    reason: Reason | None = None
    """For people; kept in the history."""
    expires_at: Instant | None = None
    """Until when the number is not called; absent or null: for good. An entry that lasts longer stays. A contact whose
    turn comes meanwhile has lost the number for good: add it anew to have it called after all.
    """


class DoNotCallInput(DoNotCallTerms):
    """Numbers to put on the do-not-call list."""

    phone_numbers: Annotated[list[PhoneText], Field(min_length=1, max_length=MAX_NUMBERS_PER_REQUEST)]
    """In E.164, at most 1,000."""


class DoNotCallSettings(ImportSettings):
    """How the rows of a file for the do-not-call list are read."""

    mapping: Mapped = {}
    """What columns are, by header: phone, reason, expires_at, or ignore (or null). The others are detected."""

    @property
    def columns(self) -> dict[str, str | None]:
        """The mapping as the file's columns are detected by it."""
        return {header: target and _KEPT_UNDER.get(target, target) for header, target in self.mapping.items()}


class DoNotCallImportInput(DoNotCallSettings, ImportInput):
    """An import of numbers for the do-not-call list, whose file is to be uploaded."""

    file_name: FileName = "do-not-call.csv"
    """For the list of imports."""


class DoNotCallEntry(Response):
    """A number that is not to be called, and who said so."""

    phone_number: str
    source: Source
    """`conversation`: an agent told, or the event of a call in which somebody spoke; `carrier`: that of one in which
    nobody did.
    """
    reason: str | None
    attempt_id: Id | None
    """The call in which it was said."""
    actor: str | None
    """The id of the key, token or import that listed it."""
    agent: str | None
    """The agent it was listed for, where one was named; it binds all."""
    created_at: Instant
    expires_at: Instant | None
    """Null: for good."""


class DoNotCallResponse(Response):
    """`entries` has one entry per number, as it stands now. `already_listed` were there, for as long or longer."""

    added: int
    already_listed: int
    entries: list[DoNotCallEntry]


class DoNotCallListResponse(Response):
    """`next_cursor`: where the next page begins; null on the last one, however many numbers are on it."""

    entries: list[DoNotCallEntry]
    next_cursor: str | None


class DoNotCallEvent(Response):
    """One line of a number's history."""

    event: Literal["added", "already_listed", "removed"]
    at: Instant
    source: Source
    reason: str | None
    attempt_id: Id | None
    actor: str | None
    agent: str | None
    expires_at: Instant | None


class DoNotCallCheckResponse(Response):
    """Whether a number is on the list now, and what happened before."""

    phone_number: str
    listed: bool
    entry: DoNotCallEntry | None
    history: list[DoNotCallEvent]
    """The latest 100 lines, newest first."""
