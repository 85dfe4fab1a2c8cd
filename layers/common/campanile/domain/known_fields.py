"""Values that another version of the code may have written: into an item, or into a message of a queue."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Value = TypeVar("Value", bound="DataclassInstance")


def read(kind: type[Value], written: Mapping[str, Any]) -> Value:
    """A value of the dataclass `kind`. A field that it does not know is ignored; a missing one gets its default.

    Raises TypeError when a field without a default is missing.
    """
    return kind(**{field.name: written[field.name] for field in fields(kind) if field.name in written})
