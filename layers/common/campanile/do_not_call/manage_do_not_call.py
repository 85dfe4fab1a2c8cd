"""Puts numbers on an org's do-not-call list, removes, lists and finds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from campanile.do_not_call.rows import PAST
from campanile.domain import phone
from campanile.domain.errors import FieldError, InvalidFieldsError, NotFoundError
from campanile.domain.times import instant, milliseconds
from campanile.schema import pagination
from campanile.schema.do_not_call import DoNotCallCheckResponse, DoNotCallEntry, DoNotCallEvent, DoNotCallInput
from campanile.store import do_not_call
from campanile.store.do_not_call import Entry, Line, Listing
from campanile.store.table import Table

LOOKED_AT = 4_000
"""How many numbers one search looks at. A page with few hits ends there, and its cursor continues."""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in order of their numbers. `next_cursor` is None on the last page."""

    entries: list[Entry]
    next_cursor: str | None


def add(
    table: Table, org: str, wanted: DoNotCallInput, actor: str, now_ms: int, agent: str | None = None
) -> list[Listing]:
    """List the numbers of a request, each once. No call to them starts later than 1 s after this returns.

    Raises InvalidFieldsError with every wrong number, before anything is written.
    """
    numbers = _checked(wanted.phone_numbers)
    expires_at = None if wanted.expires_at is None else milliseconds(wanted.expires_at)
    if expires_at is not None and expires_at <= now_ms:
        raise InvalidFieldsError([FieldError("expires_at", "past", PAST)])
    request = str(uuid4())
    entries = [
        Entry(one, "api", now_ms, request, wanted.reason, actor=actor, agent=agent, expires_at=expires_at)
        for one in numbers
    ]
    return do_not_call.add(table, org, entries)


def remove(table: Table, org: str, number: str, reason: str, actor: str, now_ms: int) -> None:
    """Remove a number from the list. Contacts that ended because of it stay ended. Raises NotFoundError."""
    removal = Entry(number, "api", now_ms, str(uuid4()), reason, actor=actor)
    if not do_not_call.remove(table, org, removal):
        raise NotFoundError("The number is not on the organization's do-not-call list.")


def page(table: Table, org: str, limit: int, cursor: str | None, search: str, now_ms: int) -> Page:
    """Up to `limit` entries whose number contains `search`, in order of their numbers, from `cursor` on.

    A search that begins with `+` matches the beginning of the number. Raises InvalidFieldsError for a wrong cursor.
    """
    prefix, part = (search, "") if search.startswith("+") else ("+", search)
    hits: list[str] = []
    last, has_more = "", False
    most = LOOKED_AT + 1 if part else limit + 1
    after = pagination.read_cursor(cursor, pagination.NUMBER)
    for looked_at, one in enumerate(do_not_call.numbers(table, org, prefix, after, most)):
        if has_more := len(hits) == limit or looked_at == LOOKED_AT:
            break
        last = one
        if part in one:
            hits.append(one)
    entries = do_not_call.entries(table, org, hits, now_ms)
    return Page(entries, pagination.cursor_after(last) if has_more else None)


def check(table: Table, org: str, number: str, now_ms: int) -> DoNotCallCheckResponse:
    """Whether a number is listed now, and its history."""
    entry = do_not_call.get(table, org, number, now_ms)
    return DoNotCallCheckResponse(
        phone_number=number,
        listed=entry is not None,
        entry=response(entry) if entry else None,
        history=[_event(line) for line in do_not_call.history(table, org, number)],
    )


def response(entry: Entry) -> DoNotCallEntry:
    """The entry as the API shows it."""
    return DoNotCallEntry.model_validate(
        {
            "phone_number": entry.number,
            "source": entry.source,
            "reason": entry.reason,
            "attempt_id": entry.attempt_id,
            "actor": entry.actor,
            "agent": entry.agent,
            "created_at": instant(entry.created_at),
            "expires_at": None if entry.expires_at is None else instant(entry.expires_at),
        }
    )


def _event(line: Line) -> DoNotCallEvent:
    shown = response(line.entry).model_dump(exclude={"phone_number", "created_at"})
    return DoNotCallEvent(event=line.event, at=instant(line.entry.created_at), **shown)


def _checked(numbers: Sequence[str]) -> list[str]:
    """The numbers, each once; raises InvalidFieldsError."""
    wrong: list[FieldError] = []
    for index, raw in enumerate(numbers):
        try:
            phone.normalize_e164(raw)
        except phone.InvalidPhoneNumber as invalid:
            wrong.append(FieldError(f"phone_numbers[{index}]", invalid.reason, str(invalid)))
    if wrong:
        raise InvalidFieldsError(wrong)
    return list(dict.fromkeys(numbers))
