"""How an unexpected error is logged: its type and place, never its message, which may quote a person."""

import traceback
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Protocol

FRAMES = 8


class Log(Protocol):
    """The logger, as far as code below the edge needs it: a sentence, and fields without personal data."""

    def info(self, msg: object, /, *, extra: Mapping[str, Any]) -> None: ...
    def warning(self, msg: object, /, *, extra: Mapping[str, Any]) -> None: ...
    def error(self, msg: object, /, *, extra: Mapping[str, Any]) -> None: ...


def describe(error: BaseException) -> dict[str, object]:
    """Log fields of an error: its type, the AWS error code if it has one, and the innermost frames."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    fields: dict[str, object] = {
        "error": type(error).__name__,
        "at": [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        fields["aws_code"] = response["Error"].get("Code")
    return fields
