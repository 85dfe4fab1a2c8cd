"""Imports: `J#<job>` / `S`, listed by campaign through the roster index."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from campanile.domain import known_fields
from campanile.domain.import_report import ImportCounts, ImportRowError
from campanile.domain.stored_file import StoredFile
from campanile.store import keys
from campanile.store.creation_ranges import Range
from campanile.store.table import ConditionFailedError, Item, Put, Table, Update

KEPT_ERRORS = 100
LISTED_IMPORTS = 100
"""How many of a campaign's latest imports are shown, and searched for pushes."""


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How far the reading of a file has come. `phase` is `checking`, before anything is written, or `importing`.

    `start` is the position after the header, `position` the one after the last finished row, both as
    `csv_source.Position` stores them; `rows` counts the rows that were checked, in the end those there are.
    `country_code` and `timezone` are the configuration's when it began, so that every run reads a row alike.
    """

    phase: str = "checking"
    header: tuple[str, ...] = ()
    start: Mapping[str, Any] = field(default_factory=dict)
    position: Mapping[str, Any] = field(default_factory=dict)
    rows: int = 0
    country_code: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """What an import has that OSVI clients pushed: their number for it, and the agent they pushed to."""

    number: int
    agent_id: str


@dataclass(frozen=True, slots=True)
class Import:
    """An import and its report. Times in UTC ms; `errors` are the first 100; `reason` says why it failed.

    `checkpoint` is the last row that is done, `step` how often progress was saved. `rows_key`: where a request's rows
    are kept; `file` (None while its upload is awaited, until `upload_until`) and `reading` are of a file, which alone
    has a name. `numbers_before` counts the creation numbers that were given out when it began, `report_parts` the parts
    of the file of failing rows, `report_key` tells where that is when it is whole. Of a `push` the creation numbers are
    kept that its contacts got.
    """

    job: str
    org: str
    campaign_key: str
    file_name: str | None
    created_at: int
    updated_at: int
    status: str = "running"
    reason: str | None = None
    counts: ImportCounts = field(default_factory=ImportCounts)
    errors: tuple[ImportRowError, ...] = ()
    checkpoint: int = 0
    step: int = 0
    rows_key: str | None = None
    mode: str = "lenient"
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    file: StoredFile | None = None
    reading: FileProgress = field(default_factory=FileProgress)
    upload_until: int | None = None
    numbers_before: int = 0
    report_parts: int = 0
    report_key: str | None = None
    push: Push | None = None
    created: tuple[Range, ...] = ()

    def mark(self, row: int) -> str:
        """The mark on contacts that this row wrote. It tells an interrupted run from another row, file or import."""
        return f"{self.job.replace('-', '')[:12]}:{row}"

    def wrote_other_row(self, mark: str | None, row: int) -> bool:
        """Whether a mark is of another row of this import."""
        own = self.mark(row)
        return mark is not None and mark != own and mark.partition(":")[0] == own.partition(":")[0]


class ImportTakenOverError(Exception):
    """Another run of the import has come further, or has finished it."""


def begin(table: Table, new: Import) -> Import:
    """Store a new import. Returns it, or the stored one of the same id."""
    item = {
        **keys.import_job(new.job),
        "org": new.org,
        "campaign": new.campaign_key,
        "file_name": new.file_name,
        "rows_key": new.rows_key,
        "mode": new.mode,
        "mapping": dict(new.mapping),
        "upload_until": new.upload_until,
        "push": asdict(new.push) if new.push else None,
        "created_at": new.created_at,
        "roster": keys.import_roster(new.campaign_key),
        "roster_sort": keys.import_roster_sort(new.created_at, new.job),
        **_progress(new),
    }
    try:
        table.write(Put(item, "attribute_not_exists(#PK)"))
    except ConditionFailedError as failed:
        return _from_item(failed.item or item)
    return new


def get(table: Table, job: str) -> Import | None:
    item = table.get(keys.import_job(job))
    return _from_item(item) if item else None


def save(table: Table, seen: Import, changed: Import) -> Import:
    """Write progress or the final report and return it; raises ImportTakenOverError if it is no longer as `seen`."""
    saved = replace(changed, step=seen.step + 1)
    progress = {name: value for name, value in _progress(saved).items() if value is not None}
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in progress)
    values = {f":{name}": value for name, value in progress.items()}
    guards = {":seen_status": seen.status, ":seen": seen.step}
    condition = "#status = :seen_status AND #step = :seen"
    try:
        table.write(Update(keys.import_job(changed.job), expression, condition, {**values, **guards}))
    except ConditionFailedError as failed:
        if failed.item and _from_item(failed.item) == saved:
            return saved  # a request that is repeated as its answer was lost
        raise ImportTakenOverError(changed.job) from None
    return saved


def of_campaign(table: Table, campaign_key: str, limit: int) -> list[Import]:
    """The campaign's imports, newest first."""
    values = {":roster": keys.import_roster(campaign_key)}
    entries = list(table.query("#roster = :roster", values, index=keys.ROSTER, limit=limit, forward=False))
    found = table.batch_get([{"PK": entry["PK"], "SK": entry["SK"]} for entry in entries])
    return [_from_item(found[entry["PK"], entry["SK"]]) for entry in entries if (entry["PK"], entry["SK"]) in found]


def with_error(current: Import, error: ImportRowError) -> Import:
    """Count a bad row, and keep its error if fewer than 100 are kept."""
    counts = replace(current.counts, invalid=current.counts.invalid + 1)
    errors = (*current.errors, error) if len(current.errors) < KEPT_ERRORS else current.errors
    return replace(current, counts=counts, errors=errors)


def _progress(current: Import) -> Item:
    return {
        "status": current.status,
        "reason": current.reason or "",
        "counts": asdict(current.counts),
        "errors": [asdict(error) for error in current.errors],
        "checkpoint": current.checkpoint,
        "step": current.step,
        "updated_at": current.updated_at,
        "file": asdict(current.file) if current.file else None,
        "reading": asdict(current.reading) if current.file else None,
        "numbers_before": current.numbers_before,
        "report_parts": current.report_parts,
        "report_key": current.report_key,
        "created": [list(one) for one in current.created] or None,
    }


def _from_item(item: Item) -> Import:
    return Import(
        job=keys.job_of(item),
        org=item["org"],
        campaign_key=item["campaign"],
        file_name=item.get("file_name"),
        created_at=item["created_at"],
        updated_at=item["updated_at"],
        status=item["status"],
        reason=item.get("reason") or None,
        counts=known_fields.read(ImportCounts, item["counts"]),
        errors=tuple(known_fields.read(ImportRowError, error) for error in item["errors"]),
        checkpoint=item["checkpoint"],
        step=item["step"],
        rows_key=item.get("rows_key"),
        mode=item.get("mode", "lenient"),
        mapping=item.get("mapping", {}),
        file=known_fields.read(StoredFile, item["file"]) if item.get("file") else None,
        reading=_reading(item.get("reading") or {}),
        upload_until=item.get("upload_until"),
        numbers_before=item.get("numbers_before", 0),
        report_parts=item.get("report_parts", 0),
        report_key=item.get("report_key"),
        push=known_fields.read(Push, item["push"]) if item.get("push") else None,
        created=tuple((first, last) for first, last in item.get("created", ())),
    )


def _reading(item: Item) -> FileProgress:
    reading = known_fields.read(FileProgress, item)
    return replace(reading, header=tuple(reading.header))
