"""The do-not-call list of an org: `E#<org>#<e164>` / `D` (entry) and `H#` (history), listed through the roster index.

It is kept by number, so it outlives contacts and campaigns. An entry binds every gate that reads after its write, until
its end: the gate reads it strongly, at most 500 ms before a call. The history is only ever added to; the time to live
drops entries that have ended.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from campanile.domain.do_not_call import Source
from campanile.store import keys
from campanile.store.table import (
    CONTENTION_RETRIES,
    Action,
    ContendedError,
    Delete,
    Item,
    Put,
    Table,
    TransactionCanceledError,
)

Event = Literal["added", "already_listed", "removed"]
SHOWN_HISTORY = 100
NUMBERS_PER_TRANSACTION = 50
_STILL = "(attribute_not_exists(#expires_at) OR #expires_at > :now)"


@dataclass(frozen=True, slots=True)
class Entry:
    """A number on the list, and where it came from. Times in UTC ms; `expires_at` None: for good.

    `event_id` names the request, row or attempt that asked for it. `actor` is a credential's key id or an import's id,
    `agent` what an OSVI client calls its agent.
    """

    number: str
    source: str
    created_at: int
    event_id: str
    reason: str | None = None
    attempt_id: str | None = None
    actor: str | None = None
    agent: str | None = None
    expires_at: int | None = None

    def outlasts(self, other: "Entry") -> bool:
        """Whether it binds as long as the other one."""
        return self.expires_at is None or (other.expires_at is not None and self.expires_at >= other.expires_at)


@dataclass(frozen=True, slots=True)
class Listing:
    """What became of a wish: the entry that stands now; not `is_new` when one that lasts as long was there."""

    entry: Entry
    is_new: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a number's history: what was asked for, with `created_at` as the time of it."""

    event: Event
    entry: Entry


def adding(
    org: str,
    number: str,
    *,
    source: Source,
    now_ms: int,
    reason: str | None = None,
    attempt_id: str | None = None,
    actor: str | None = None,
    agent: str | None = None,
) -> list[Put]:
    """Put a number on the list for good, whatever stands there, with a line of history: for use in a transaction."""
    entry = Entry(number, source, now_ms, attempt_id or actor or source, reason, attempt_id, actor, agent)
    return [_entry_put(org, entry), _line_put(org, "added", entry)]


def add(table: Table, org: str, wanted: Sequence[Entry]) -> list[Listing]:
    """Put distinct numbers on the list; an entry that lasts as long stays. Returns one listing each, in their order.

    Each number's entry and its line of history are written together; the same `event_id` again writes nothing.
    Raises ContendedError.
    """
    done: dict[str, Listing] = {}
    left = list(wanted)
    for round_ in range(CONTENTION_RETRIES):
        left = _add_once(table, org, left, done)
        if not left:
            return [done[one.number] for one in wanted]
        table.back_off(round_)
    raise ContendedError("do-not-call list")


def remove(table: Table, org: str, removal: Entry) -> bool:
    """Take a number off the list, with a line of history about the `removal`; False when it was not on the list."""
    is_listed = f"attribute_exists(#PK) AND {_STILL}"
    delete = Delete(keys.do_not_call(org, removal.number), is_listed, {":now": removal.created_at})
    try:
        table.transact([delete, _line_put(org, "removed", removal)])
    except TransactionCanceledError:
        return False
    return True


def get(table: Table, org: str, number: str, now_ms: int) -> Entry | None:
    """The number's entry, read strongly; None when it is not on the list, or no longer."""
    item = table.get(keys.do_not_call(org, number))
    return _from_item(item) if item and is_listed(item, now_ms) else None


def is_listed(item: Item | None, now_ms: int) -> bool:
    """Whether what stands at the key of an entry binds: an entry that has ended does not, dropped or not."""
    return item is not None and item.get("expires_at", now_ms + 1) > now_ms


def listed(table: Table, org: str, wanted: Sequence[str], now_ms: int) -> set[str]:
    """Which of the numbers are on the org's list; eventually consistent, as the gate decides."""
    found = table.batch_get([keys.do_not_call(org, one) for one in wanted], consistent=False)
    return {keys.number_of(item) for item in found.values() if is_listed(item, now_ms)}


def history(table: Table, org: str, number: str) -> list[Line]:
    """The latest 100 lines of a number's history, newest first."""
    condition, values = keys.number_history_of(org, number)
    items = table.query(condition, values, limit=SHOWN_HISTORY, forward=False, consistent=True)
    return [Line(item["event"], _from_item(item)) for item in items]


def has_asked(table: Table, org: str, number: str, attempt_id: str) -> bool:
    """Whether that attempt's request not to be called is in the number's history, of its latest 100 lines."""
    return any(line.entry.attempt_id == attempt_id for line in history(table, org, number))


def numbers(table: Table, org: str, prefix: str, after: str | None, most: int) -> Iterator[str]:
    """At most `most` numbers after `after` that begin with `prefix` (`+` or more), in order; the index may lag."""
    condition, values = keys.do_not_call_after(org, prefix, after)
    return (keys.number_of(item) for item in table.query(condition, values, index=keys.ROSTER, limit=most))


def entries(table: Table, org: str, wanted: Sequence[str], now_ms: int) -> list[Entry]:
    """The entries of those numbers that are on the list, in the order of the numbers."""
    found = table.batch_get([keys.do_not_call(org, one) for one in wanted])
    by_number = {keys.number_of(item): _from_item(item) for item in found.values() if is_listed(item, now_ms)}
    return [by_number[one] for one in wanted if one in by_number]


def _add_once(table: Table, org: str, wanted: Sequence[Entry], done: dict[str, Listing]) -> list[Entry]:
    """Write what can be written, and note it in `done`. Returns the entries that another writer has changed."""
    found = table.batch_get([keys.do_not_call(org, one.number) for one in wanted])
    standing = {keys.number_of(item): _from_item(item) for item in found.values()}
    contended: list[Entry] = []
    for start in range(0, len(wanted), NUMBERS_PER_TRANSACTION):
        group = wanted[start : start + NUMBERS_PER_TRANSACTION]
        listings = {one.number: _listing(standing.get(one.number), one) for one in group}
        actions = [action for one in group for action in _actions(org, standing.get(one.number), one)]
        try:
            if actions:
                table.transact(actions)
        except TransactionCanceledError:
            contended += group
            continue
        done |= listings
    return contended


def _listing(seen: Entry | None, wanted: Entry) -> Listing:
    if seen is None:
        return Listing(wanted, is_new=True)
    if seen.event_id == wanted.event_id:
        return Listing(seen, is_new=True)  # written before, by a request or an import that was cut short
    return Listing(seen, is_new=False) if seen.outlasts(wanted) else Listing(wanted, is_new=True)


def _actions(org: str, seen: Entry | None, wanted: Entry) -> list[Action]:
    if seen is None:
        return [_entry_put(org, wanted, "attribute_not_exists(#PK)"), _line_put(org, "added", wanted)]
    if seen.event_id == wanted.event_id:
        return []
    if seen.outlasts(wanted):
        return [_line_put(org, "already_listed", wanted)]
    unchanged = "#event_id = :seen AND #created_at = :at"
    put = _entry_put(org, wanted, unchanged, {":seen": seen.event_id, ":at": seen.created_at})
    return [put, _line_put(org, "added", wanted)]


def _entry_put(org: str, entry: Entry, condition: str = "", values: dict[str, Any] | None = None) -> Put:
    listed_under = {"roster": keys.do_not_call_roster(org), "roster_sort": entry.number}
    ttl = None if entry.expires_at is None else -(-entry.expires_at // 1000)
    item = {**keys.do_not_call(org, entry.number), **_fields(entry), "ttl": ttl, **listed_under}
    return Put(item, condition, values or {})


def _line_put(org: str, event: Event, entry: Entry) -> Put:
    return Put(
        {**keys.number_history(org, entry.number, entry.created_at, entry.event_id), "event": event, **_fields(entry)}
    )


def _fields(entry: Entry) -> Item:
    return {
        "source": entry.source,
        "reason": entry.reason,
        "attempt": entry.attempt_id,
        "actor": entry.actor,
        "agent": entry.agent,
        "created_at": entry.created_at,
        "expires_at": entry.expires_at,
        "event_id": entry.event_id,
    }


def _from_item(item: Item) -> Entry:
    return Entry(
        number=keys.number_of(item),
        source=item["source"],
        created_at=item["created_at"],
        event_id=item["event_id"],
        reason=item.get("reason"),
        attempt_id=item.get("attempt"),
        actor=item.get("actor"),
        agent=item.get("agent"),
        expires_at=item.get("expires_at"),
    )
