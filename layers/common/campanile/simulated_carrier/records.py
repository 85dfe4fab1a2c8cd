"""The carrier's own table: a record per attempt it was asked about, a count of POSTs per contact and number.

The records lie in 16 partitions, so that one call is one key away and a report is 16 queries. TTL: 7 days.
"""

import zlib
from collections.abc import Iterator
from typing import Any

from campanile.simulated_carrier.behaviour import CallPlan
from campanile.store.keys import Key
from campanile.store.table import ConditionFailedError, Item, Table, Update

PARTITIONS = 16
TTL_SECONDS = 7 * 24 * 3600


class CallRecords:
    """Reads are strongly consistent. Times are UTC milliseconds, but the TTL attribute is in seconds."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count_post(self, attempt_id: str, contact_id: str, campaign_id: str, to: str, now_ms: int) -> Item:
        """Count a POST for an attempt. Returns its record, with the call if it has one."""
        return self._table.write(
            Update(
                _call_key(attempt_id),
                "SET #contact_id = if_not_exists(#contact_id, :contact_id),"
                " #campaign_id = if_not_exists(#campaign_id, :campaign_id),"
                " #to = if_not_exists(#to, :to), #refused = if_not_exists(#refused, :zero),"
                " #first_post_at = if_not_exists(#first_post_at, :now), #expires_at = :expires_at"
                " ADD #posts :one",
                values={
                    ":contact_id": contact_id,
                    ":campaign_id": campaign_id,
                    ":to": to,
                    ":now": now_ms,
                    ":expires_at": _expiry(now_ms),
                    ":zero": 0,
                    ":one": 1,
                },
            ),
            returned="ALL_NEW",
        )

    def count_seen(self, contact_id: str, to: str, now_ms: int) -> int:
        """Count a POST for a contact and number. Returns how many came before."""
        counter = self._table.write(
            Update(
                {"PK": f"CONTACT#{contact_id}", "SK": f"TO#{to}"},
                "SET #expires_at = :expires_at ADD #posts :one",
                values={":expires_at": _expiry(now_ms), ":one": 1},
            ),
            returned="ALL_NEW",
        )
        return int(counter["posts"]) - 1

    def count_refusal(self, attempt_id: str) -> None:
        """Count a POST that was answered with a refusal."""
        self._table.write(Update(_call_key(attempt_id), "ADD #refused :one", values={":one": 1}))

    def place(
        self,
        attempt_id: str,
        plan: CallPlan,
        *,
        call_id: str,
        conversation_id: str,
        callback_url: str,
        now_ms: int,
    ) -> tuple[Item, bool]:
        """Place the one call an attempt can have. Returns it, and whether it was placed just now."""
        values = {
            ":call_id": call_id,
            ":conversation_id": conversation_id,
            ":callback_url": callback_url,
            ":placed_at": now_ms,
            ":ends_at": now_ms + plan.length_seconds * 1000,
            ":outcome": plan.outcome.value,
            ":duration": plan.duration_seconds,
            ":callback_in": plan.callback_in_seconds,
            ":notes": plan.notes,
            ":awaited": plan.end_before_response,
        }
        settings = ", ".join(f"#{name[1:]} = {name}" for name in values)
        update = Update(_call_key(attempt_id), f"SET {settings}", "attribute_not_exists(#call_id)", values)
        try:
            return self._table.write(update, returned="ALL_NEW"), True
        except ConditionFailedError as error:
            if error.item is None:  # DynamoDB returns the item in the way, and only an item can be
                raise
            return error.item, False

    def find(self, attempt_id: str) -> Item | None:
        """The record of an attempt that has a call."""
        record = self._table.get(_call_key(attempt_id))
        return record if record and "call_id" in record else None

    def end(self, attempt_id: str, at_ms: int) -> Item | None:
        """The call's record, ended at `at_ms` unless it had ended before; None when it does not exist."""
        update = Update(
            _call_key(attempt_id),
            "SET #ended_at = if_not_exists(#ended_at, :at)",
            "attribute_exists(#call_id)",
            {":at": at_ms},
        )
        try:
            return self._table.write(update, returned="ALL_NEW")
        except ConditionFailedError:
            return None

    def mark_delivered(self, attempt_id: str, at_ms: int) -> None:
        """Note that the platform took the final event."""
        self._table.write(Update(_call_key(attempt_id), "SET #delivered_at = :at", values={":at": at_ms}))

    def all(self) -> Iterator[dict[str, Any]]:
        """Every attempt's record, in no order."""
        for partition in range(PARTITIONS):
            yield from self._table.query("#PK = :pk", {":pk": _partition(partition)}, consistent=True)


def _call_key(attempt_id: str) -> Key:
    return {"PK": _partition(zlib.crc32(attempt_id.encode()) % PARTITIONS), "SK": attempt_id}


def _partition(number: int) -> str:
    return f"CALLS#{number}"


def _expiry(now_ms: int) -> int:
    return now_ms // 1000 + TTL_SECONDS
