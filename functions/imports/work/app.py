"""The work queue: continues imports, exports and the enqueuing of held contacts."""

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.edge import observability
from campanile.edge.queue_batch import queue_batch
from campanile.edge.wiring import contacts, imports
from campanile.imports.work import Delivery, WorkPorts, take_up


def work(record: SQSRecord, context: LambdaContext) -> None:
    tries = int(record.attributes.approximate_receive_count)
    delivery = Delivery(record.body, record.receipt_handle, tries, context.get_remaining_time_in_millis)
    log = observability.logger()
    take_up(WorkPorts(imports.import_ports(), contacts.export_ports(), contacts.enqueue_ports(), log), delivery)


handler = queue_batch(work)
