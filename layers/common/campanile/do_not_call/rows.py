"""What a row of a CSV file puts on the do-not-call list, or what is wrong with it."""

from dataclasses import dataclass

from pydantic import ValidationError

from campanile.csv_files import phone_cells
from campanile.csv_files.headers import fold
from campanile.csv_files.rows import CsvRow
from campanile.domain.import_report import ImportRowError
from campanile.domain.times import milliseconds
from campanile.schema.do_not_call import DoNotCallTerms
from campanile.schema.field_errors import field_error

PAST = "must be in the future: leave it out to list the number for good"
_FIELDS = {fold(name): name for name in DoNotCallTerms.model_fields}


@dataclass(frozen=True, slots=True)
class NumbersRow:
    """A good row: every number of it is to be listed. `expires_at` in UTC ms, None: for good."""

    place: int
    numbers: tuple[str, ...]
    reason: str | None
    expires_at: int | None


def prepare(row: CsvRow, begun_ms: int) -> NumbersRow | ImportRowError:
    """Check a row of a file whose import began at `begun_ms` (UTC ms), so that every run over it reads it alike."""
    numbers = phone_cells.international(row)
    if isinstance(numbers, ImportRowError):
        return numbers
    if not numbers:
        return ImportRowError(row.row, None, "no_number", "the row has no phone number")
    headers = {_FIELDS[fold(key)]: key for key in row.data or {} if fold(key) in _FIELDS}
    try:
        terms = DoNotCallTerms.model_validate({name: (row.data or {})[key] for name, key in headers.items()})
    except ValidationError as invalid:
        first = invalid.errors(include_input=False, include_url=False)[0]
        wrong = field_error(first, str(first["loc"][0]))
        return ImportRowError(row.row, headers[wrong.path], wrong.code, wrong.message)
    expires_at = None if terms.expires_at is None else milliseconds(terms.expires_at)
    if expires_at is not None and expires_at <= begun_ms:
        return ImportRowError(row.row, headers["expires_at"], "past", PAST)
    return NumbersRow(row.row, numbers, terms.reason, expires_at)
