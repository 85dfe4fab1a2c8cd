"""A logger that keeps what it was told."""

from collections.abc import Mapping
from typing import Any


class RecordingLog:
    """A `campanile.adapters.faults.Log`: sentences with their fields."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, msg: object, /, *, extra: Mapping[str, Any]) -> None:
        self.lines.append((str(msg), dict(extra)))

    warning = info
    error = info

    def actions(self) -> list[str]:
        return [str(fields["action"]) for _, fields in self.lines]
