"""OSVI's do-not-disturb numbers: the org's one do-not-call list, which binds all of its agents at once.

OSVI keeps one list per agent. Here the agent is stored with the entry, and no agent calls the number.
"""

from dataclasses import dataclass

from campanile.do_not_call import manage_do_not_call
from campanile.domain.errors import InvalidFieldsError, NotFoundError
from campanile.osvi import requests
from campanile.osvi.pushes import find_agent
from campanile.osvi.requests import INVALID_PHONE, BadRequestError
from campanile.osvi.status import in_india
from campanile.schema.do_not_call import DoNotCallInput
from campanile.store import do_not_call
from campanile.store.do_not_call import Entry
from campanile.store.table import Table

NOT_FOUND = "dnd_number_not_found"
REMOVED = "Phone removed from DND list"
REASON = "removed by /v1/dnd_numbers"
"""Every removal has a reason, and OSVI's clients send none."""
MAX_PER_PAGE = 100
MAX_REASON_CHARACTERS = 500
LOOKED_AT = 100_000
"""How many numbers one request for a page looks at. Pages beyond that are not shown."""


@dataclass(frozen=True, slots=True)
class Page:
    """The entries of a page, and OSVI's figures about all pages."""

    entries: list[dict[str, object]]
    meta: dict[str, int]


def add(table: Table, org: str, text: str, actor: str, now_ms: int) -> dict[str, object]:
    """Put the number of a body on the list, and return its entry. No call to it starts more than 1 s later.

    Raises BadRequestError, or NotFoundError for an unknown agent.
    """
    body = requests.parse_object(text)
    agent_uuid, phone = (requests.required_text(body, name) for name in ("agent_uuid", "phone"))
    reason = requests.required_text(body, "reason") if body.get("reason") not in (None, "") else ""
    if len(reason) > MAX_REASON_CHARACTERS:
        raise BadRequestError(f"reason must be text of at most {MAX_REASON_CHARACTERS} characters.")
    number = _number(phone)
    agent = find_agent(table, org, agent_uuid)
    try:
        wanted = DoNotCallInput(phone_numbers=[number], reason=reason.strip() or None)
        [listing] = manage_do_not_call.add(table, org, wanted, actor, now_ms, agent.id)
    except InvalidFieldsError:
        raise BadRequestError(f"phone: {INVALID_PHONE}") from None
    return _shown(listing.entry, agent.id)


def page(table: Table, org: str, agent_uuid: str, search: str, page: int, per_page: int, now_ms: int) -> Page:
    """A page, counted from 1, of the org's numbers that contain `search`: every entry binds every agent.

    Raises NotFoundError for an unknown agent.
    """
    agent = find_agent(table, org, agent_uuid)
    per_page = min(per_page, MAX_PER_PAGE)
    prefix, part = (search, "") if search.startswith("+") else ("+", search)
    found = [one for one in do_not_call.numbers(table, org, prefix, None, LOOKED_AT) if part in one]
    wanted = found[(page - 1) * per_page : page * per_page]
    entries = [_shown(one, agent.id) for one in do_not_call.entries(table, org, wanted, now_ms)]
    meta = {
        "current_page": page,
        "total_pages": -(-len(found) // per_page),
        "total_count": len(found),
        "per_page": per_page,
    }
    return Page(entries, meta)


def remove_by_id(table: Table, org: str, dnd_id: str, actor: str, now_ms: int) -> None:
    """Take the number of this id off the list; raises NotFoundError."""
    if not (dnd_id.isascii() and dnd_id.isdigit()):
        raise NotFoundError(NOT_FOUND)
    _remove(table, org, f"+{dnd_id}", actor, now_ms)


def remove(table: Table, org: str, phone: str, agent_uuid: str | None, actor: str, now_ms: int) -> None:
    """Take a number off the list, for all agents; raises BadRequestError or NotFoundError."""
    if not phone:
        raise BadRequestError("param is missing or the value is empty: phone")
    number = _number(f"+{phone[1:]}" if phone.startswith(" ") else phone)  # a `+` that was not percent-encoded
    if agent_uuid is not None:
        find_agent(table, org, agent_uuid)
    _remove(table, org, number, actor, now_ms)


def _remove(table: Table, org: str, number: str, actor: str, now_ms: int) -> None:
    try:
        manage_do_not_call.remove(table, org, number, REASON, actor, now_ms)
    except NotFoundError:
        raise NotFoundError(NOT_FOUND) from None


def _number(phone: str) -> str:
    number = requests.parse_phone(phone)
    if number is None:
        raise BadRequestError(f"phone: {INVALID_PHONE}")
    return number


def _shown(entry: Entry, agent_uuid: str) -> dict[str, object]:
    """An entry with the agent it was listed for, or, when it was for none, the one that is asked about."""
    return {
        "id": int(entry.number.removeprefix("+")),
        "agent_uuid": entry.agent or agent_uuid,
        "phone": entry.number,
        "reason": entry.reason,
        "created_at": in_india(entry.created_at),
    }
