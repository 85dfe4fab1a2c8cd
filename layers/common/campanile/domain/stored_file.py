"""Where an imported file lies."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the bucket. `version` is its version id, else its ETag: a file dropped again is another import."""

    bucket: str
    key: str
    version: str
    size: int
