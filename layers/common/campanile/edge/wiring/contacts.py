"""The port bundles of exports, and of held contacts that are enqueued."""

from functools import cache

from campanile.contacts.export_contacts import ExportPorts
from campanile.contacts.release_held import ReleasePorts
from campanile.edge.wiring import files, foundation


@cache
def release_ports() -> ReleasePorts:
    return ReleasePorts(foundation.table(), foundation.dial_queue(), files.work_queue(), foundation.clock())


@cache
def export_ports() -> ExportPorts:
    return ExportPorts(foundation.table(), files.work_queue(), files.bucket(), foundation.clock())
