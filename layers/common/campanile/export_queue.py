"""The queue of exports to be written: a message names campaign and export, all the rest is in table and bucket."""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """Which export is to be written, or gone on with. `campaign` is the campaign's id, or `default`."""

    org: str
    campaign: str
    export: str


class ExportQueue:
    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, order: ExportOrder, delay_seconds: int = 0) -> None:
        """Have the export written, `delay_seconds` (0-900) from now."""
        self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(asdict(order)), DelaySeconds=delay_seconds)


def order_of(body: str) -> ExportOrder:
    """The export that a message names; raises ValueError, KeyError or TypeError when it names none."""
    message = json.loads(body)
    return ExportOrder(str(message["org"]), str(message["campaign"]), str(message["export"]))
