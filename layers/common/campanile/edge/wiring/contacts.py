"""The port bundles of exports, and of held contacts that are enqueued."""

from functools import cache

from campanile.contacts.enqueue_held import EnqueuePorts
from campanile.contacts.export_contacts import ExportPorts
from campanile.edge.wiring import files, foundation


@cache
def enqueue_ports() -> EnqueuePorts:
    return EnqueuePorts(foundation.table(), foundation.dial_queue(), files.work_queue(), foundation.clock())


@cache
def export_ports() -> ExportPorts:
    return ExportPorts(foundation.table(), files.work_queue(), files.bucket(), foundation.clock())
