"""Enqueues held contacts: those that were pushed without `enqueue` (seed 004) become pending.

The request enqueues two hundred at a time for some seconds. A worker does the rest. Only contacts that were held at the
time of the request are enqueued: later ones have a higher creation number. After a crash, each contact is either held
or pending, and the next run finds the held ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from campanile.adapters.clock import Clock
from campanile.adapters.dial_queue import DialQueue
from campanile.adapters.work_queue import EnqueueOrder, WorkQueue
from campanile.campaigns import find_campaign
from campanile.contacts import notify_dialer
from campanile.domain.campaign import Campaign, refuse_closed
from campanile.domain.contact import bucket
from campanile.domain.lifecycle import CampaignStatus, ContactStatus
from campanile.domain.times import WORK_IN_REQUEST_MS
from campanile.schema.contacts import EnqueueResponse
from campanile.store import contact_writes, contacts, counters, keys
from campanile.store.contact_writes import Draft
from campanile.store.table import Table

ENQUEUING_MS = WORK_IN_REQUEST_MS
"""How long a request enqueues contacts itself."""
CONTACTS_AT_ONCE = 200
LOOKS = 10
LOOK_SECONDS = 0.5
"""How long to wait before looking again at an index that shows fewer held contacts than the counters."""
_HELD = bucket(ContactStatus.HELD, None)


@dataclass(frozen=True, slots=True)
class EnqueuePorts:
    """What enqueuing works with."""

    table: Table
    dial_queue: DialQueue
    work_queue: WorkQueue
    clock: Clock


def enqueue(ports: EnqueuePorts, org: str, reference: str) -> EnqueueResponse:
    """Enqueue the campaign's held contacts. After some seconds, a worker continues.

    Raises NotFoundError, or StateError for a closed campaign.
    """
    campaign = find_campaign.find(ports.table, org, reference)
    refuse_closed(campaign)
    order = EnqueueOrder(org, campaign.id, counters.allocated(ports.table, campaign.key))
    until = ports.clock.monotonic_ms() + ENQUEUING_MS
    run = _Run(ports, campaign, order.below)
    is_done = run.go(lambda: ports.clock.monotonic_ms() < until)
    if not is_done:
        ports.work_queue.send_enqueue(order)
    held = sum(block.buckets.get(_HELD, 0) for block in counters.blocks(ports.table, campaign.key))
    return EnqueueResponse(status="completed" if is_done else "running", released=run.enqueued, held=held)


def continue_enqueuing(ports: EnqueuePorts, order: EnqueueOrder, may_go_on: Callable[[], bool]) -> int:
    """Continue while `may_go_on`. Returns how many contacts were enqueued; those of a closed campaign stay held."""
    campaign = find_campaign.find(ports.table, order.org, order.campaign)
    if campaign.status is CampaignStatus.CLOSED:
        return 0
    run = _Run(ports, campaign, order.below)
    if not run.go(may_go_on):
        ports.work_queue.send_enqueue(order)
    return run.enqueued


class _Run:
    """One run over the campaign's held contacts with creation numbers `below` the given one."""

    def __init__(self, ports: EnqueuePorts, campaign: Campaign, below: int) -> None:
        self.enqueued = 0
        self._ports = ports
        self._campaign = campaign
        self._below = below

    def go(self, may_go_on: Callable[[], bool]) -> bool:
        """Whether all are enqueued. Looks again while the counters have more held contacts than the index shows."""
        for _ in range(LOOKS):
            later = 0
            for number in self._blocks():
                ids = self._held_ids(number)
                while some := list(islice(ids, CONTACTS_AT_ONCE)):
                    if not may_go_on():
                        return False
                    later += self._enqueue(some)
            held = counters.blocks(self._ports.table, self._campaign.key)
            if sum(block.buckets.get(_HELD, 0) for block in held if self._is_wanted(block.number)) <= later:
                return True
            self._ports.clock.sleep(LOOK_SECONDS)
        return False

    def _blocks(self) -> list[int]:
        blocks = counters.blocks(self._ports.table, self._campaign.key)
        return [one.number for one in blocks if one.buckets.get(_HELD) and self._is_wanted(one.number)]

    def _is_wanted(self, block: int) -> bool:
        return block * keys.BLOCK_SIZE < self._below

    def _held_ids(self, block: int) -> Iterator[str]:
        roster = keys.roster(self._campaign.key, block)
        for entry in self._ports.table.query("#roster = :roster", {":roster": roster}, index=keys.ROSTER):
            if entry["bucket"] == _HELD:
                yield keys.contact_id_of(entry)

    def _enqueue(self, ids: list[str]) -> int:
        """Enqueue these. Returns how many of them are held, but were created after the request."""
        table, campaign, now = self._ports.table, self._campaign, self._ports.clock.now_ms()
        # Read whole, because a write leaves the cold item as the draft has it.
        found = contacts.get_many_whole(table, campaign.key, ids).values()
        held = [one for one in found if one.status is ContactStatus.HELD]
        asked = [one for one in held if one.number < self._below]
        drafts = [Draft(one, replace(one, status=ContactStatus.PENDING, updated_at=now)) for one in asked]
        if drafts:
            waiting = [draft.changed for draft in drafts]
            self._campaign = notify_dialer.announce(table, campaign, waiting, now)
            lost = contact_writes.write(table, self._campaign, drafts)
            self.enqueued += len(drafts) - len(lost)
            notify_dialer.wake(self._ports.dial_queue, self._campaign, {one.due for one in waiting}, now)
        return len(held) - len(asked)
