"""In which order contacts are dialed (G5, seed 003): campaign priority, callbacks, first calls, retries, oldest."""

from dataclasses import dataclass

from campanile.domain.contact import LaneKind

RANKS: tuple[frozenset[LaneKind], ...] = (
    frozenset({LaneKind.CALLBACK}),
    frozenset({LaneKind.FIRST, LaneKind.SCHEDULED}),
    frozenset({LaneKind.RETRY}),
)
"""Kinds in dialing order; kinds of one rank are merged by due time."""


@dataclass(frozen=True, slots=True)
class Head:
    """A pending contact as its lane entry shows it. `due` in UTC milliseconds; `number` is its creation number."""

    campaign_key: str
    zone: str
    kind: LaneKind
    due: int
    number: int
    contact_id: str

    @property
    def age(self) -> tuple[int, int]:
        """Sorts the oldest first: earliest due, then order of creation."""
        return self.due, self.number


def parse_head(campaign_key: str, zone: str, lane_sort: str) -> Head:
    """The head that a lane entry's sort key describes."""
    kind, due, number, contact_id = lane_sort.split("#", 3)
    return Head(campaign_key, zone, LaneKind(kind), int(due), int(number), contact_id)
