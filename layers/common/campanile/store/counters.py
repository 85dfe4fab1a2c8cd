"""Counters: how many contacts a campaign has in each bucket, per block of 2,000 creation numbers.

A contact stays in one block for life and every change of its bucket is part of the transaction that changes the
contact, so any read of the blocks counts each contact exactly once (G6). The slots say which contacts are active.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from campanile.domain.contact import bucket
from campanile.domain.lifecycle import ContactStatus, Outcome, Refusal
from campanile.store import keys
from campanile.store.table import Item, Table, Update

ATTEMPTS = "attempts"
_REFUSED = "refused_"


@dataclass(frozen=True, slots=True)
class Block:
    """Counts of one block: contacts by bucket, calls whose POST was made, and calls refused, by reason."""

    number: int
    buckets: Mapping[str, int]
    attempts: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.buckets.values())


def blocks(table: Table, campaign_key: str) -> list[Block]:
    """All blocks of a campaign in order, read strongly: about 0.3 read units per 2,000 contacts."""
    items = table.query("#PK = :pk", {":pk": keys.counters(campaign_key)}, consistent=True)
    return [_block(item) for item in items]


def of_numbers(table: Table, campaign_key: str, first: int, last: int) -> Iterator[tuple[int, str]]:
    """Creation number and bucket of the contacts with numbers `first` to `last`, of one block, by the roster."""
    values = {
        ":roster": keys.roster(campaign_key, keys.block_of(first)),
        ":first": keys.roster_sort(first),
        ":last": keys.roster_sort(last),
    }
    condition = "#roster = :roster AND #roster_sort BETWEEN :first AND :last"
    for entry in table.query(condition, values, index=keys.ROSTER):
        yield int(entry["roster_sort"]), entry["bucket"]


def changing(campaign_key: str, block: int, changes: Mapping[str, int]) -> Update:
    """Add `changes` (bucket or `attempts` to difference) to a block, creating it if need be."""
    effective = sorted((name, difference) for name, difference in changes.items() if difference)
    additions = [f"#{_attribute(name)} :c{i}" for i, (name, _) in enumerate(effective)]
    return Update(
        keys.counter_block(campaign_key, block),
        f"ADD {', '.join(additions)}",
        values={f":c{i}": difference for i, (_, difference) in enumerate(effective)},
    )


def moving(campaign_key: str, creation_number: int, origin: str, target: str, *counted: str) -> Update:
    """Move one contact from bucket `origin` to `target` and count one more of what `counted` names."""
    changes = Counter({origin: -1})
    changes.update([target, *counted])
    return changing(campaign_key, keys.block_of(creation_number), changes)


def refused(code: Refusal) -> str:
    """Name of the counter of calls refused for this reason."""
    return f"{_REFUSED}{code}"


def allocate(table: Table, campaign_key: str, count: int) -> int:
    """Reserve `count` consecutive creation numbers and return the first. Numbers lost in a crash leave a gap."""
    changed = table.write(
        Update(keys.counter_sequence(campaign_key), "ADD #next :count", values={":count": count}), "ALL_NEW"
    )
    return int(changed["next"]) - count


def allocated(table: Table, campaign_key: str) -> int:
    """How many creation numbers were ever allocated."""
    item = table.get(keys.counter_sequence(campaign_key))
    return int(item["next"]) if item else 0


def _attribute(name: str) -> str:
    # A dot separates parts of a path in an expression, so the placeholder spells it as two underscores.
    return name.replace(".-", "").replace(".", "__")


def _block(item: Item) -> Block:
    counts = {bucket: item[name] for name, bucket in _BUCKETS.items() if name in item}
    refusals = {str(code): item[refused(code)] for code in Refusal if refused(code) in item}
    return Block(int(item["SK"]), counts, item.get(ATTEMPTS, 0), refusals)


_BUCKETS = {
    _attribute(name): name
    for status in ContactStatus
    for outcome in (None, *Outcome)
    if (name := bucket(status, outcome))
}
"""The buckets by the attributes that count them. Another attribute is a newer version's, and counts nothing here."""
