"""The queue of imports to be gone on with: a message names the import, all the rest is in the table and the bucket."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class ImportQueue:
    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, job: str, delay_seconds: int = 0) -> None:
        """Have the import taken up, `delay_seconds` (0-900) from now."""
        self._client.send_message(
            QueueUrl=self._url, MessageBody=json.dumps({"import": job}), DelaySeconds=delay_seconds
        )

    def hold(self, receipt: str, seconds: int) -> None:
        """Keep a message that is being worked on from other workers, for so many seconds from now."""
        self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds)


def job_of(body: str) -> str:
    """The import that a message names; raises ValueError, KeyError or TypeError when it names none."""
    return str(json.loads(body)["import"])
