"""A campaign's contacts as a CSV file, written by a worker and fetched by a link.

The worker keeps one block of contacts after another in the bucket, with a checkpoint after each. When all columns are
known, it makes the file of those parts in one stream. A run that was cut short continues from its checkpoint. Of two
runs at once, the one that reaches a checkpoint second stops. Each run names its own parts, so two never overwrite each
other's.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

from campanile.adapters.bucket import Bucket
from campanile.adapters.clock import Clock
from campanile.adapters.work_queue import ExportOrder, WorkQueue
from campanile.campaigns import find_campaign
from campanile.contacts import list_contacts
from campanile.csv_files import cells, export_rows
from campanile.csv_files.export_rows import AFTER_PHONES, BEFORE_PHONES, Entry
from campanile.domain.campaign import Campaign
from campanile.domain.times import instant
from campanile.schema.contacts import ContactResponse, ExportResponse
from campanile.store import counters, exports, keys
from campanile.store.exports import Export, ExportTakenOverError
from campanile.store.table import Table


def entry(contact: ContactResponse) -> Entry:
    """What an export keeps of a contact, ready for JSON. It leaves out an external id that could not be read back."""
    shown = contact.model_dump(mode="json", include={*BEFORE_PHONES, *AFTER_PHONES} - {"attempts"})
    fields = {name: value or "" for name, value in shown.items()}
    if fields["external_id"] != fields["external_id"].strip():
        fields["external_id"] = ""
    fields["attempts"] = str(len(contact.attempts))
    return {"fields": fields, "phones": contact.phone_numbers, "data": contact.data}


KEPT_MS = 5 * 60_000
"""How long requests get a finished export before another begins."""
FAILED_MS = 60_000
"""The same for a failed one: long enough for a client that asks every few seconds to see it."""
STALLED_MS = 90 * 60_000
"""Five deliveries take less, so an export without progress for this long has lost its worker."""
TAKEN_UP_AFTER_SECONDS = 30
LINK_SECONDS = 15 * 60
ROWS_AT_ONCE = 100_000
"""A file with more rows gets a run of its own. This many rows with two hundred columns take 50 s, usually 10 s."""
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Tells a spreadsheet that the file is UTF-8."""


@dataclass(frozen=True, slots=True)
class ExportPorts:
    """What exports work with."""

    table: Table
    work_queue: WorkQueue
    bucket: Bucket
    clock: Clock


def request_export(ports: ExportPorts, campaign: Campaign, accepted_ms: int = KEPT_MS) -> ExportResponse:
    """The campaign's export. Begins one if none is running and none has finished within the last `accepted_ms`."""
    now = ports.clock.now_ms()
    known = exports.get(ports.table, campaign.key)
    if known is None or now - known.updated_at >= _valid_for(known, accepted_ms):
        known = _begin(ports, campaign, known, now)
    link = None
    if known.status == "completed":
        name = f"{campaign.external_id or campaign.id} {instant(known.created_at):%Y-%m-%d}.csv"
        link = ports.bucket.link(_file_key(known), name, LINK_SECONDS)
    return ExportResponse.model_validate(
        {
            "id": known.id,
            "status": known.status,
            "reason": known.reason,
            "rows": known.rows,
            "total": known.total,
            "url": link,
            "url_expires_at": instant(now) + timedelta(seconds=LINK_SECONDS) if link else None,
            "created_at": instant(known.created_at),
            "updated_at": instant(known.updated_at),
        }
    )


def continue_export(
    ports: ExportPorts, order: ExportOrder, may_go_on: Callable[[], bool], is_last_try: bool = False
) -> Export | None:
    """Continue an export while `may_go_on`. Returns None when nothing is left to do, or another run does it.

    `may_go_on` leaves at least a minute when it returns True. Every call of it is a heartbeat of the run.
    `is_last_try`: nothing tries again after this run, so an error ends the export as failed before it is raised.
    """
    campaign = find_campaign.find_or_ad_hoc(ports.table, order.org, order.campaign)
    current = _running(ports, campaign, order)
    if current is None:
        return None
    try:
        current = _write(ports, campaign, current, may_go_on)
    except ExportTakenOverError:
        return None
    except Exception:  # any error: after the last try nothing else would end the export; it is raised again
        if is_last_try and (left := _running(ports, campaign, order)):
            _finish(ports, left, "failed", "It could not be written after several tries; ask for it again.")
        raise
    if current.status == "running":
        ports.work_queue.send_export(order)
    return current


def _valid_for(known: Export, accepted_ms: int) -> int:
    """How long after its last change requests get this export, in ms."""
    match known.status:
        case "running":
            return STALLED_MS
        case "failed":
            return min(FAILED_MS, accepted_ms)
        case _:
            return accepted_ms


def _begin(ports: ExportPorts, campaign: Campaign, seen: Export | None, now_ms: int) -> Export:
    total = sum(block.total for block in counters.blocks(ports.table, campaign.key))
    allocated = counters.allocated(ports.table, campaign.key)
    blocks = keys.block_of(allocated - 1) + 1 if allocated else 0
    new = Export(str(uuid4()), campaign.org, campaign.key, now_ms, now_ms, total, blocks)
    order = ExportOrder(campaign.org, campaign.id, new.id)
    ports.work_queue.send_export(order, TAKEN_UP_AFTER_SECONDS)  # in case this request dies after the next line
    begun = exports.begin(ports.table, new, seen)
    if begun.id == new.id:
        ports.work_queue.send_export(order)
    return begun


def _running(ports: ExportPorts, campaign: Campaign, order: ExportOrder) -> Export | None:
    """The export that the order names, if it is not finished."""
    found = exports.get(ports.table, campaign.key)
    return found if found and found.id == order.export and found.status == "running" else None


def _write(ports: ExportPorts, campaign: Campaign, current: Export, may_go_on: Callable[[], bool]) -> Export:
    run, seen = uuid4().hex[:8], current
    while len(current.parts) < current.blocks:
        if not may_go_on():
            return current
        current = _write_block(ports, campaign, current, run)
    # The file is made in one go. A run that begins with it has the most time.
    if current is not seen and (current.rows > ROWS_AT_ONCE or not may_go_on()):
        return current
    ports.bucket.keep_stream(_file_key(current), _lines(ports, current, may_go_on))
    return _finish(ports, current, "completed")


def _write_block(ports: ExportPorts, campaign: Campaign, current: Export, run: str) -> Export:
    """Keep the next block's contacts, and save the checkpoint after it."""
    block, now = len(current.parts), ports.clock.now_ms()
    found = list_contacts.of_block(ports.table, campaign, block, now)
    entries = [entry(contact) for contact in found]
    part = f"{block}-{run}"
    lines = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in entries)
    ports.bucket.keep(_part_key(current, part), "\n".join(lines))
    changed = replace(
        current,
        rows=current.rows + len(entries),
        parts=(*current.parts, part),
        columns=export_rows.widened(current.columns, entries),
        updated_at=ports.clock.now_ms(),
    )
    exports.save(ports.table, current, changed)
    return changed


def _lines(ports: ExportPorts, current: Export, heartbeat: Callable[[], object]) -> Iterator[str]:
    """The file, line by line, with one part in memory at a time."""
    yield _BOM + cells.line(current.columns.header)
    for part in current.parts:
        heartbeat()
        for text in ports.bucket.kept(_part_key(current, part)).split("\n"):
            if text:  # a block may have no contacts left
                yield cells.line(export_rows.cells(json.loads(text), current.columns))


def _finish(ports: ExportPorts, current: Export, status: str, reason: str | None = None) -> Export:
    done = replace(current, status=status, reason=reason, updated_at=ports.clock.now_ms())
    exports.save(ports.table, current, done)
    return done


def _part_key(export: Export, part: str) -> str:
    return f"exports/{export.id}/{part}.jsonl"


def _file_key(export: Export) -> str:
    return f"exports/{export.id}.rows"
