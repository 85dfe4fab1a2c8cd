"""Whom to call next: the org's open lanes merged in dialing order (G5), without reading a contact.

A lane is one campaign's pending contacts of one timezone and one kind. Lanes whose window is closed are skipped
without a read, and a lane is read only when every lane before it has been used up.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from campanile.domain import gate
from campanile.domain.configuration import Configuration
from campanile.domain.contact import LaneKind
from campanile.domain.ordering import RANKS, Head, parse_head
from campanile.domain.org import SheetEntry
from campanile.store import configurations, keys
from campanile.store.table import Table

PAGE = 20


@dataclass(slots=True)
class Lane:
    """A cursor on one kind of one timezone. `heads` are read but not yet taken; the next read starts after `after`."""

    entry: SheetEntry
    zone: str
    kind: LaneKind
    heads: list[Head] = field(default_factory=list)
    after: str = ""
    has_more: bool = True

    def head(self, table: Table) -> Head | None:
        """The first entry not taken yet, reading on as needed."""
        if not self.heads and self.has_more:
            start, end = f"{self.after}!" if self.after else f"{self.kind}#", f"{self.kind}$"
            self.read(_entries(table, self.entry.campaign_key, self.zone, start, end))
        return self.heads[0] if self.heads else None

    def read(self, found: Sequence[str], is_all: bool | None = None) -> None:
        """Take in the lane's next entries; `is_all` when it is known whether more follow."""
        self.heads = [parse_head(self.entry.campaign_key, self.zone, one) for one in found]
        self.after = found[-1] if found else self.after
        self.has_more = len(found) == PAGE if is_all is None else not is_all

    def take(self) -> Head:
        return self.heads.pop(0)


def _entries(table: Table, campaign_key: str, zone: str, start: str, end: str) -> list[str]:
    """The first page of a zone's entries between two sort keys."""
    found = table.query(
        "#lane = :lane AND #lane_sort BETWEEN :start AND :end",
        {":lane": keys.lane(campaign_key, zone), ":start": start, ":end": end},
        index=keys.LANES,
        limit=PAGE,
    )
    return [one["lane_sort"] for one in found]


def _probe(table: Table, lanes: Mapping[LaneKind, Lane]) -> None:
    """One read for all kinds of a zone: what its first page shows of them, and which it shows to be empty."""
    entry, zone = lanes[LaneKind.FIRST].entry, lanes[LaneKind.FIRST].zone
    found = _entries(table, entry.campaign_key, zone, min(LaneKind), f"{max(LaneKind)}$")
    is_whole = len(found) < PAGE
    last = LaneKind(found[-1][0]) if found else max(LaneKind)
    for kind, lane in lanes.items():
        if is_whole or kind <= last:
            lane.read([one for one in found if one[0] == kind], is_all=is_whole or kind < last)


class Agenda:
    """The dialing order of one org during one pass. `follow` renews it; what was taken stays taken.

    A contact that is due again, later or for another reason, is another head.
    """

    def __init__(self, table: Table, org: str) -> None:
        self._table = table
        self._org = org
        self._lanes: dict[tuple[str, str, LaneKind], Lane] = {}
        self._entries: dict[str, SheetEntry] = {}
        self._configurations: dict[str, Configuration] = {}
        self._taken: set[Head] = set()
        self._probed: set[tuple[str, str]] = set()

    def follow(self, sheet: Sequence[SheetEntry]) -> None:
        """Take over the campaigns that are active now."""
        self._entries = {entry.campaign_key: entry for entry in sheet}
        wanted = {entry.configuration_id for entry in sheet if entry.configuration_id}
        if missing := sorted(wanted - self._configurations.keys()):
            self._configurations |= configurations.get_all(self._table, self._org, missing)
        for entry in sheet:
            for zone in sorted(entry.lanes):
                for kind in LaneKind:
                    known = self._lanes.setdefault((entry.campaign_key, zone, kind), Lane(entry, zone, kind))
                    known.entry = entry

    def forget(self) -> None:
        """Read every lane and configuration again when it is next needed: either may have changed."""
        self._lanes.clear()
        self._probed.clear()
        self._configurations.clear()

    def _head(self, lane: Lane) -> Head | None:
        """The lane's head; the first look at a zone reads all its kinds at once."""
        zone = lane.entry.campaign_key, lane.zone
        if zone not in self._probed:
            self._probed.add(zone)
            _probe(self._table, {kind: self._lanes[*zone, kind] for kind in LaneKind})
        return lane.head(self._table)

    def take(self, count: int, now_ms: int) -> list[Head]:
        """The next contacts to call, at most `count`, in dialing order."""
        found: list[Head] = []
        for lanes in self._tiers():
            open_lanes = [lane for lane in lanes if self._opening(lane, now_ms) == now_ms]
            while len(found) < count and (lane := self._first(open_lanes, now_ms)):
                head = lane.take()
                if head not in self._taken:
                    self._taken.add(head)
                    found.append(head)
            if len(found) == count:
                break
        return found

    def configuration_of(self, head: Head) -> Configuration | None:
        """What binds the contact's calls; None for ad-hoc contacts."""
        return self._configurations.get(self._entries[head.campaign_key].configuration_id or "")

    def is_ad_hoc(self, head: Head) -> bool:
        return self._entries[head.campaign_key].configuration_id is None

    def put_back(self, head: Head) -> None:
        """Let a contact be taken again: its lane is read from the start again, without what stays taken."""
        self._taken.discard(head)
        lane = self._lanes.get((head.campaign_key, head.zone, head.kind))
        if lane is not None:  # else it was forgotten, and is read from the start anyway
            lane.heads, lane.after, lane.has_more = [], "", True

    def next_due(self, now_ms: int) -> int | None:
        """When the next call is due (UTC ms, never before now); None when nothing waits. Reads every lane."""
        return self._earliest([(lane, self._head(lane)) for lane in self._active()], now_ms)

    def next_due_in_memory(self, now_ms: int) -> int | None:
        """The same, by the lanes that this pass has read; costs no read."""
        return self._earliest([(lane, lane.heads[0]) for lane in self._active() if lane.heads], now_ms)

    def _earliest(self, waiting: Sequence[tuple[Lane, Head | None]], now_ms: int) -> int | None:
        times = (self._opening(lane, max(now_ms, head.due)) for lane, head in waiting if head)
        return min((time for time in times if time is not None), default=None)

    def _active(self) -> list[Lane]:
        return [lane for key, lane in self._lanes.items() if key[0] in self._entries]

    def _tiers(self) -> Iterator[list[Lane]]:
        """Lanes in groups of falling precedence: by priority, then callbacks, first calls, retries."""
        ranked = sorted(self._active(), key=_precedence)
        for _, lanes in groupby(ranked, key=_precedence):
            yield list(lanes)

    def _first(self, lanes: Sequence[Lane], now_ms: int) -> Lane | None:
        """The lane with the oldest due head."""
        heads = ((self._head(lane), lane) for lane in lanes)
        due = [(head.age, index, lane) for index, (head, lane) in enumerate(heads) if head and head.due <= now_ms]
        return heapq.nsmallest(1, due)[0][2] if due else None

    def _opening(self, lane: Lane, at_ms: int) -> int | None:
        """When the lane is next open, from `at_ms` on; None when never."""
        if lane.entry.configuration_id is None:
            return at_ms
        configuration = self._configurations.get(lane.entry.configuration_id)
        if configuration is None:
            return None
        zone = None if lane.zone == keys.DEFAULT_ZONE else lane.zone
        return gate.opening(configuration.schedule, zone, lane.kind is LaneKind.SCHEDULED, at_ms)


def _precedence(lane: Lane) -> tuple[int, int]:
    rank = next(index for index, kinds in enumerate(RANKS) if lane.kind in kinds)
    return -lane.entry.priority, rank
