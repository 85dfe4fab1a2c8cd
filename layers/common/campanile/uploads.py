"""Files in the bucket."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A dropped file. `version` is its version id, else its ETag: a file dropped again is another import."""

    bucket: str
    key: str
    version: str
    size: int


class Uploads:
    def __init__(self, client: "S3Client") -> None:
        self._client = client

    def read(self, file: StoredFile) -> bytes:
        """The whole file, as it was when the event was sent."""
        version = {} if file.version.startswith('"') or not file.version else {"VersionId": file.version}
        answer = self._client.get_object(Bucket=file.bucket, Key=file.key, **version)  # type: ignore[arg-type]
        return answer["Body"].read()
