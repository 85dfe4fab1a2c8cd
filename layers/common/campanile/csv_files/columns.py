"""Which column of a CSV file is what: by its header, or as whoever imports it says."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from campanile.csv_files.cells import unguarded
from campanile.csv_files.headers import (
    DATA_COLUMN,
    PHONE_HEADERS,
    READ_ONLY_HEADERS,
    REPORT_HEADERS,
    REPORT_PREFIX,
    fold,
    names_phone,
)
from campanile.csv_files.records import CsvStructureError
from campanile.domain.contact_fields import COLUMN_TARGETS, PLAIN_FIELDS, PLAIN_NAMES, STRUCTURED_COLUMNS

MAX_COLUMNS: Final = 500
MAX_HEADER_CHARACTERS: Final = 250
MAX_HEADERS_BYTES: Final = 130_000
PHONE: Final = "phone"
DATA: Final = "data"
IGNORE: Final = "ignore"
_UNDER_KEY: Final = "data."
_PLAIN_KEYS: Final = {fold(name): name for name in PLAIN_NAMES}
_PLAIN_SYNONYMS: Final = {fold(header): one.name for one in PLAIN_FIELDS for header in one.headers}
_READ_ONLY: Final = frozenset(map(fold, READ_ONLY_HEADERS))
_REPORT: Final = frozenset(map(fold, REPORT_HEADERS))


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column, counted from 0, holds what; a column that is in none of them is ignored.

    `headers` has every column as it was written, nameless column N (counted from 1) as `column_N`; `names` has the
    key in `data` where there is one. `data` pairs column and key; `extra` holds a JSON object with further keys.
    """

    headers: tuple[str, ...]
    names: tuple[str, ...]
    phones: tuple[int, ...]
    id: int | None
    external_id: int | None
    timezone: int | None
    scheduled_at: int | None
    data: tuple[tuple[int, str], ...]
    extra: int | None

    def describe(self) -> list[tuple[str, str]]:
        """Every column's header and what becomes of it, as a mapping would say it."""
        targets = dict.fromkeys(self.phones, PHONE)
        for field in STRUCTURED_COLUMNS:
            if (index := getattr(self, field)) is not None:
                targets[index] = field
        for index, key in self.data:
            header = self.headers[index]
            means_json = self.id is not None and fold(header) == DATA_COLUMN
            targets[index] = DATA if key == header and not means_json else f"{_UNDER_KEY}{key}"
        if self.extra is not None:
            targets[self.extra] = DATA
        return [(header, targets.get(index, IGNORE)) for index, header in enumerate(self.headers)]


def detect_columns(header: Sequence[str], mapping: Mapping[str, str | None] = {}) -> Columns:
    """Say what each column is by its header, and by `mapping` before that. Raises CsvStructureError.

    `mapping` pairs headers with `phone`, `id`, `external_id`, `timezone`, `scheduled_at`, `data` (kept under the
    header), `data.<key>`, `first_name` and the like (the same as `data.first_name`), or `ignore` (or None). A header is
    compared folded, unless a column is spelled exactly like that.

    Of several columns for one field, the best name wins, then the leftmost. The others go to `data`. There, a header
    that is already taken becomes `name_2`. In a file with an id column, the columns that an export adds to a contact's
    own fields are ignored, and the column `data` is a JSON object, by detection as by mapping (`data.data` keeps it as
    a text). Without an id column there must be a phone column.
    """
    _refuse_huge(header)
    written = [unguarded(name.strip()) for name in header]
    headers = [name or f"column_{index + 1}" for index, name in enumerate(written)]
    given = _explicit(headers) | _given(headers, mapping)
    _refuse_twice(headers, given)
    free = {index: fold(name) for index, name in enumerate(written) if index not in given}
    fields = {field: _column_of(field, given, free) for field in STRUCTURED_COLUMNS}
    phones = _phone_columns(len(written), given, free)
    updates = fields["id"] is not None
    if not phones and not updates:
        raise CsvStructureError(_no_phone_column(written, mapped=bool(mapping)))
    structured = {*phones, *(index for index in fields.values() if index is not None)}
    extra = _json_column(headers, given) if updates else None
    not_data = structured | _ignored(given, free, updates) | {extra}
    own = [index for index in range(len(written)) if index not in not_data]
    keys = _data_keys(headers, written, own, structured, given)
    return Columns(
        headers=tuple(headers),
        names=tuple(keys.get(index, name) for index, name in enumerate(headers)),
        phones=phones,
        data=tuple(keys.items()),
        extra=extra,
        **fields,
    )


def _phone_columns(width: int, given: Mapping[int, str], free: Mapping[int, str]) -> tuple[int, ...]:
    return tuple(index for index in range(width) if given.get(index) == PHONE or names_phone(free.get(index, "")))


def _ignored(given: Mapping[int, str], free: Mapping[int, str], updates: bool) -> set[int]:
    """The columns that nothing is kept of. Of a file that `updates` contacts, those are also the read-only ones."""
    left_alone = _REPORT | _READ_ONLY if updates else _REPORT
    by_mapping = {index for index, target in given.items() if target == IGNORE}
    return by_mapping | {index for index, name in free.items() if name in left_alone}


def _refuse_huge(header: Sequence[str]) -> None:
    """The header is kept with the import, and its names in the report."""
    if len(header) > MAX_COLUMNS:
        raise CsvStructureError(f"the file has {len(header)} columns; at most {MAX_COLUMNS} are taken: leave some out")
    size = sum(len(name.encode()) for name in header)
    if size > MAX_HEADERS_BYTES:
        raise CsvStructureError(
            f"the first row has {size:,} bytes; at most {MAX_HEADERS_BYTES:,} are taken: shorten the names of columns"
        )
    for index, name in enumerate(header):
        if len(name.removeprefix(f"{REPORT_PREFIX}{_UNDER_KEY}")) > MAX_HEADER_CHARACTERS:
            limit = (
                f"the name of column {index + 1} has {len(name)} characters; at most {MAX_HEADER_CHARACTERS} are taken"
            )
            raise CsvStructureError(f"{limit}: shorten it")


def _given(headers: Sequence[str], mapping: Mapping[str, str | None]) -> dict[int, str]:
    """Return the target of every column that the mapping names."""
    given: dict[int, str] = {}
    named: dict[int, str] = {}
    is_report = any(fold(header) in _REPORT for header in headers)
    exact = {name for name in map(_spelled, mapping) if name in headers}
    for entry, target in mapping.items():
        name = _spelled(entry)
        if name in exact:
            columns = [index for index, header in enumerate(headers) if header == name]
        else:
            same = [index for index, header in enumerate(headers) if fold(header) == fold(name)]
            columns = [index for index in same if headers[index] not in exact] or same
        if not columns and is_report:
            continue  # the file of failing rows names its columns so that no mapping is needed
        if not columns:
            raise CsvStructureError(f"mapping: the file has no column {_short(entry)}; {_found(headers)}")
        for index in columns:
            if index in named:
                raise CsvStructureError(
                    f"mapping: {_short(named[index])} and {_short(entry)} are the same column: name it once"
                )
            named[index] = entry
            given[index] = _checked(entry, target)
    return given


def _explicit(headers: Sequence[str]) -> dict[int, str]:
    """The target of every column whose header says it."""
    said = {index: name for index, name in enumerate(headers) if name.startswith(REPORT_PREFIX)}
    targets = {index: name.removeprefix(REPORT_PREFIX) for index, name in said.items()}
    return {index: _in_data(target) for index, target in targets.items() if _is_target(target)}


def _in_data(target: str) -> str:
    return f"{_UNDER_KEY}{target}" if target in PLAIN_NAMES else target


def _spelled(entry: str) -> str:
    return unguarded(entry.strip())


def _checked(entry: str, target: str | None) -> str:
    if target is None:
        return IGNORE
    if _is_target(target):
        return _in_data(target)
    raise CsvStructureError(
        f"mapping: {_short(entry)} cannot become {_short(target)}: take one of {', '.join(COLUMN_TARGETS)}"
    )


def _is_target(target: str) -> bool:
    key = target.removeprefix(_UNDER_KEY) if target.startswith(_UNDER_KEY) else ""
    return target in {PHONE, *STRUCTURED_COLUMNS, *PLAIN_NAMES, DATA, IGNORE} or bool(key.strip())


def _refuse_twice(headers: Sequence[str], given: Mapping[int, str]) -> None:
    """A field, and a key of `data`, is one column's only; of the same header twice each becomes a key of its own."""
    single = [(index, target) for index, target in given.items() if target in STRUCTURED_COLUMNS]
    keys = [(index, _fixed_key(target)) for index, target in given.items() if target.startswith(_UNDER_KEY)]
    own = dict.fromkeys(headers[index] for index, target in given.items() if target == DATA)
    owners = [(headers.index(name), name) for name in own]
    for pairs, what in ((single, ""), (keys + owners, _UNDER_KEY)):
        for name, count in Counter(name for _, name in pairs).items():
            if count > 1:
                twice = " and ".join(_short(headers[index]) for index, target in pairs if target == name)
                raise CsvStructureError(
                    f"mapping: {twice} would both become {_short(what + name)}: give it to one column only, "
                    "and rename a header that the file has twice"
                )


def _fixed_key(target: str) -> str:
    return target.removeprefix(_UNDER_KEY).strip()


def _column_of(field: str, given: Mapping[int, str], free: Mapping[int, str]) -> int | None:
    for index, target in given.items():
        if target == field:
            return index
    if field in given.values():
        return None
    wanted = (fold(name) for name in STRUCTURED_COLUMNS[field])
    return next((index for name in wanted for index, header in free.items() if header == name), None)


def _json_column(headers: Sequence[str], given: Mapping[int, str]) -> int | None:
    named = (index for index, header in enumerate(headers) if fold(header) == DATA_COLUMN)
    return next((index for index in named if given.get(index, DATA) == DATA), None)


def _data_keys(
    headers: Sequence[str],
    written: Sequence[str],
    own: Iterable[int],
    structured: Iterable[int],
    given: Mapping[int, str],
) -> dict[int, str]:
    """Return the key in `data` of each of the `own` columns; no two are the same."""
    fixed = {index: _fixed_key(target) for index, target in given.items() if target.startswith(_UNDER_KEY)}
    wanted = {index: headers[index] for index in own}
    for index in wanted.keys() - given.keys():
        wanted[index] = _PLAIN_KEYS.get(fold(written[index]), wanted[index])
    had = {*wanted.values(), *fixed.values()}
    for index in sorted(wanted.keys() - given.keys()):
        key = _PLAIN_SYNONYMS.get(fold(written[index]))
        if key and key not in had:
            wanted[index] = key
            had.add(key)
    taken = {written[index] for index in structured} | set(fixed.values())
    reserved = {written[index] for index in wanted} | taken  # a header as written outranks a name made for another
    suffixes: dict[str, int] = {}
    keys: dict[int, str] = {}
    for index, name in wanted.items():
        key = fixed.get(index, name)
        while index not in fixed and key in (taken if key == written[index] else reserved):
            suffixes[name] = suffixes.get(name, 1) + 1
            key = f"{name}_{suffixes[name]}"
        taken.add(key)
        reserved.add(key)
        keys[index] = key
    return keys


def _no_phone_column(header: Sequence[str], mapped: bool) -> str:
    accepted = f"name the column of numbers one of {', '.join(PHONE_HEADERS)}"
    if mapped:
        accepted += f", or map it to {PHONE!r}"
    return f"no phone column: {_found(header)}; {accepted}"


def _found(header: Sequence[str]) -> str:
    if any("@" in name or len(re.findall("[0-9]", name)) >= 7 for name in header):
        # Somebody's data, most likely: it is not quoted.
        return "the first row looks like a contact, not like column names"
    found = [_short(name) for name in header if name]
    return f"the header has {', '.join(found[:20])}{', ...' if len(found) > 20 else ''}"


def _short(name: str) -> str:
    return repr(name if len(name) <= 40 else f"{name[:37]}...")
