"""The queue of imports, exports and releases: a message names the work, all the rest is in the table and the bucket."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """Which import is to be gone on with."""

    job: str


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """Which export is to be written, or gone on with. `campaign` is the campaign's id, or `default`."""

    org: str
    campaign: str
    export: str


@dataclass(frozen=True, slots=True)
class EnqueueOrder:
    """Which campaign's held contacts are to be released: those with creation numbers `below` this one."""

    org: str
    campaign: str
    below: int


class WorkQueue:
    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send_import(self, job: str, delay_seconds: int = 0) -> None:
        """Have the import taken up, `delay_seconds` (0-900) from now."""
        self._send({"import": job}, delay_seconds)

    def send_export(self, order: ExportOrder, delay_seconds: int = 0) -> None:
        """Have the export written, `delay_seconds` (0-900) from now."""
        self._send(asdict(order), delay_seconds)

    def send_enqueue(self, order: EnqueueOrder) -> None:
        """Have the release gone on with."""
        self._send({"org": order.org, "campaign": order.campaign, "release_below": order.below}, 0)

    def hold(self, receipt: str, seconds: int) -> None:
        """Keep a message that is being worked on from other workers, for so many seconds from now."""
        self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def _send(self, message: Mapping[str, str | int], delay_seconds: int) -> None:
        self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(message), DelaySeconds=delay_seconds)


def order_of(body: str) -> ImportOrder | ExportOrder | EnqueueOrder:
    """The work that a message names; raises ValueError when it names none."""
    match json.loads(body):
        case {"import": str(job)}:
            return ImportOrder(job)
        case {"org": str(org), "campaign": str(campaign), "export": str(export)}:
            return ExportOrder(org, campaign, export)
        case {"org": str(org), "campaign": str(campaign), "release_below": int(below)}:
            return EnqueueOrder(org, campaign, below)
        case _:
            raise ValueError("the message names neither an import nor an export nor a release")
