"""What all requests and responses have in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Response(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


class ApiWarning(Response):
    """Something accepted that the caller should look at. `index` is the row it concerns, counted from 0."""

    code: str
    """For programs."""
    message: str
    """For people."""
    index: int | None = None


class Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", json_schema_serialization_defaults_required=True)


def without_defaults(schema: dict[str, Any]) -> None:
    """In a change an absent field stays as it is, whatever it would be on creation."""
    for field in schema["properties"].values():
        field.pop("default", None)
