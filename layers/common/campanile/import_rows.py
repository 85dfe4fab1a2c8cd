"""What a row of a CSV file asks for, checked against the contacts that are there: ready for the upsert, or an error."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from campanile import phone, timezones
from campanile.answers import ImportRowError
from campanile.csv_rows import CsvRow
from campanile.entities import MAX_ALIASES, TOO_MANY_NAMES, Contact
from campanile.field_errors import field_error
from campanile.field_types import UUID_PATTERN
from campanile.lifecycle import ContactStatus
from campanile.models import MAX_PHONE_NUMBERS, ContactInput
from campanile.number_set import NumberSet, fingerprint
from campanile.store import keys

_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?")
CONFLICT = "id and external_id belong to two different contacts"
_TOLD_MORE = {"id": "; put keys of your own into a column named external_id"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What completes a row: the country code of local numbers and the zone of local times, by the configuration.

    Both are None for ad-hoc contacts, which have none.
    """

    campaign_key: str
    country_code: str | None
    timezone: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A good row, ready for the upsert; `row` is its place in the report.

    `repeatable_id` is the id it gets when it is new and names none, `by_number` whether that comes from its first
    number: such a row never changes a contact that is there. `insert_as` and `enqueues`: see `upsert.Row`.
    """

    row: int
    fields: ContactInput
    numbers: tuple[str, ...]
    repeatable_id: str = ""
    by_number: bool = False
    insert_as: ContactStatus = ContactStatus.PENDING
    enqueues: bool = False

    def identity(self, campaign_key: str) -> str:
        """The id under which its contact is found."""
        if self.fields.id is not None:
            return self.fields.id
        if self.fields.external_id is not None:
            return keys.contact_id_for(campaign_key, self.fields.external_id)
        return self.repeatable_id


class NameClaims:
    """Which contact the external ids of a file's rows mean: no two contacts can have the same one."""

    def __init__(self) -> None:
        self._names = NumberSet()
        self._pairs = NumberSet()

    def conflict(self, one: Prepared, contact_id: str) -> bool:
        """Whether an earlier row has given the row's external id to another contact than the row's."""
        name = one.fields.external_id
        if name is None:
            return False
        pair = fingerprint(f"{contact_id} {name}")
        if fingerprint(name) not in self._names:
            self._names.add(fingerprint(name))
            self._pairs.add(pair)
        return one.fields.id is not None and pair not in self._pairs


def names(campaign_key: str, row: CsvRow) -> list[str]:
    """The ids under which the row's contact may be there already; none for a row that brings only a number."""
    return [
        *([row.id.lower()] if row.id else []),
        *([keys.contact_id_for(campaign_key, row.external_id)] if row.external_id else []),
    ]


def prepare(
    terms: Terms, row: CsvRow, found: Mapping[str, Contact], coming: NumberSet | frozenset[int] = frozenset()
) -> Prepared | ImportRowError:
    """Check a row; `found` has the contacts there are of its `names`, `coming` the fingerprints of external ids that
    rows before it make contacts of.
    """
    numbers: list[str] = []
    if len(row.phone_numbers) > MAX_PHONE_NUMBERS:
        message = f"a contact has at most {MAX_PHONE_NUMBERS} numbers, the row has {len(row.phone_numbers)}"
        return ImportRowError(row=row.row, column=None, code="too_many_numbers", message=message)
    for column, raw in zip(row.phone_columns, row.phone_numbers, strict=True):
        try:
            numbers.append(phone.normalize_for(raw, terms.country_code).e164)
        except phone.InvalidPhoneNumber as invalid:
            return ImportRowError(row=row.row, column=column, code=invalid.reason, message=str(invalid))
    named = names(terms.campaign_key, row)
    here = [found[name] for name in named if name in found]
    is_coming = row.external_id is not None and fingerprint(row.external_id) in coming
    if wrong := _identity_error(row, bool(numbers) or is_coming, named, here, found):
        return wrong
    checked = _checked(row, numbers, here[0].timezone if here else None, terms)
    if isinstance(checked, ImportRowError):
        return checked
    by_number = not named
    own_id = id_from_number(terms.campaign_key, numbers[0]) if by_number else ""
    return Prepared(row.row, checked, tuple(dict.fromkeys(numbers)), own_id, by_number)


def id_from_number(campaign_key: str, number: str) -> str:
    """The id of a contact that has no other name: its number is in the campaign once, however often it is imported."""
    return keys.contact_id_for(keys.contact_id_for(campaign_key, "phone number"), number)


def _identity_error(
    row: CsvRow, is_callable: bool, named: list[str], here: list[Contact], found: Mapping[str, Contact]
) -> ImportRowError | None:
    def error(column: str | None, code: str, message: str) -> ImportRowError:
        return ImportRowError(row=row.row, column=column, code=code, message=message)

    if not named and not is_callable:
        return error(None, "no_number", "the row has no phone number")
    if row.id and re.fullmatch(UUID_PATTERN, row.id) and row.id.lower() not in found:
        return error("id", "unknown_id", f"no contact of the campaign has this id{_TOLD_MORE['id']}")
    if len({contact.id for contact in here}) > 1:
        return error("external_id", "identity_conflict", CONFLICT)
    # A row that finds its contact by its id alone gives it a further name.
    if here and row.external_id and named[-1] not in found and len(here[0].aliases) >= MAX_ALIASES:
        return error("external_id", "too_many_names", TOO_MANY_NAMES)
    if not here and not is_callable:
        return error(None, "phone_numbers_required", "a new contact needs a phone number")
    return None


def _checked(row: CsvRow, numbers: list[str], known_zone: str | None, terms: Terms) -> ContactInput | ImportRowError:
    fields = {
        "id": row.id,
        "external_id": row.external_id,
        "phone_numbers": numbers or None,
        "timezone": row.timezone,
        "scheduled_at": row.scheduled_at
        and _with_offset(row.scheduled_at, row.timezone or known_zone or terms.timezone),
        "data": row.data,
    }
    try:
        return ContactInput.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError as invalid:
        first = invalid.errors(include_input=False, include_url=False)[0]
        wrong = field_error(first, str(first["loc"][0]))
        message = wrong.message + _TOLD_MORE.get(wrong.path, "")
        if wrong.path == "timezone":  # the report is kept, and a cell of a shifted row may be anything
            message = timezones.refusal(row.timezone or "")
        return ImportRowError(row=row.row, column=wrong.path, code=wrong.code, message=message)


def _with_offset(written: str, timezone: str | None) -> str:
    """A time without offset as one by the zone's clock; in an hour that the clock leaves out, by the offset before."""
    if timezone is None or not _LOCAL_TIME.fullmatch(written):
        return written
    try:
        return timezones.by_clock(datetime.fromisoformat(written.upper()), timezone).isoformat()
    except ValueError:
        return written  # refused with the field's own words
