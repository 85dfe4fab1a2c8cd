"""The queue of imports, exports and releases. A message only names the work; the table and the bucket have the rest."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """The import to continue."""

    job: str


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """The export to write or to continue. `campaign` is the campaign's id, or `default`."""

    org: str
    campaign: str
    export: str


@dataclass(frozen=True, slots=True)
class EnqueueOrder:
    """The campaign whose held contacts to enqueue: those with creation numbers below `below`."""

    org: str
    campaign: str
    below: int


class WorkQueue:
    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send_import(self, job: str, delay_seconds: int = 0) -> None:
        """Have a worker continue the import, `delay_seconds` (0-900) from now."""
        self._send({"import": job}, delay_seconds)

    def send_export(self, order: ExportOrder, delay_seconds: int = 0) -> None:
        """Have a worker write the export, `delay_seconds` (0-900) from now."""
        self._send(asdict(order), delay_seconds)

    def send_enqueue(self, order: EnqueueOrder) -> None:
        """Have a worker continue to enqueue held contacts."""
        self._send({"org": order.org, "campaign": order.campaign, "release_below": order.below}, 0)

    def keep_invisible(self, receipt: str, seconds: int) -> None:
        """Hide a message that is being worked on from other workers, for this many seconds from now."""
        self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def _send(self, message: Mapping[str, str | int], delay_seconds: int) -> None:
        self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(message), DelaySeconds=delay_seconds)


def order_of(body: str) -> ImportOrder | ExportOrder | EnqueueOrder:
    """The work that a message names, whichever version of the code sent it; raises ValueError when it names none."""
    match json.loads(body):
        case {"import": str(job)}:
            return ImportOrder(job)
        case {"org": str(org), "campaign": str(campaign), "export": str(export)}:
            return ExportOrder(org, campaign, export)
        case {"org": str(org), "campaign": str(campaign), "release_below": int(below)}:
            return EnqueueOrder(org, campaign, below)
        case _:
            raise ValueError("the message names neither an import nor an export nor a release")
