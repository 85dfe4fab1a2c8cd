"""Hints to the dialer: `dial.fifo` (now) and the `wake` queue (within 15 minutes).

A message is only a hint: org, cause, campaign. All truth is in the table, so a lost or repeated one does no harm.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from campanile.adapters import faults
from campanile.adapters.clock import Clock
from campanile.adapters.faults import Log
from campanile.domain import known_fields

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY_SECONDS = 900
"""SQS' longest delay of a message on a standard queue; FIFO queues have no delay per message."""
MAX_BATCH = 10
INDEX_LAG_MS = 2_000
"""How long an index may lag behind the table: work that an index shows needs a second hint after this time."""


TICK = "tick"
"""The cause of the tick's hints: the passes that may settle an org's registration."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Why an org should be looked at. The queue stamps `sent_at` (UTC ms): what was written before it is meant."""

    org: str
    cause: str
    campaign: str | None = None
    sent_at: int = 0


def parse_hint(body: str) -> Hint:
    """The hint in a message, whichever version of the code sent it; raises ValueError or TypeError when it is none."""
    return known_fields.read(Hint, json.loads(body))


class DialQueue:
    """Sends hints. When SQS does not take one, that is logged and nothing else: the work it hints at is in the table
    already, and the tick finds it within a minute.
    """

    def __init__(self, client: "SQSClient", dial_url: str, wake_url: str, clock: Clock, log: Log) -> None:
        self._client = client
        self._dial_url = dial_url
        self._wake_url = wake_url
        self._clock = clock
        self._log = log

    def hint(self, hint: Hint, deduplication_id: str | None = None) -> bool:
        """Wake the dialer for the org now; False when SQS did not take it.

        Only the tick gives a deduplication id of its own; any other hint must never be dropped.
        """
        try:
            self._client.send_message(
                QueueUrl=self._dial_url,
                MessageBody=_body(replace(hint, sent_at=self._clock.now_ms())),
                MessageGroupId=hint.org,
                MessageDeduplicationId=deduplication_id or str(uuid4()),
            )
        except (ClientError, BotoCoreError) as error:
            self._log.error("a hint was not sent", extra={"action": "hint_lost", **faults.describe(error)})
            return False
        return True

    def wake_at(self, hint: Hint, due_ms: Iterable[int]) -> None:
        """Wake the dialer at each due time, one message a second; those over 15 minutes ahead are the tick's."""
        now_ms = self._clock.now_ms()
        delays = {max(0, -(-(due - now_ms) // 1000)) for due in due_ms}
        soon = sorted(delay for delay in delays if delay <= MAX_DELAY_SECONDS)
        for start in range(0, len(soon), MAX_BATCH):
            self._send_wakes(hint, soon[start : start + MAX_BATCH])

    def wake_for(self, hint: Hint, due_ms: Iterable[int]) -> None:
        """Wake the dialer for contacts just written that fall due at these times, now included.

        Where the index may not show them by then, once more when it surely does.
        """
        now_ms = self._clock.now_ms()
        dues = set(due_ms)
        visible_at = now_ms + INDEX_LAG_MS
        again = {visible_at} if any(due < visible_at for due in dues) else set()
        self.wake_at(hint, {due for due in dues if due > now_ms} | again)

    def _send_wakes(self, hint: Hint, delays: Sequence[int]) -> None:
        try:
            answer = self._client.send_message_batch(
                QueueUrl=self._wake_url,
                Entries=[{"Id": str(delay), "MessageBody": _body(hint), "DelaySeconds": delay} for delay in delays],
            )
        except (ClientError, BotoCoreError) as error:
            self._log.error("wakes were not sent", extra={"action": "hint_lost", **faults.describe(error)})
            return
        if failed := answer.get("Failed"):
            codes = sorted({one["Code"] for one in failed})
            self._log.error("wakes were not sent", extra={"action": "hint_lost", "codes": codes})


def _body(hint: Hint) -> str:
    values: dict[str, Any] = asdict(hint)
    return json.dumps({name: value for name, value in values.items() if value is not None})
