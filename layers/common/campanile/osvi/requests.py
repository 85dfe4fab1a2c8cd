"""A push of contacts as OSVI's clients send it (seed 004): checked in OSVI's order, and without duplicates."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from campanile.domain.errors import RequestError
from campanile.schema.contacts import MAX_DATA_BYTES

MAX_CONTACTS = 10_000
PERSON_NAME = "person_name"
PHONE = "phone"
NO_TRUNK = (
    "No outbound SIP configuration found for this agent. Please configure an outbound trunk before enqueueing contacts."
)
INVALID_PHONE = "invalid phone. Provide a 10-digit mobile number (starting with 6–9) or +91 followed by 10 digits."  # noqa: RUF001
_SHOWN_CHARACTERS = 40
_SEPARATORS = re.compile(r"[\s()\u2010-\u2015\u2212-]")
_NUMBER = re.compile(r"\+91(?P<national>[1-9][0-9]{9})|(?P<mobile>[6-9][0-9]{9})")


class BadRequestError(RequestError):
    """The body is not one that the route accepts; str() names the first error (400)."""


class NoTrunkError(RequestError):
    """The agent has no trunk to call through (422)."""

    def __init__(self) -> None:
        super().__init__(NO_TRUNK)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A contact: its number in E.164, and the data for the agent: the name and every extra key, as text."""

    number: str
    data: Mapping[str, str]

    @property
    def person_name(self) -> str:
        return self.data[PERSON_NAME]


@dataclass(frozen=True, slots=True)
class Push:
    """The body. `received` counts its contacts; `contacts` has each number once."""

    agent_uuid: str
    contacts: tuple[Pushed, ...]
    received: int
    enqueue: bool


def parse(text: str) -> Push:
    """The push that a body asks for; raises BadRequestError for the first error in it."""
    body = parse_object(text)
    agent_uuid = required_text(body, "agent_uuid")
    contacts = body.get("contacts")
    if contacts is None:
        raise BadRequestError("contacts is required: an array of 1 to 10000 contacts.")
    if not isinstance(contacts, list):
        raise BadRequestError("contacts must be an array.")
    if not contacts:
        raise BadRequestError("contacts must not be empty.")
    if len(contacts) > MAX_CONTACTS:
        raise BadRequestError(
            f"contacts has {len(contacts)} entries; at most {MAX_CONTACTS} are taken. Split the import."
        )
    enqueue = body.get("enqueue", False)
    if not isinstance(enqueue, bool):
        raise BadRequestError("enqueue must be true or false.")
    read = [_contact(f"contacts[{index}]", one) for index, one in enumerate(contacts)]
    return Push(agent_uuid, tuple(_without_repeated(read)), len(contacts), enqueue)


def parse_object(text: str) -> Mapping[str, Any]:
    """A body that must be a JSON object; raises BadRequestError."""
    try:
        body = json.loads(text)
    except ValueError:
        raise BadRequestError("The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise BadRequestError("The body must be a JSON object.")
    return body


def required_text(body: Mapping[str, Any], name: str) -> str:
    """A required text field; raises BadRequestError."""
    value = body.get(name)
    if value is None or value == "":
        raise BadRequestError(f"{name} is required.")
    if not isinstance(value, str):
        raise BadRequestError(f"{name} must be text.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRequestError(f"{name} must not contain halves of characters.") from None
    return value


def parse_phone(value: object) -> str | None:
    """The E.164 of an Indian number: a mobile one of 10 digits, or +91 and 10 digits; None for anything else.

    Spaces, dashes and parentheses between digits are ignored.
    """
    match = _NUMBER.fullmatch(_SEPARATORS.sub("", value)) if isinstance(value, str) else None
    return f"+91{match['national'] or match['mobile']}" if match else None


def _contact(place: str, one: object) -> Pushed:
    if not isinstance(one, dict):
        raise BadRequestError(f"{place}: must be an object with person_name and phone.")
    name = one.get(PERSON_NAME)
    if name is None or (isinstance(name, str) and not name.strip()):
        raise BadRequestError(f"{place}: person_name is required.")
    if not isinstance(name, str):
        raise BadRequestError(f"{place}: person_name must be text.")
    number = parse_phone(one.get(PHONE))
    if number is None:
        raise BadRequestError(f"{place}: {INVALID_PHONE}")
    extras = {key: value for key, value in one.items() if key not in (PERSON_NAME, PHONE)}
    for key, value in extras.items():
        if not isinstance(value, str):
            shown = key[:_SHOWN_CHARACTERS].encode(errors="replace").decode()  # half a character cannot be sent back
            raise BadRequestError(f"{place}: {shown} must be text; write other values as text.")
    data = {PERSON_NAME: name, **extras}
    try:
        size = len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())
    except UnicodeEncodeError:
        raise BadRequestError(f"{place}: must not contain halves of characters.") from None
    if size > MAX_DATA_BYTES:
        raise BadRequestError(f"{place}: has {size} bytes beside its phone; at most {MAX_DATA_BYTES} are kept.")
    return Pushed(number, data)


def _without_repeated(contacts: list[Pushed]) -> Iterator[Pushed]:
    """Each number once, at its first place. The contact with the longest name is kept, of equals the first."""
    kept: dict[str, Pushed] = {}
    for one in contacts:
        known = kept.get(one.number)
        if known is None or len(one.person_name) > len(known.person_name):
            kept[one.number] = one
    yield from kept.values()
