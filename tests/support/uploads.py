"""A bucket in memory, and an import queue that remembers what was sent."""

from campanile.import_queue import ImportQueue
from campanile.uploads import StoredFile, Uploads


class Bucket(Uploads):
    """A file dropped again under its name is another version."""

    def __init__(self, org: str) -> None:
        self._org = org
        self._versions: list[bytes] = []
        self.rows: dict[str, str] = {}

    def drop(self, campaign: str, content: str | bytes, name: str = "people.csv") -> StoredFile:
        data = content.encode() if isinstance(content, str) else content
        self._versions.append(data)
        return StoredFile("uploads", f"{self._org}/{campaign}/{name}", str(len(self._versions) - 1), len(data))

    def read(self, file: StoredFile) -> bytes:
        return self._versions[int(file.version)]

    def keep_rows(self, job: str, text: str) -> str:
        self.rows[job] = text
        return job

    def read_rows(self, key: str) -> str:
        return self.rows[key]


class RecordingImportQueue(ImportQueue):
    """`sent` pairs each import with the delay of its message, in seconds."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    def send(self, job: str, delay_seconds: int = 0) -> None:
        self.sent.append((job, delay_seconds))
