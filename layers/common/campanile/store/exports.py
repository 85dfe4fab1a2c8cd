"""Exports: `X#<campaign>` / `S`, of each campaign the latest one."""

from dataclasses import dataclass, field

from campanile.csv_files.export_rows import Columns
from campanile.store import keys
from campanile.store.table import ConditionFailedError, Item, Put, Table, Update


@dataclass(frozen=True, slots=True)
class Export:
    """An export and its progress. Times in UTC ms; `total` contacts were there when it began.

    It covers the first `blocks` blocks of creation numbers; `parts` names what is kept of those that are done, which
    have `rows` contacts and need these `columns`. `status` is running, completed or failed, `reason` says why.
    """

    id: str
    org: str
    campaign_key: str
    created_at: int
    updated_at: int
    total: int
    blocks: int
    status: str = "running"
    reason: str | None = None
    rows: int = 0
    parts: tuple[str, ...] = ()
    columns: Columns = field(default_factory=Columns)


class ExportTakenOverError(Exception):
    """Another run of the export has come further or has finished it, or another export has begun."""


def get(table: Table, campaign_key: str) -> Export | None:
    """The campaign's latest export."""
    item = table.get(keys.export(campaign_key))
    return _from_item(campaign_key, item) if item else None


def begin(table: Table, new: Export, seen: Export | None) -> Export:
    """Store a new export in place of the one `seen`. Returns it, or the one that another request has begun."""
    item = {
        **keys.export(new.campaign_key),
        "id": new.id,
        "org": new.org,
        "created_at": new.created_at,
        "total": new.total,
        "blocks": new.blocks,
        **_progress(new),
    }
    condition, values = "attribute_not_exists(#PK)", {}
    if seen:
        condition = "#id = :id AND #status = :status AND #updated_at = :updated_at"
        values = {":id": seen.id, ":status": seen.status, ":updated_at": seen.updated_at}
    try:
        table.write(Put(item, condition, values))
    except ConditionFailedError as failed:
        return _from_item(new.campaign_key, failed.item or item)
    return new


def save(table: Table, seen: Export, changed: Export) -> None:
    """Write the progress or the end; raises ExportTakenOverError when the export is no longer where it was `seen`."""
    progress = _progress(changed)
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in progress)
    values = {f":{name}": value for name, value in progress.items()}
    condition = "#id = :id AND #status = :running AND #checkpoint = :seen"
    guards = {":id": seen.id, ":running": "running", ":seen": len(seen.parts)}
    try:
        table.write(Update(keys.export(changed.campaign_key), expression, condition, {**values, **guards}))
    except ConditionFailedError as failed:
        if failed.item and _from_item(changed.campaign_key, failed.item) == changed:
            return  # a request that is repeated as its answer was lost
        raise ExportTakenOverError(changed.id) from None


def _progress(current: Export) -> Item:
    return {
        "status": current.status,
        "reason": current.reason or "",
        "rows": current.rows,
        "checkpoint": len(current.parts),
        "parts": list(current.parts),
        "phone_columns": current.columns.phones,
        "data_columns": list(current.columns.data),
        "updated_at": current.updated_at,
    }


def _from_item(campaign_key: str, item: Item) -> Export:
    return Export(
        id=item["id"],
        org=item["org"],
        campaign_key=campaign_key,
        created_at=item["created_at"],
        updated_at=item["updated_at"],
        total=item["total"],
        blocks=item["blocks"],
        status=item["status"],
        reason=item.get("reason") or None,
        rows=item["rows"],
        parts=tuple(item["parts"]),
        columns=Columns(item["phone_columns"], tuple(item["data_columns"])),
    )
