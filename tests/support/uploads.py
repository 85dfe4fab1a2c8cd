"""A bucket in memory, and the work queue as imports and as exports know it, which remembers what they sent."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from campanile.adapters import bucket
from campanile.adapters.work_queue import EnqueueOrder, ExportOrder, WorkQueue
from campanile.domain.stored_file import StoredFile


class Bucket(bucket.Bucket):
    """A file dropped again under its name is another version; `block_bytes` is what one read of a file answers."""

    def __init__(self, org: str) -> None:
        self._org = org
        self._versions: list[bytes] = []
        self._metadata: list[Mapping[str, str]] = []
        self.texts: dict[str, str] = {}
        self.block_bytes = 65_536

    def drop(self, campaign: str, content: str | bytes, name: str = "people.csv", **metadata: str) -> StoredFile:
        return self.store(f"{self._org}/{campaign}/{name}", content, **metadata)

    def store(self, key: str, content: str | bytes, **metadata: str) -> StoredFile:
        data = content.encode() if isinstance(content, str) else content
        self._versions.append(data)
        self._metadata.append(metadata)
        return StoredFile("uploads", key, str(len(self._versions) - 1), len(data))

    def metadata(self, file: StoredFile) -> Mapping[str, str]:
        return self._metadata[int(file.version)]

    def blocks(self, file: StoredFile, offset: int = 0) -> Iterator[bytes]:
        data = self._versions[int(file.version)]
        for start in range(offset, len(data), self.block_bytes):
            yield data[start : start + self.block_bytes]

    def keep(self, key: str, text: str) -> None:
        self.texts[key] = text

    def kept(self, key: str) -> str:
        return self.texts[key]

    def keep_stream(self, key: str, texts: Iterable[str]) -> None:
        self.texts[key] = "".join(texts)

    def link(self, key: str, file_name: str, seconds: int) -> str:
        return f"memory://{key}?name={file_name}&seconds={seconds}"

    def form(self, key: str, content_type: str, max_bytes: int, seconds: int) -> Mapping[str, Any]:
        fields = {"key": key, "Content-Type": content_type}
        return {"url": "memory://", "fields": fields, "max_bytes": max_bytes, "seconds": seconds}


class TricklingBucket(Bucket):
    """Beyond a file's header it gives a few bytes at a time."""

    def blocks(self, file: StoredFile, offset: int = 0) -> Iterator[bytes]:
        whole = b"".join(super().blocks(file, offset))
        size = self.block_bytes if offset else len(whole)
        return (whole[start : start + size] for start in range(0, len(whole), size))


class RecordingImportQueue(WorkQueue):
    """`sent` pairs each import with the delay of its message, in seconds."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    def send_import(self, job: str, delay_seconds: int = 0) -> None:
        self.sent.append((job, delay_seconds))

    def keep_invisible(self, receipt: str, seconds: int) -> None:
        """Nobody else takes messages here."""


class RecordingEnqueueQueue(WorkQueue):
    """`sent` are the orders."""

    def __init__(self) -> None:
        self.sent: list[EnqueueOrder] = []

    def send_enqueue(self, order: EnqueueOrder) -> None:
        self.sent.append(order)


class RecordingExportQueue(WorkQueue):
    """`sent` pairs each order with the delay of its message, in seconds."""

    def __init__(self) -> None:
        self.sent: list[tuple[ExportOrder, int]] = []

    def send_export(self, order: ExportOrder, delay_seconds: int = 0) -> None:
        self.sent.append((order, delay_seconds))
