"""Contacts as an import is to leave them: what a file says of people, without ids and times of writing."""

from collections.abc import Sequence
from typing import Any

from campanile.domain.times import instant
from campanile.store import contacts
from campanile.store.table import Table
from tests.support.audit import every_contact


def told(table: Table, campaign_key: str) -> list[dict[str, Any]]:
    """Everybody in order of creation; what a contact does not have is left out, but `phones` and `data`."""
    ids = [one.id for one in every_contact(table, campaign_key)]
    whole = contacts.get_many_whole(table, campaign_key, ids)
    return [
        {
            "phones": list(one.phone_numbers),
            "data": one.data,
            **({"external_id": one.external_id} if one.external_id else {}),
            **({"timezone": one.timezone} if one.timezone else {}),
            **({"scheduled_at": _written(one.scheduled_at)} if one.scheduled_at else {}),
        }
        for one in (whole[contact_id] for contact_id in ids)
    ]


def numbers(people: Sequence[dict[str, Any]]) -> list[str]:
    """First numbers, in order."""
    return [one["phones"][0] for one in people]


def _written(moment_ms: int) -> str:
    return instant(moment_ms).isoformat().replace("+00:00", "Z")
