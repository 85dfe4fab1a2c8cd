"""Who calls: the org comes from the credential, and from nothing else (G9)."""

import re
from dataclasses import dataclass

from campanile.errors import ForbiddenError, UnauthenticatedError
from campanile.store import credentials
from campanile.store.credentials import Credential
from campanile.store.table import Table

CACHE_MS = 60_000
"""A revoked or expired key stops within this time in every process."""

READ = frozenset({"campaigns:read", "campaigns:manage"})
MANAGE = frozenset({"campaigns:manage"})
ANY_CREDENTIAL: frozenset[str] = frozenset()
"""Any valid credential suffices, whatever its scopes."""
CONCURRENCY_READ = frozenset({"campaigns:read", "campaigns:manage", "concurrency:read", "concurrency:manage"})
CONCURRENCY_MANAGE = frozenset({"campaigns:manage", "concurrency:manage"})
_KEY_ID = re.compile(r"ak_[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: the org whose data it may touch, and the credential it used."""

    org: str
    key_id: str


class Authenticator:
    """Checks bearer credentials against the table, remembering each for at most a minute."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._seen: dict[str, tuple[int, Credential | None]] = {}

    def authenticate(
        self, authorization: str | None, organization: str | None, accepted: frozenset[str], now_ms: int
    ) -> Caller:
        """The caller, if any of its scopes is `accepted`; raises UnauthenticatedError or ForbiddenError."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise UnauthenticatedError("Send an API key: Authorization: Bearer ak_<id>.<secret>")
        key_id, _, secret = token.strip().partition(".")
        credential = self._credential(key_id, now_ms) if _KEY_ID.fullmatch(key_id) and secret else None
        if credential is None or not credential.matches(secret):
            raise UnauthenticatedError("The API key is unknown or revoked. Check that it was copied whole.")
        if credential.expires_at is not None and credential.expires_at <= now_ms:
            raise UnauthenticatedError("The API key has expired. Create a new one.")
        if accepted and not credential.scopes & accepted:
            raise ForbiddenError(f"The API key lacks the scope: one of {', '.join(sorted(accepted))}.")
        return Caller(credential.org, credential.key_id)

    def _credential(self, key_id: str, now_ms: int) -> Credential | None:
        read_at, credential = self._seen.get(key_id, (0, None))
        if now_ms - read_at > CACHE_MS:
            credential = credentials.get(self._table, key_id)
            if credential is not None:  # an unknown id is not remembered: it would fill the process
                self._seen[key_id] = (now_ms, credential)
        return credential
