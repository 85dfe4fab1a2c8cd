"""The wake queue: a delayed message has come due, so the dialer is told."""

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.adapters.dial_queue import parse_hint
from campanile.edge.queue_batch import queue_batch
from campanile.edge.wiring import foundation


class NotForwardedError(Exception):
    """The dial queue did not take the hint; SQS delivers the wake again."""


def forward(record: SQSRecord, _context: LambdaContext) -> None:
    if not foundation.dial_queue().hint(parse_hint(record.body)):
        raise NotForwardedError


handler = queue_batch(forward)
