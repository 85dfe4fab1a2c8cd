"""What items were in the last seconds, for reads that are not consistent."""

from collections import deque

from tests.dynamodb_engine.indexes import Key, Stored

KEPT_MS = 10_000


class History:
    """Former states of items, each with the moment it was replaced, UTC ms."""

    def __init__(self) -> None:
        self._former: dict[str, dict[str, deque[tuple[int, Stored | None]]]] = {}
        """By the key's two parts, oldest first."""
        self._replaced: deque[tuple[int, Key]] = deque()

    def replaced(self, key: Key, now_ms: int, before: Stored | None) -> None:
        """Keep what an item was until now, and forget what is older than 10 s."""
        pk, sk = key
        self._former.setdefault(pk, {}).setdefault(sk, deque()).append((now_ms, before))
        self._replaced.append((now_ms, key))
        while self._replaced[0][0] < now_ms - KEPT_MS:
            self._forget(self._replaced.popleft()[1])

    def keys(self, pk: str) -> set[Key]:
        """The keys of a partition that have former states."""
        return {(pk, sk) for sk in self._former.get(pk, ())}

    def at(self, key: Key, moment_ms: int, now: Stored | None) -> Stored | None:
        """What an item was at a moment, given what it is now."""
        pk, sk = key
        for replaced_at, before in self._former.get(pk, {}).get(sk, ()):
            if replaced_at > moment_ms:
                return before
        return now

    def _forget(self, key: Key) -> None:
        pk, sk = key
        former = self._former[pk][sk]
        former.popleft()
        if not former:
            del self._former[pk][sk]
            if not self._former[pk]:
                del self._former[pk]
