"""Files in the bucket: what people drop or upload, and what we keep there: rows of requests, reports, exports.

Our own objects lie under prefixes of their own and never end like a table, so none of them is taken for a dropped file.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from campanile.domain.stored_file import StoredFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BLOCK_BYTES = 4_194_304
"""A file is read in pieces of this size, each by a request of its own: no connection waits while rows are written."""


class Bucket:
    """`bucket` is where we keep our own objects; the template lets them expire."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def metadata(self, file: StoredFile) -> Mapping[str, str]:
        """The file's own metadata (`x-amz-meta-...`), names in lower case."""
        return self._client.head_object(**self._address(file))["Metadata"]

    def blocks(self, file: StoredFile, offset: int = 0) -> Iterator[bytes]:
        """The file from byte `offset` on, as it was when its event was sent."""
        for start in range(offset, file.size, BLOCK_BYTES):
            end = min(start + BLOCK_BYTES, file.size) - 1
            answer = self._client.get_object(**self._address(file), Range=f"bytes={start}-{end}")
            data = answer["Body"].read()
            # A server may ignore a range and send all (RFC 9110, 14.2): MiniStack does when a version is named.
            yield data if "ContentRange" in answer else data[start : end + 1]

    def keep(self, key: str, text: str) -> None:
        """Keep a text; the same key again replaces it."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=text.encode())

    def kept(self, key: str) -> str:
        """A text that was kept."""
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read().decode()

    def keep_stream(self, key: str, texts: Iterable[str]) -> None:
        """Keep a text of any length, one piece of it in memory at a time."""
        reader: Any = _Reader(texts)
        self._client.upload_fileobj(reader, self._bucket, key)

    def link(self, key: str, file_name: str, seconds: int) -> str:
        """A link that downloads a kept text as a CSV file of this name, for so many seconds."""
        disposition = f"attachment; filename*=UTF-8''{quote(file_name, safe='')}"
        wanted = {
            "Bucket": self._bucket,
            "Key": key,
            "ResponseContentDisposition": disposition,
            "ResponseContentType": "text/csv; charset=utf-8",
        }
        return self._client.generate_presigned_url("get_object", wanted, seconds)

    def form(self, key: str, content_type: str, max_bytes: int, seconds: int) -> Mapping[str, Any]:
        """A form by which one file may be uploaded: its `url`, and the `fields` that go before the file."""
        fields = {"Content-Type": content_type}
        conditions = [{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]]
        return self._client.generate_presigned_post(self._bucket, key, fields, conditions, seconds)

    @staticmethod
    def _address(file: StoredFile) -> Any:
        by_etag = file.version.startswith('"') or not file.version
        return {"Bucket": file.bucket, "Key": file.key, **({} if by_etag else {"VersionId": file.version})}


class _Reader(io.RawIOBase):
    """Pieces of text as the file that boto3 wants to read from."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._pieces = (text.encode() for text in texts)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        pieces = [self._rest]
        length = len(self._rest)
        while size < 0 or length < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            pieces.append(piece)
            length += len(piece)
        whole = b"".join(pieces)
        cut = len(whole) if size < 0 else size
        self._rest = whole[cut:]
        return whole[:cut]
