"""What can be checked of a request's rows without reading: all must be good, or the good are sorted out (seed 002)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from campanile.contacts.rows import ContactRow
from campanile.domain import phone
from campanile.domain.contact_fields import PLAIN_NAMES
from campanile.domain.errors import FieldError, InvalidFieldsError
from campanile.schema.contacts import STRUCTURED_FIELDS, ContactInput, ContactsInput, FailedRow, UpsertResponse
from campanile.schema.field_errors import field_error, path_of
from campanile.schema.messages import ApiWarning

LISTED_ERRORS = 10
"""How many invalid numbers an answer lists (seed 000: "the first invalid numbers")."""
SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Unread:
    """A body that is no batch of contacts, and why: in lenient mode some of its rows may be good all the same."""

    body: Any
    error: ValidationError

    def errors(self) -> list[FieldError]:
        """What is wrong with it, everywhere."""
        found = self.error.errors(include_url=False)
        return [field_error(one, path_of(("body", *one["loc"]))) for one in found]


def read(body: Any, validated: Callable[[Any], ContactsInput]) -> ContactsInput | Unread:
    """The batch, or what keeps it from being one."""
    try:
        return validated(body)
    except ValidationError as error:
        return Unread(body, error)


def refuse_unread(batch: ContactsInput | Unread) -> None:
    """Raises InvalidFieldsError with everything that keeps the body from being a batch."""
    if isinstance(batch, Unread):
        raise InvalidFieldsError(batch.errors())


def validate(rows: Sequence[ContactInput], default_country_code: str | None) -> list[ContactRow]:
    """Check what can be checked without reading: raises InvalidFieldsError with the first ten errors.

    `default_country_code` None: ad-hoc contacts, whose numbers must be E.164 already (seed 001).
    """
    rows_or_errors = [check(index, row, default_country_code) for index, row in enumerate(rows)]
    if errors := [error for one in rows_or_errors if not isinstance(one, ContactRow) for error in one]:
        raise InvalidFieldsError(errors[:LISTED_ERRORS])
    return [one for one in rows_or_errors if isinstance(one, ContactRow)]


def check(index: int, row: ContactInput, default_country_code: str | None) -> ContactRow | list[FieldError]:
    """One row of a request, or what is wrong with it."""
    errors = _structured_fields_in_data(index, row)
    warnings: list[ApiWarning] = []
    numbers: list[str] = []
    for position, raw in enumerate(row.phone_numbers or []):
        path = f"contacts[{index}].phone_numbers[{position}]"
        try:
            number = phone.normalize_for(raw, default_country_code)
        except phone.InvalidPhoneNumber as invalid:
            errors.append(FieldError(path, invalid.reason, f"{raw[:SHOWN_CHARACTERS]!r}: {invalid}"))
            continue
        if number.warning:
            message = f"{path}: {phone.TEXTS[number.warning]}"
            warnings.append(ApiWarning(code=number.warning, message=message, index=index))
        numbers.append(number.e164)
    path = f"contacts[{index}].phone_numbers"
    if row.phone_numbers is None and row.id is None and row.external_id is None:
        message = "is required for a new contact; to update one, give its id or external_id"
        errors.append(FieldError(path, "missing", message))
    elif row.phone_numbers is None and "phone_numbers" in row.model_fields_set:
        errors.append(FieldError(path, "null", "must not be null: a contact has at least one number"))
    return errors or ContactRow(index, row, tuple(dict.fromkeys(numbers)), tuple(warnings))


def sort_out(
    batch: ContactsInput | Unread, default_country_code: str | None
) -> tuple[list[ContactRow], list[FailedRow]]:
    """The good rows, and the others with what is wrong with each; raises InvalidFieldsError for a body without rows."""
    wrong: dict[int, FieldError] = {}
    if isinstance(batch, Unread):
        for place, error in zip(batch.error.errors(include_url=False), batch.errors(), strict=True):
            match place["loc"]:
                case ("contacts", int(index), *_):
                    wrong.setdefault(index, error)
                case _:
                    raise InvalidFieldsError(batch.errors())
    given = batch.contacts if isinstance(batch, ContactsInput) else batch.body["contacts"]
    rows: list[ContactRow] = []
    for index, one in enumerate(given):
        if index in wrong:
            continue
        checked = check(index, ContactInput.model_validate(one), default_country_code)
        if isinstance(checked, ContactRow):
            rows.append(checked)
        else:
            wrong[index] = checked[0]
    failed = [
        FailedRow(index=index, code=error.code, message=f"{error.path}: {error.message}")
        for index, error in sorted(wrong.items())
    ]
    return rows, failed


def with_failed(answer: UpsertResponse, rows: Sequence[ContactRow], failed: Sequence[FailedRow]) -> UpsertResponse:
    """The answer about `rows` completed by those that were sorted out, each at its place."""
    ids: list[str | None] = [None] * (len(rows) + len(failed))
    for row, contact_id in zip(rows, answer.contact_ids, strict=True):
        ids[row.place] = contact_id
    all_failed = sorted([*answer.failed, *failed], key=lambda one: one.index)
    return answer.model_copy(update={"failed": all_failed, "contact_ids": ids})


def _structured_fields_in_data(index: int, row: ContactInput) -> list[FieldError]:
    named = STRUCTURED_FIELDS | (row.model_fields_set & set(PLAIN_NAMES))
    repeated = sorted(named & (row.data or {}).keys())
    twice, misplaced = "is given beside data too: give it once", "is a structured field: give it beside data"
    return [
        FieldError(f"contacts[{index}].data.{name}", "structured_field", twice if name in PLAIN_NAMES else misplaced)
        for name in repeated
    ]
