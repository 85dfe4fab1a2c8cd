"""What the carrier saw, from its own records: the witness that no limit was broken. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict

Interval = tuple[int, int]
"""A call as [start, end) in milliseconds: calls that touch do not overlap."""


class AttemptLine(TypedDict):
    """One attempt id the carrier was asked about. Times are UTC milliseconds, None until known."""

    attempt_id: str
    contact_id: str
    posts: int
    refused: int
    placed_at: int | None
    ended_at: int | None
    outcome: str | None


class Report(TypedDict):
    """`calls` were placed; `posts` counts every POST, repeated and refused ones included."""

    calls: int
    posts: int
    refused: int
    calls_by_outcome: dict[str, int]
    max_calls_at_once: int
    max_calls_at_once_to_one_contact: int
    max_calls_at_once_to_one_number: int
    per_attempt: list[AttemptLine]


def max_at_once(intervals: Iterable[Interval]) -> int:
    """The largest number of intervals that share a moment."""
    edges: list[tuple[int, Literal[-1, 1]]] = []
    for start, end in intervals:
        if start < end:
            edges += [(start, 1), (end, -1)]
    most = now = 0
    for _, change in sorted(edges):  # at one moment ends sort before starts
        now += change
        most = max(most, now)
    return most


def report(records: Iterable[Mapping[str, Any]], campaign_id: str | None, since_ms: int) -> Report:
    """Sums over the attempts of one campaign (None: of all) first posted at `since_ms` or later.

    A call without an end yet counts as live for its whole planned length.
    """
    attempts = sorted(
        (
            record
            for record in records
            if campaign_id in (None, record["campaign_id"]) and record["first_post_at"] >= since_ms
        ),
        key=lambda record: (record["first_post_at"], record["SK"]),
    )
    calls = [record for record in attempts if "call_id" in record]
    return {
        "calls": len(calls),
        "posts": sum(record["posts"] for record in attempts),
        "refused": sum(record["refused"] for record in attempts),
        "calls_by_outcome": dict(Counter(str(call["outcome"]) for call in calls)),
        "max_calls_at_once": max_at_once(map(_interval, calls)),
        "max_calls_at_once_to_one_contact": _max_at_once_by(calls, lambda call: str(call["contact_id"])),
        "max_calls_at_once_to_one_number": _max_at_once_by(calls, lambda call: str(call["to"])),
        "per_attempt": [_line(record) for record in attempts],
    }


def _max_at_once_by(calls: Sequence[Mapping[str, Any]], group_of: Callable[[Mapping[str, Any]], str]) -> int:
    groups: defaultdict[str, list[Interval]] = defaultdict(list)
    for call in calls:
        groups[group_of(call)].append(_interval(call))
    return max(map(max_at_once, groups.values()), default=0)


def _interval(call: Mapping[str, Any]) -> Interval:
    return call["placed_at"], call.get("ended_at", call["ends_at"])


def _line(record: Mapping[str, Any]) -> AttemptLine:
    return {
        "attempt_id": record["SK"],
        "contact_id": record["contact_id"],
        "posts": record["posts"],
        "refused": record["refused"],
        "placed_at": record.get("placed_at"),
        "ended_at": record.get("ended_at"),
        "outcome": record.get("outcome"),
    }
