"""Posting carrier events to the platform, signed, as a real carrier would."""

import json
from datetime import UTC, datetime
from enum import StrEnum

import urllib3

from campanile.simulated_carrier.calls import call_end
from campanile.simulated_carrier.event_queue import DueEvent
from campanile.simulated_carrier.records import CallRecords
from campanile.store.table import Item
from campanile.telephony.signing import sign_event

FINAL = "call.ended"


class Delivery(StrEnum):
    """What became of an event that need not be sent again."""

    DELIVERED = "delivered"
    REJECTED = "rejected"
    NO_SUCH_CALL = "no_such_call"
    FOREIGN_CALLBACK_URL = "foreign_callback_url"


class EventNotDeliveredError(Exception):
    """The platform could not be reached or could not take the event: send it again later."""


class EventDelivery:
    """Delivers to callback URLs below `platform_url` only, so that no request can be aimed anywhere else."""

    def __init__(
        self,
        records: CallRecords,
        secret: str,
        platform_url: str,
        http: urllib3.PoolManager,
        timeout_seconds: float,
    ) -> None:
        self._records = records
        self._secret = secret
        self._platform_url = platform_url.rstrip("/") + "/"
        self._http = http
        self._timeout_seconds = timeout_seconds

    def deliver(self, event: DueEvent, now: datetime) -> Delivery:
        """Send one event at `now` (aware); EventNotDeliveredError when it has to be sent again.

        The call's end is recorded before the platform learns of it, and only once, however often it is sent.
        """
        now_ms = int(now.timestamp() * 1000)
        final = event.type == FINAL
        record = self._records.end(event.attempt_id, now_ms) if final else self._records.find(event.attempt_id)
        if record is None:
            return Delivery.NO_SUCH_CALL
        if not self._is_ours(record["callback_url"]):
            return Delivery.FOREIGN_CALLBACK_URL
        status = self._post(record["callback_url"], event, _body(event, record), now)
        if 400 <= status < 500 and status not in (408, 429):
            return Delivery.REJECTED
        if not 200 <= status < 300:
            raise EventNotDeliveredError(f"the platform answered {status}")
        if final and record["awaited"]:
            self._records.mark_delivered(event.attempt_id, now_ms)
        return Delivery.DELIVERED

    def _is_ours(self, url: str) -> bool:
        climbs = ".." in url.lower().replace("%2e", ".")
        return url.startswith(self._platform_url) and not climbs

    def _post(self, url: str, event: DueEvent, body: str, now: datetime) -> int:
        headers = sign_event(self._secret, f"{event.attempt_id}.{event.type}", now.astimezone(UTC), body)
        try:
            response = self._http.request(
                "POST",
                url,
                body=body,
                headers={"Content-Type": "application/json", **headers},
                timeout=urllib3.Timeout(total=self._timeout_seconds),
                retries=False,  # nor are redirects followed
            )
        except urllib3.exceptions.HTTPError as error:
            # `from None`: the cause may quote the callback URL, whose token is not to be logged.
            raise EventNotDeliveredError(f"the platform is out of reach: {type(error).__name__}") from None
        return response.status


def _body(event: DueEvent, record: Item) -> str:
    untold = dict.fromkeys(("outcome", "duration_seconds", "callback_at", "ended_at", "notes"))
    return json.dumps(
        {
            "call_id": record["call_id"],
            "attempt_id": event.attempt_id,
            "type": event.type,
            "conversation_id": record["conversation_id"],
            **(call_end(record) if event.type == FINAL else untold),
        }
    )
