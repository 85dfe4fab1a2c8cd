"""Credentials: `KEY#<id>` / `S`. Only a hash of the secret is stored."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from campanile.store import keys
from campanile.store.table import Put, Table

ALL_SCOPES = frozenset({"campaigns:read", "campaigns:manage", "concurrency:read", "concurrency:manage"})
OSVI_TOKEN_LENGTH = 16
_OSVI_ID_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Credential:
    """A stored credential. `expires_at` in UTC ms; None: never."""

    key_id: str
    org: str
    scopes: frozenset[str]
    secret_hash: str
    expires_at: int | None = None

    def matches(self, secret: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.secret_hash, _hash(secret))


def create_api_key(table: Table, org: str, scopes: frozenset[str], now_ms: int, expires_at: int | None = None) -> str:
    """Store a new org API key and answer it, `ak_<id>.<secret>`; it cannot be shown again."""
    key_id, secret = f"ak_{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    _insert(table, Credential(key_id, org, scopes, _hash(secret), expires_at), now_ms)
    return f"{key_id}.{secret}"


def create_osvi_token(table: Table, org: str, now_ms: int) -> str:
    """Store a new API token of 16 characters, the form OSVI clients send (seed 004), and answer it."""
    token = secrets.token_hex(OSVI_TOKEN_LENGTH // 2)
    key_id, secret = osvi_parts(token)
    _insert(table, Credential(key_id, org, frozenset({"campaigns:manage"}), _hash(secret)), now_ms)
    return token


def osvi_parts(token: str) -> tuple[str, str]:
    """The id and the secret within an OSVI token."""
    return f"osvi_{token[:_OSVI_ID_LENGTH]}", token[_OSVI_ID_LENGTH:]


def get(table: Table, key_id: str) -> Credential | None:
    item = table.get(keys.credential(key_id), consistent=False)
    if item is None:
        return None
    return Credential(key_id, item["org"], frozenset(item["scopes"]), item["secret_hash"], item.get("expires_at"))


def _insert(table: Table, credential: Credential, now_ms: int) -> None:
    item = {
        **keys.credential(credential.key_id),
        "org": credential.org,
        "scopes": sorted(credential.scopes),
        "secret_hash": credential.secret_hash,
        "expires_at": credential.expires_at,
        "created_at": now_ms,
    }
    table.write(Put(item, "attribute_not_exists(#PK)"))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
