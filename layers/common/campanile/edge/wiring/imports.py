"""The port bundle of imports."""

from functools import cache

from campanile.edge.wiring import files, foundation
from campanile.imports.run import ImportPorts


@cache
def import_ports() -> ImportPorts:
    return ImportPorts(
        foundation.table(), foundation.dial_queue(), files.work_queue(), files.bucket(), foundation.clock()
    )
