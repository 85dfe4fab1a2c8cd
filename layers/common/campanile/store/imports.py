"""Imports: `J#<job>` / `S`, listed by campaign through the roster index."""

from dataclasses import dataclass, field, replace

from campanile.answers import ImportCounts, ImportRowError
from campanile.store import keys
from campanile.store.table import ConditionFailedError, Item, Put, Table, Update

KEPT_ERRORS = 100


@dataclass(frozen=True, slots=True)
class Import:
    """An import and its report. Times in UTC ms; `errors` are the first 100; `reason` says why it failed.

    `checkpoint` is the last row that is done. `rows_key`: where a request's rows are kept; None for a dropped file,
    which alone has a name.
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
    rows_key: str | None = None


class ImportTakenOverError(Exception):
    """Another run of the import has come further, or has finished it."""


def begin(table: Table, new: Import) -> Import | None:
    """Store a new import, or take up one that never finished; None when it is already done."""
    item = {
        **keys.import_job(new.job),
        "org": new.org,
        "campaign": new.campaign_key,
        "file_name": new.file_name,
        "rows_key": new.rows_key,
        "created_at": new.created_at,
        "roster": keys.import_roster(new.campaign_key),
        "roster_sort": keys.import_roster_sort(new.created_at, new.job),
        **_progress(new),
    }
    try:
        table.write(Put(item, "attribute_not_exists(#PK)"))
    except ConditionFailedError as failed:
        known = _from_item(failed.item or item)
        return known if known.status == "running" else None
    return new


def get(table: Table, job: str) -> Import | None:
    item = table.get(keys.import_job(job))
    return _from_item(item) if item else None


def save(table: Table, seen: Import, changed: Import) -> None:
    """Write the progress or the final report; raises ImportTakenOverError when it is no longer where it was `seen`."""
    progress = _progress(changed)
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in progress)
    values = {f":{name}": value for name, value in progress.items()}
    condition = "#status = :running AND #checkpoint = :seen"
    guards = {":running": "running", ":seen": seen.checkpoint}
    try:
        table.write(Update(keys.import_job(changed.job), expression, condition, {**values, **guards}))
    except ConditionFailedError:
        raise ImportTakenOverError(changed.job) from None


def of_campaign(table: Table, campaign_key: str, limit: int) -> list[Import]:
    """The campaign's imports, newest first."""
    values = {":roster": keys.import_roster(campaign_key)}
    entries = list(table.query("#roster = :roster", values, index=keys.ROSTER, limit=limit, forward=False))
    found = table.batch_get([{"PK": entry["PK"], "SK": entry["SK"]} for entry in entries])
    return [_from_item(found[entry["PK"], entry["SK"]]) for entry in entries if (entry["PK"], entry["SK"]) in found]


def with_error(current: Import, error: ImportRowError) -> Import:
    """Count a bad row, and keep the error while there is room."""
    counts = current.counts.model_copy(update={"invalid": current.counts.invalid + 1})
    errors = (*current.errors, error) if len(current.errors) < KEPT_ERRORS else current.errors
    return replace(current, counts=counts, errors=errors)


def _progress(current: Import) -> Item:
    return {
        "status": current.status,
        "reason": current.reason or "",
        "counts": current.counts.model_dump(),
        "errors": [error.model_dump() for error in current.errors],
        "checkpoint": current.checkpoint,
        "updated_at": current.updated_at,
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
        reason=item["reason"] or None,
        counts=ImportCounts.model_validate(item["counts"]),
        errors=tuple(ImportRowError.model_validate(error) for error in item["errors"]),
        checkpoint=item["checkpoint"],
        rows_key=item.get("rows_key"),
    )
