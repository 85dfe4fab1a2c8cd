"""A campaign's contacts as a CSV file, written by a worker and fetched by a link.

Block after block of contacts is kept in the bucket, each behind a checkpoint; when all columns are known, the file is
made of those parts in one stream. A run that was cut short is taken up from its checkpoint; of two that run at once,
the one that comes second to a checkpoint stops. Each run names its parts itself, so it cannot touch another one's.
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
    """What an export keeps of a contact, fit for JSON. An external id that would not be read back is left out."""
    shown = contact.model_dump(mode="json", include={*BEFORE_PHONES, *AFTER_PHONES} - {"attempts"})
    fields = {name: value or "" for name, value in shown.items()}
    if fields["external_id"] != fields["external_id"].strip():
        fields["external_id"] = ""
    fields["attempts"] = str(len(contact.attempts))
    return {"fields": fields, "phones": contact.phone_numbers, "data": contact.data}


KEPT_MS = 5 * 60_000
"""How long a finished export is answered before another is begun."""
FAILED_MS = 60_000
"""The same of a failed one: long enough to be seen by who asks every few seconds."""
STALLED_MS = 90 * 60_000
"""Five deliveries take less: an export that has not moved for so long has lost its worker."""
TAKEN_UP_AFTER_SECONDS = 30
LINK_SECONDS = 15 * 60
ROWS_AT_ONCE = 100_000
"""A file of more rows has a run of its own. So many with two hundred columns take 50 s, usually a fifth of that."""
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
    """The campaign's export; one is begun if none runs and none has finished within the last `accepted_ms`."""
    now = ports.clock.now_ms()
    known = exports.get(ports.table, campaign.key)
    if known is None or now - known.updated_at >= _answered_for(known, accepted_ms):
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
    """Go on with an export while `may_go_on`; None when there is nothing to do, or another run does it.

    `may_go_on` leaves a minute when it says yes. It is asked again and again, as the run's sign of life.
    `is_last_try`: nobody will try again, so an error ends the export as failed before it is raised.
    """
    campaign = find_campaign.find_or_ad_hoc(ports.table, order.org, order.campaign)
    current = _running(ports, campaign, order)
    if current is None:
        return None
    try:
        current = _write(ports, campaign, current, may_go_on)
    except ExportTakenOverError:
        return None
    except Exception:  # whatever it was: it is raised again, but nobody would end the export after the last try
        if is_last_try and (left := _running(ports, campaign, order)):
            _finish(ports, left, "failed", "It could not be written after several tries; ask for it again.")
        raise
    if current.status == "running":
        ports.work_queue.send_export(order)
    return current


def _answered_for(known: Export, accepted_ms: int) -> int:
    """How long after its last change the export is the answer to whoever asks, in ms."""
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
    ports.work_queue.send_export(order, TAKEN_UP_AFTER_SECONDS)  # should this request die behind the next line
    begun = exports.begin(ports.table, new, seen)
    if begun.id == new.id:
        ports.work_queue.send_export(order)
    return begun


def _running(ports: ExportPorts, campaign: Campaign, order: ExportOrder) -> Export | None:
    """The export of the order, if it is still to be written."""
    found = exports.get(ports.table, campaign.key)
    return found if found and found.id == order.export and found.status == "running" else None


def _write(ports: ExportPorts, campaign: Campaign, current: Export, may_go_on: Callable[[], bool]) -> Export:
    run, seen = uuid4().hex[:8], current
    while len(current.parts) < current.blocks:
        if not may_go_on():
            return current
        current = _write_block(ports, campaign, current, run)
    # The file is made in one go; a run that begins with it has all the time there is.
    if current is not seen and (current.rows > ROWS_AT_ONCE or not may_go_on()):
        return current
    ports.bucket.keep_stream(_file_key(current), _lines(ports, current, may_go_on))
    return _finish(ports, current, "completed")


def _write_block(ports: ExportPorts, campaign: Campaign, current: Export, run: str) -> Export:
    """Keep the next block's contacts, and save the checkpoint behind it."""
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


def _lines(ports: ExportPorts, current: Export, sign_of_life: Callable[[], object]) -> Iterator[str]:
    """The file, line by line, with one part in memory at a time."""
    yield _BOM + cells.line(current.columns.header)
    for part in current.parts:
        sign_of_life()
        for text in ports.bucket.kept(_part_key(current, part)).split("\n"):
            if text:  # a block may have no contacts any more
                yield cells.line(export_rows.cells(json.loads(text), current.columns))


def _finish(ports: ExportPorts, current: Export, status: str, reason: str | None = None) -> Export:
    done = replace(current, status=status, reason=reason, updated_at=ports.clock.now_ms())
    exports.save(ports.table, current, done)
    return done


def _part_key(export: Export, part: str) -> str:
    return f"exports/{export.id}/{part}.jsonl"


def _file_key(export: Export) -> str:
    return f"exports/{export.id}.rows"
