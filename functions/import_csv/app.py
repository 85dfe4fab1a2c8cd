"""A CSV file dropped into the bucket becomes contacts."""

from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools.utilities.data_classes import S3Event
from aws_lambda_powertools.utilities.typing import LambdaContext

from campanile import imports, observability, triggers, wiring
from campanile.imports import NotOurFileError
from campanile.uploads import StoredFile


def import_files(event: dict[str, Any], context: LambdaContext) -> None:
    for record in S3Event(event).records:
        stored = record.s3.get_object
        version = stored.version_id or f'"{stored.etag}"'
        file = StoredFile(record.s3.bucket.name, unquote_plus(stored.key), version, stored.size or 0)
        try:
            done = imports.import_file(wiring.import_ports(), file)
        except NotOurFileError:
            observability.logger().warning("not a file of an import", extra={"action": "import_ignored"})
            continue
        fields = {"import_id": done.job, "status": done.status, **done.counts.model_dump()} if done else {}
        observability.logger().info("import", extra={"action": "import", "again": done is None, **fields})


handler = triggers.invocation(import_files)
