"""JSON documents inside items: configurations and agents. Another version of the code may have written them.

A reader ignores fields that it does not know and gives a missing newer field its default. A writer keeps the fields
that it does not know, so a change made by an older version loses nothing.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from campanile.domain.times import instant, milliseconds, rfc3339

Document = dict[str, Any]


def parse(text: str) -> Document:
    """The document in an attribute."""
    document: Document = json.loads(text)
    return document


def render(document: Mapping[str, Any], known: Iterable[str], former: str | None = None) -> str:
    """The text of a document. Fields of the `former` text that are not `known` are added to it."""
    unknown = {} if former is None else {name: value for name, value in parse(former).items() if name not in known}
    return json.dumps({**document, **unknown}, ensure_ascii=False, separators=(",", ":"))


def time_to_text(ms: int) -> str:
    """A time as documents have it: RFC 3339 in UTC."""
    return rfc3339(instant(ms))


def time_of(text: str) -> int:
    """The reverse of `time_to_text`, in UTC milliseconds since the epoch."""
    return milliseconds(datetime.fromisoformat(text))
