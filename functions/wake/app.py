"""The wake queue: a delayed message has come due, so the dialer is told."""

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from campanile import triggers, wiring
from campanile.dial_queue import parse_hint


def forward(record: SQSRecord) -> None:
    wiring.dial_queue().hint(parse_hint(record.body))


handler = triggers.queue_batch(forward)
