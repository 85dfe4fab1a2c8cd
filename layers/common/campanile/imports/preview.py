"""Shows what an import would make of a file, by its first 64 KB. Nothing is stored."""

from base64 import b64decode
from codecs import getincrementaldecoder
from collections.abc import Iterator

from campanile.contacts.rows import ContactRow
from campanile.csv_files.columns import detect_columns
from campanile.csv_files.records import CsvStructureError, Reader, Record, begin
from campanile.domain.campaign import Campaign, refuse_closed
from campanile.domain.errors import FieldError, InvalidFieldsError, StateError
from campanile.domain.import_report import ImportRowError
from campanile.imports import contacts_file
from campanile.imports.contacts_file import RowChecks
from campanile.schema.import_responses import ImportRowErrorResponse
from campanile.schema.imports import PreviewColumn, PreviewInput, PreviewResponse, PreviewRow
from campanile.store.imports import KEPT_ERRORS
from campanile.store.table import Table

MAX_PREVIEW_BYTES = 65_536
LONGEST_CHARACTER = 4
"""In bytes. A text that was cut may be up to one less than this shorter, if its last character was left out."""
HALF_CHARACTER = "\N{REPLACEMENT CHARACTER}"
SHOWN_ROWS = 10


def preview(table: Table, campaign: Campaign, wanted: PreviewInput) -> PreviewResponse:
    """Read the beginning of a file as its import would. Raises InvalidFieldsError for too much of it, or no base64."""
    data = _bytes(wanted)
    is_cut = len(data) > MAX_PREVIEW_BYTES - LONGEST_CHARACTER
    try:
        refuse_closed(campaign)
        data = _whole_characters(data) if is_cut else data
        position, header = begin(data)
        columns = detect_columns(header, wanted.mapping)
        reader = Reader([data[position.offset :]], position)
        records = list(_whole(reader, is_cut))
        terms = contacts_file.terms_of(table, campaign)
        checked = RowChecks(table, campaign, columns, terms).check(records)
    except (CsvStructureError, StateError) as error:
        return _refused(str(error))
    problems = [one for one in checked if isinstance(one, ImportRowError)]
    reason = None
    if wanted.mode == "strict" and problems:
        reason = f"{len(problems)} of these rows are wrong; in strict mode nothing is imported then."
    elif not checked:
        reason = "the file has no row below its header"
    return PreviewResponse(
        encoding=reader.position.encoding,
        delimiter=reader.position.delimiter,
        columns=[PreviewColumn(header=name, target=target) for name, target in columns.describe()],
        rows=[_row(one) for one in checked if isinstance(one, ContactRow)][:SHOWN_ROWS],
        rows_read=len(checked),
        problems=[ImportRowErrorResponse.of(one) for one in problems[:KEPT_ERRORS]],
        reason=reason,
    )


def _bytes(wanted: PreviewInput) -> bytes:
    name = "content" if wanted.content is not None else "content_base64"
    try:
        data = (
            wanted.content.removesuffix(HALF_CHARACTER).encode()
            if wanted.content is not None
            else b64decode(wanted.content_base64 or "", validate=True)
        )
    except ValueError:
        raise InvalidFieldsError([FieldError(name, "base64", "must be base64 of the file's bytes")]) from None
    if len(data) > MAX_PREVIEW_BYTES:
        message = f"must be at most {MAX_PREVIEW_BYTES:,} bytes, is {len(data):,}: send the beginning of the file"
        raise InvalidFieldsError([FieldError(name, "too_long", message)])
    return data


def _whole_characters(data: bytes) -> bytes:
    """The data without half a UTF-8 character at the end, which would look like Windows-1252."""
    decoder = getincrementaldecoder("utf-8")()
    try:
        decoder.decode(data)
    except UnicodeDecodeError:
        return data
    return data[: len(data) - len(decoder.getstate()[0])]


def _whole(reader: Reader, is_cut: bool) -> Iterator[Record]:
    """The records. If the file was cut, without the last one, which may be incomplete."""
    held: Record | None = None
    records = iter(reader)
    while True:
        try:
            record = next(records)
        except StopIteration:
            break
        except CsvStructureError:
            if not is_cut:
                raise
            break  # an open quote, or half a character, at the cut
        if held is not None:
            yield held
        held = record
    if held is not None and not is_cut:
        yield held


def _row(one: ContactRow) -> PreviewRow:
    fields = one.fields
    return PreviewRow(
        row=one.place,
        id=fields.id,
        external_id=fields.external_id,
        phone_numbers=list(one.numbers),
        timezone=fields.timezone,
        scheduled_at=fields.scheduled_at,
        data=fields.data or {},
    )


def _refused(reason: str) -> PreviewResponse:
    return PreviewResponse(encoding=None, delimiter=None, columns=[], rows=[], rows_read=0, problems=[], reason=reason)
