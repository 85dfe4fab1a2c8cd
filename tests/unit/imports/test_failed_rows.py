"""The file of failing rows is read as the file was that they come from, whatever a mapping said of that."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campanile.csv_files import records
from campanile.csv_files.columns import PHONE, detect_columns
from campanile.csv_files.headers import REPORT_HEADERS
from campanile.csv_files.records import CsvStructureError, Reader, Record
from campanile.csv_files.rows import CsvRow, read_row
from campanile.domain.contact_fields import STRUCTURED_COLUMNS
from campanile.domain.import_report import ImportRowError
from campanile.imports import failed_rows
from campanile.store.imports import FileProgress, Import
from tests.support.uploads import Bucket

NAMES = ["phone", "Mobile", "phone 2", "id", "contact_id", "external_id", "timezone", "scheduled_at", "data", "status"]
HEADERS = st.lists(
    st.sampled_from([*NAMES, "name", "name_2", "Name", "", "=sum", "column_1", "First Name"]), min_size=1
)
TARGETS = st.sampled_from([PHONE, *STRUCTURED_COLUMNS, "data", "data.phone", "data.id", "data.name", "ignore", None])


def reread(written: list[str], mapping: Mapping[str, str | None], cells: tuple[str, ...]) -> CsvRow:
    """One failing row, put by and read again from its file."""
    bucket = Bucket("org")
    reading = FileProgress(header=tuple(written))
    job = Import("job", "org", "campaign", None, 0, 0, mapping=mapping, reading=reading)
    failed_rows.put_by(bucket, job, [(ImportRowError(row=2, column=None, code="x", message="y"), cells)])
    data = bucket.texts[failed_rows.compose(bucket, replace(job, report_parts=1), lambda: True)].encode()
    position, header = records.begin(data)
    [record] = Reader([data[position.offset :]], position)
    assert header[:2] == list(REPORT_HEADERS)
    found = read_row(record, detect_columns(header))
    assert isinstance(found, CsvRow)
    return found


@settings(max_examples=300)
@given(HEADERS, st.data())
def test_a_failing_row_means_the_same_without_the_mapping(header: list[str], data: st.DataObject) -> None:
    mapping = data.draw(st.dictionaries(st.sampled_from(header), TARGETS, max_size=4))
    try:
        columns = detect_columns(header, mapping)
    except CsvStructureError:
        assume(False)
    cells = tuple("{}" if index == columns.extra else f"cell {index}" for index in range(len(header)))
    row = read_row(Record(2, cells), columns)
    assert isinstance(row, CsvRow)
    again = reread(header, mapping, cells)
    for name in ("id", "external_id", "phone_numbers", "timezone", "scheduled_at", "data"):
        assert getattr(again, name) == getattr(row, name), name
