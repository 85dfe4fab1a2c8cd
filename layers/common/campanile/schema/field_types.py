"""Types of fields: what a single value of a request may be, with messages that name the fix."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from unicodedata import category

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

from campanile.domain.times import rfc3339

_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}")
_DIGITS = re.compile(r"-?[0-9]+")
_YEARS_END = 3000
CALLER_ID_PATTERN = r"^\+[1-9][0-9]{6,14}$"
UUID_PATTERN = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
MAX_JSON_DEPTH = 32
RESERVED_NAMES = {"default": "the ad-hoc contacts", "do-not-call": "the do-not-call list"}
"""External ids that no campaign may have, and what stands under each where a campaign would."""
_TOO_DEEP = f"must not be nested more than {MAX_JSON_DEPTH} levels deep"
_WRITE_A_TIME = "must be a date and time as in 2026-07-01T17:00:00Z"


def _parse_instant(value: object) -> object:
    if isinstance(value, datetime) or value is None:
        return value
    if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
        raise ValueError(_WRITE_A_TIME)
    try:
        moment = datetime.fromisoformat(value.upper())
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"must be a time of the years 1 to {_YEARS_END - 1} in UTC") from None
    except ValueError:
        raise ValueError(_WRITE_A_TIME) from None
    if moment.tzinfo is None:
        raise ValueError("must name its offset: end it with Z for UTC, or with one like -07:00")
    if in_utc.year >= _YEARS_END:
        raise ValueError(f"must be before the year {_YEARS_END}")
    return in_utc


def _parse_callback_time(value: object) -> object:
    if isinstance(value, datetime) or value is None:
        return value
    if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
        raise ValueError(_WRITE_A_TIME)
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError(_WRITE_A_TIME) from None
    if moment.tzinfo is not None:
        return _parse_instant(value)
    if not 1 < moment.year < _YEARS_END:
        raise ValueError(f"must be a time of the years 2 to {_YEARS_END - 1}")
    return moment


def without_slash(value: str) -> str:
    if "/" in value or any(category(character) == "Cc" for character in value):
        raise ValueError("must not contain '/' or control characters")
    return value


def _campaign_external_id(value: str) -> str:
    if value in RESERVED_NAMES:
        raise ValueError(f"must not be {value!r}: that name addresses {RESERVED_NAMES[value]}")
    return value


def _depth(value: object) -> int:
    """How deeply objects and lists are nested; a number or text has depth 0."""
    level: list[object] = [value]
    depth = 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def json_object_of(limit: int) -> AfterValidator:
    """Admits objects of at most `limit` bytes of JSON, without NaN or infinity, which JSON does not have."""

    def check(value: dict[str, Any]) -> dict[str, Any]:
        try:
            size = len(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode())
        except RecursionError:
            raise ValueError(_TOO_DEEP) from None
        except UnicodeEncodeError:
            raise ValueError("must not contain halves of characters") from None
        except ValueError:
            raise ValueError("must not contain NaN or infinite numbers, which JSON does not have") from None
        if _depth(value) > MAX_JSON_DEPTH:
            raise ValueError(_TOO_DEEP)
        if size > limit:
            raise ValueError(f"must be at most {limit} bytes of JSON, is {size}")
        return value

    return AfterValidator(check)


def outcomes(values: list[str]) -> list[str]:
    return sorted(set(values))


def _whole_number(value: object) -> object:
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be a whole number, such as 50")
    return value


def _flag(value: object) -> object:
    if isinstance(value, str) and value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value


def one_of(names: Iterable[str]) -> Any:
    """Documents that a text in a response is one of these; our own responses need no check."""
    return Field(json_schema_extra={"enum": [str(name) for name in names]})


Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
CallerId = Annotated[str, StringConstraints(pattern=CALLER_ID_PATTERN)]
Instant = Annotated[
    datetime,
    BeforeValidator(_parse_instant),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
CallbackTime = Annotated[
    datetime,
    BeforeValidator(_parse_callback_time),
    WithJsonSchema({"type": "string", "pattern": _DATE_AND_TIME.pattern, "examples": ["2026-07-01T17:00:00"]}),
]
"""An instant, or a time by the contact's clock: that one is naive, without an offset."""
ExternalId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255),
    AfterValidator(without_slash),
    Field(json_schema_extra={"pattern": r"^[^/\u0000-\u001f\u007f-\u009f]+$"}),
]
CampaignExternalId = Annotated[
    ExternalId, AfterValidator(_campaign_external_id), Field(json_schema_extra={"not": {"enum": list(RESERVED_NAMES)}})
]
Uuid = Annotated[
    str,
    StringConstraints(pattern=UUID_PATTERN, to_lower=True),
    Field(json_schema_extra={"format": "uuid"}),
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255, strip_whitespace=True),
    Field(json_schema_extra={"pattern": r"\S"}),
]
IN_DIGITS = BeforeValidator(_whole_number)
"""For numbers in a query string: `1_000` and `5.0`, which Python would take, are none."""
Flag = Annotated[bool, BeforeValidator(_flag)]
"""In a query string: `yes` and `1`, which pydantic would take, are none."""
Priority = Annotated[int, Field(ge=0, le=999_999)]
RetryOutcome = Literal["voicemail", "no_answer", "busy", "failed", "canceled", "unknown"]
DelayOutcome = Literal["voicemail", "no_answer", "busy", "failed", "canceled", "unknown", "callback_requested"]
CampaignStatusName = Literal["active", "paused", "closed"]
StatusName = Literal["pending", "locked", "in_progress", "completed", "exhausted", "error", "do_not_call", "held"]
OutcomeName = Literal[
    "answered",
    "voicemail",
    "no_answer",
    "busy",
    "failed",
    "invalid_number",
    "do_not_call",
    "callback_requested",
    "canceled",
    "unknown",
]
DelaySeconds = Annotated[int, Field(ge=1, le=2_592_000)]
