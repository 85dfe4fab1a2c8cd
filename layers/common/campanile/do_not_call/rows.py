"""What a row of a CSV file puts on the do-not-call list, or what is wrong with it."""

from dataclasses import dataclass

from pydantic import ValidationError

from campanile.csv_files.headers import fold
from campanile.csv_files.rows import CsvRow
from campanile.domain import phone
from campanile.domain.import_report import ImportRowError
from campanile.domain.times import milliseconds
from campanile.schema.contacts import MAX_PHONE_NUMBERS
from campanile.schema.do_not_call import DoNotCallTerms
from campanile.schema.field_errors import field_error

PAST = "must be in the future: leave it out to list the number for good"
_FIELDS = {fold(name): name for name in DoNotCallTerms.model_fields}


@dataclass(frozen=True, slots=True)
class NumbersRow:
    """A good row: every number of it is to be listed. `expires_at` in UTC ms, None: for good."""

    row: int
    numbers: tuple[str, ...]
    reason: str | None
    expires_at: int | None


def prepare(row: CsvRow, begun_ms: int) -> NumbersRow | ImportRowError:
    """Check a row of a file whose import began at `begun_ms` (UTC ms), so that every run over it reads it alike."""
    numbers: list[str] = []
    if not row.phone_numbers:
        message = "the row has no phone number"
        return ImportRowError(row=row.row, column=None, code="no_number", message=message)
    if len(row.phone_numbers) > MAX_PHONE_NUMBERS:
        message = f"a row has at most {MAX_PHONE_NUMBERS} numbers, this one has {len(row.phone_numbers)}"
        return ImportRowError(row=row.row, column=None, code="too_many_numbers", message=message)
    for column, raw in zip(row.phone_columns, row.phone_numbers, strict=True):
        try:
            numbers.append(phone.normalize_international(raw).e164)
        except phone.InvalidPhoneNumber as invalid:
            return ImportRowError(row=row.row, column=column, code=invalid.reason, message=str(invalid))
    headers = {_FIELDS[fold(key)]: key for key in row.data or {} if fold(key) in _FIELDS}
    try:
        terms = DoNotCallTerms.model_validate({name: (row.data or {})[key] for name, key in headers.items()})
    except ValidationError as invalid:
        first = invalid.errors(include_input=False, include_url=False)[0]
        wrong = field_error(first, str(first["loc"][0]))
        return ImportRowError(row=row.row, column=headers[wrong.path], code=wrong.code, message=wrong.message)
    expires_at = None if terms.expires_at is None else milliseconds(terms.expires_at)
    if expires_at is not None and expires_at <= begun_ms:
        return ImportRowError(row=row.row, column=headers["expires_at"], code="past", message=PAST)
    return NumbersRow(row.row, tuple(dict.fromkeys(numbers)), terms.reason, expires_at)
