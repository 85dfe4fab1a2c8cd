"""What happened in one run, one line per event: when, which process, what it did to what, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.simulation.scheduler import Scheduler

NOBODY = "world"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `details` are requests and answers as they were, told only when somebody reads them."""

    at: int
    process: str
    operation: str
    details: tuple[Any, ...]


class Chronicle:
    """The events of one run in order."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.events: list[Event] = []

    def note(self, operation: str, *details: Any) -> None:
        """Keep an event of the running process."""
        current = self._scheduler.current
        name = current.name if current else NOBODY
        self.events.append(Event(self._scheduler.now, name, operation, details))

    def lines(self, *wanted: str) -> Iterator[str]:
        """The events that mention one of `wanted`, all of them if none is given."""
        for event in self.events:
            text = _line(event)
            if not wanted or any(one in text for one in wanted):
                yield text


def clock_time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]


def _line(event: Event) -> str:
    told = "  ".join(text for text in map(_told, event.details) if text)
    return f"{clock_time(event.at)}  {event.process:<14} {event.operation:<20} {told}"


def _told(detail: Any) -> str:
    if isinstance(detail, Mapping):
        return _request(detail)
    return detail if isinstance(detail, str) else repr(detail)


def _request(request: Mapping[str, Any]) -> str:
    """A DynamoDB or SQS request in short."""
    if "TransactItems" in request:
        return "; ".join(f"{kind} {_action(one)}" for item in request["TransactItems"] for kind, one in item.items())
    if "RequestItems" in request:
        [asked] = request["RequestItems"].values()
        return ", ".join(_key(key) for key in asked["Keys"])
    if "MessageBody" in request:
        return str(request["MessageBody"])
    if "Entries" in request:
        return ", ".join(f"+{one['DelaySeconds']} s {one['MessageBody']}" for one in request["Entries"])
    return _action(request)


def _action(action: Mapping[str, Any]) -> str:
    values = {name: _plain(value) for name, value in action.get("ExpressionAttributeValues", {}).items()}
    parts = [_key(action["Key"] if "Key" in action else action.get("Item", {}))]
    if "Item" in action:
        parts.append(str({name: _plain(one) for name, one in action["Item"].items() if name not in ("PK", "SK")}))
    for name, word in (("KeyConditionExpression", ""), ("UpdateExpression", ""), ("ConditionExpression", "IF ")):
        if name in action:
            parts.append(word + _filled(action[name], values))
    return " ".join(part for part in parts if part)


def _filled(expression: str, values: Mapping[str, Any]) -> str:
    expression = expression.replace("#", "")
    for name in sorted(values, key=len, reverse=True):
        expression = expression.replace(name, repr(values[name]))
    return expression


def _key(key: Mapping[str, Any]) -> str:
    return f"{_plain(key['PK'])}/{_plain(key['SK'])}" if "PK" in key else ""


def _plain(value: Mapping[str, Any]) -> Any:
    [(kind, inner)] = value.items()
    if kind == "M":
        return {name: _plain(one) for name, one in inner.items()}
    if kind == "L":
        return [_plain(one) for one in inner]
    if kind == "N":
        return float(inner) if "." in inner else int(inner)
    return None if kind == "NULL" else inner


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item in Python's values, by rules of our own."""
    return {name: _plain(value) for name, value in item.items()}


def keys_of(requests: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The keys that the actions of a transaction are about."""
    found = []
    for item in requests:
        [action] = item.values()
        key = action["Key"] if "Key" in action else action["Item"]
        found.append((key["PK"]["S"], key["SK"]["S"]))
    return found
