"""What is wrong with a field, in words for the caller: pydantic's own words are for the author of the model."""

from collections.abc import Mapping
from typing import Any

from campanile.domain.errors import FieldError
from campanile.schema.field_types import CALLER_ID_PATTERN, UUID_PATTERN

_WORDS = {
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "extra_forbidden": "is not a field of this request; leave it out, or check its spelling",
    "float_type": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number, such as 50",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "missing": "is required",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be text",
    "string_unicode": "must not contain halves of characters",
    "too_long": "must have at most {max_length} entries",
    "too_short": "must have at least {min_length} entries",
}
"""By pydantic's name of the error, with the limit that it names."""

_PATTERNS = {
    CALLER_ID_PATTERN: "must be E.164: + and the country code, then digits only, such as +14155550123",
    UUID_PATTERN: "must be a UUID, such as 4f1c6a52-8d0e-4b7a-9c35-1e2f3a4b5c6d",
}


def field_error(error: Mapping[str, Any], path: str) -> FieldError:
    """A pydantic error at `path`; an error of our own rules keeps its words."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    words = _PATTERNS.get(context["pattern"]) if kind == "string_pattern_mismatch" else _WORDS.get(kind)
    is_in_query = error.get("loc", ())[:1] == ("query",)
    if is_in_query and isinstance(error.get("input"), list):
        words = "may be given only once"
    elif is_in_query and kind == "missing":
        words = f"is required, in the query string: ?{path}="
    elif context.get("min_length") == 1:
        words = "must not be empty"
    elif kind.endswith("_type") and "input" in error and error["input"] is None:
        words = "must not be null; give a value, or leave it out where it may be absent"
    try:
        message = words.format(**context) if words else ""
    except KeyError:
        message = ""
    return FieldError(path, kind, message or str(error["msg"]).removeprefix("Value error, "))


def path_of(location: tuple[str | int, ...]) -> str:
    """`("body", "contacts", 3, "phone_numbers", 0)` as `contacts[3].phone_numbers[0]`."""
    # pydantic says of a key of an object that it is the key that is wrong.
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location[1:] if part != "[key]"]
    return "".join(parts).removeprefix(".") or str(location[0])
