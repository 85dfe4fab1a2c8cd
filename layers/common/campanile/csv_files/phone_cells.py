"""The phone numbers of a row of a CSV file, or what is wrong with them."""

from collections.abc import Callable

from campanile.csv_files.rows import CsvRow
from campanile.domain import phone
from campanile.domain.import_report import ImportRowError
from campanile.domain.phone import PhoneNumber
from campanile.schema.contacts import MAX_PHONE_NUMBERS


def completed(row: CsvRow, country_code: str | None) -> tuple[str, ...] | ImportRowError:
    """Each number once, in E.164. Local numbers get `country_code`; without one, all must be E.164 already."""
    return _numbers(row, lambda raw: phone.normalize_for(raw, country_code))


def international(row: CsvRow) -> tuple[str, ...] | ImportRowError:
    """Each number once, in E.164. All must be written with their country code."""
    return _numbers(row, phone.normalize_international)


def _numbers(row: CsvRow, normalize: Callable[[str], PhoneNumber]) -> tuple[str, ...] | ImportRowError:
    if len(row.phone_numbers) > MAX_PHONE_NUMBERS:
        message = f"a row has at most {MAX_PHONE_NUMBERS} phone numbers, this one has {len(row.phone_numbers)}"
        return ImportRowError(row.row, None, "too_many_numbers", message)
    numbers: list[str] = []
    for column, raw in zip(row.phone_columns, row.phone_numbers, strict=True):
        try:
            numbers.append(normalize(raw).e164)
        except phone.InvalidPhoneNumber as invalid:
            return ImportRowError(row.row, column, invalid.reason, str(invalid))
    return tuple(dict.fromkeys(numbers))
