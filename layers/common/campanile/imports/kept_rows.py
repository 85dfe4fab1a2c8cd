"""Rows of a request as they are kept in the bucket while an import writes them: a line of JSON for each."""

import json
from collections.abc import Sequence
from typing import Any

from campanile.contacts.rows import ContactRow
from campanile.domain.lifecycle import ContactStatus
from campanile.schema.contacts import ContactInput
from campanile.store import keys


def written(rows: Sequence[ContactRow]) -> str:
    """The text to keep; every row is decided in it, so that no worker decides anew."""
    return "\n".join(map(_line, rows))


def read(job: str, text: str) -> list[ContactRow]:
    """The rows of a kept text, in order."""
    return [_row(job, index, json.loads(line)) for index, line in enumerate(text.split("\n"))]


def own_id(job: str, index: int) -> str:
    """The id of a contact whose row names none."""
    return keys.contact_id_for(job, str(index))


def _line(one: ContactRow) -> str:
    line: dict[str, Any] = {
        "fields": one.fields.model_dump_json(exclude_unset=True),
        "numbers": list(one.numbers) or None,
        "id": one.repeatable_id,
    }
    if one.insert_as is not ContactStatus.PENDING:
        line["insert_as"] = str(one.insert_as)
    if one.enqueues:
        line["enqueues"] = True
    return json.dumps(line)


def _row(job: str, index: int, line: dict[str, Any]) -> ContactRow:
    return ContactRow(
        index + 1,
        ContactInput.model_validate_json(line["fields"]),
        tuple(line["numbers"] or ()),
        repeatable_id=line.get("id") or own_id(job, index),  # rows that were kept before the ids were
        insert_as=ContactStatus(line.get("insert_as", ContactStatus.PENDING)),
        enqueues=line.get("enqueues", False),
    )
