"""Begins the import of a file that was dropped into the bucket or uploaded by a form."""

from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile.domain.stored_file import StoredFile
from campanile.edge import observability
from campanile.edge.invocation import invocation
from campanile.edge.wiring import imports
from campanile.imports import begin
from campanile.imports.begin import NotOurFileError


def import_files(event: dict[str, Any], context: LambdaContext) -> None:
    for record in S3Event(event).records:
        stored = record.s3.get_object
        version = stored.version_id or f'"{stored.etag}"'
        file = StoredFile(record.s3.bucket.name, unquote_plus(stored.key), version, stored.size or 0)
        try:
            begun = begin.receive(imports.import_ports(), file)
        except NotOurFileError as error:
            fields = {"action": "import_ignored", "reason": str(error)}
            observability.logger().warning("not a file of an import", extra=fields)
            continue
        fields = {"action": "import", "import_id": begun.job, "org": begun.org, "status": begun.status}
        observability.logger().info("import begun", extra=fields)


handler = invocation(import_files)
