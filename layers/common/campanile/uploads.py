"""Files in the bucket: what people drop, and the rows of requests that a worker has to go on with."""

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
    """`bucket` is where the rows of requests are kept; the template lets them expire."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, file: StoredFile) -> bytes:
        """The whole file, as it was when the event was sent."""
        version = {} if file.version.startswith('"') or not file.version else {"VersionId": file.version}
        answer = self._client.get_object(Bucket=file.bucket, Key=file.key, **version)  # type: ignore[arg-type]
        return answer["Body"].read()

    def keep_rows(self, job: str, text: str) -> str:
        """Keep an import's rows, one a line; answers the key to read them by."""
        key = f"requests/{job}.jsonl"
        self._client.put_object(Bucket=self._bucket, Key=key, Body=text.encode())
        return key

    def read_rows(self, key: str) -> str:
        """The rows that `keep_rows` has kept."""
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read().decode()
