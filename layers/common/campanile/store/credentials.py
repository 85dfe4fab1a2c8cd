"""Credentials: `KEY#<id>` / `S`, listed by owner through the roster index. Only a hash of the secret is stored."""

import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass

from campanile.store import keys
from campanile.store.table import ConditionFailedError, Delete, Item, Put, Table

ALL_SCOPES = frozenset(
    {"attempts:report", "campaigns:read", "campaigns:manage", "concurrency:read", "concurrency:manage"}
)
MAX_NAME_CHARACTERS = 255
OSVI_TOKEN_LENGTH = 16
OSVI_SCOPES = frozenset({"campaigns:manage"})
"""What OSVI's routes ask for."""
_OSVI_ID_LENGTH = 6
_OSVI_ALPHABET = string.ascii_letters + string.digits
_PERSONAL = "pat_"


@dataclass(frozen=True, slots=True)
class Credential:
    """A stored credential. `owner` is the user of a personal token (`pat_`), of all others an org.

    `name` is the operator's label. Times in UTC ms; `expires_at` None: never.
    """

    key_id: str
    owner: str
    scopes: frozenset[str]
    secret_hash: str
    created_at: int
    expires_at: int | None = None
    name: str | None = None

    @property
    def is_personal(self) -> bool:
        return self.key_id.startswith(_PERSONAL)

    def matches(self, secret: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.secret_hash, _hash(secret))


def create_api_key(
    table: Table,
    org: str,
    scopes: frozenset[str],
    now_ms: int,
    expires_at: int | None = None,
    name: str | None = None,
) -> str:
    """Store a new org API key and return it, `ak_<id>.<secret>`; it cannot be shown again."""
    return _create(table, "ak_", org, scopes, now_ms, expires_at, name)


def create_personal_token(
    table: Table,
    user: str,
    scopes: frozenset[str],
    now_ms: int,
    expires_at: int | None = None,
    name: str | None = None,
) -> str:
    """Store a new personal access token and return it, `pat_<id>.<secret>`; it cannot be shown again."""
    return _create(table, _PERSONAL, user, scopes, now_ms, expires_at, name)


def create_osvi_token(
    table: Table, org: str, now_ms: int, expires_at: int | None = None, name: str | None = None
) -> str:
    """Store a new API token of 16 characters, the form OSVI clients send (seed 004), and return it."""
    token = "".join(secrets.choice(_OSVI_ALPHABET) for _ in range(OSVI_TOKEN_LENGTH))
    key_id, secret = osvi_parts(token)
    _insert(table, Credential(key_id, org, OSVI_SCOPES, _hash(secret), now_ms, expires_at, name))
    return token


def osvi_parts(token: str) -> tuple[str, str]:
    """The id and the secret within an OSVI token."""
    return f"osvi_{token[:_OSVI_ID_LENGTH]}", token[_OSVI_ID_LENGTH:]


def get(table: Table, key_id: str) -> Credential | None:
    """The credential, read strongly: it works once it is created, and a revoked one is not read again."""
    item = table.get(keys.credential(key_id))
    return _from_item(item) if item else None


def revoke(table: Table, key_id: str) -> bool:
    """Delete a credential; False when it does not exist."""
    try:
        table.write(Delete(keys.credential(key_id), "attribute_exists(#PK)"))
    except ConditionFailedError:
        return False
    return True


def of_org(table: Table, org: str) -> list[Credential]:
    """The org's API keys, oldest first; the index may lag by a moment."""
    return _listed(table, keys.key_roster(org))


def of_user(table: Table, user: str) -> list[Credential]:
    """The user's personal tokens, oldest first; the index may lag by a moment."""
    return _listed(table, keys.token_roster(user))


def _listed(table: Table, roster: str) -> list[Credential]:
    entries = list(table.query("#roster = :roster", {":roster": roster}, index=keys.ROSTER))
    found = table.batch_get([{"PK": entry["PK"], "SK": entry["SK"]} for entry in entries])
    return [_from_item(found[entry["PK"], entry["SK"]]) for entry in entries if (entry["PK"], entry["SK"]) in found]


def _create(
    table: Table,
    prefix: str,
    owner: str,
    scopes: frozenset[str],
    now_ms: int,
    expires_at: int | None,
    name: str | None,
) -> str:
    key_id, secret = f"{prefix}{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    _insert(table, Credential(key_id, owner, scopes, _hash(secret), now_ms, expires_at, name))
    return f"{key_id}.{secret}"


def _insert(table: Table, new: Credential) -> None:
    roster = keys.token_roster(new.owner) if new.is_personal else keys.key_roster(new.owner)
    item = {
        **keys.credential(new.key_id),
        ("user" if new.is_personal else "org"): new.owner,
        "scopes": sorted(new.scopes),
        "secret_hash": new.secret_hash,
        "created_at": new.created_at,
        "expires_at": new.expires_at,
        "name": new.name,
        "roster": roster,
        "roster_sort": keys.credential_roster_sort(new.created_at, new.key_id),
    }
    table.write(Put(item, "attribute_not_exists(#PK)"))


def _from_item(item: Item) -> Credential:
    return Credential(
        keys.key_id_of(item),
        item["user"] if "user" in item else item["org"],
        frozenset(item["scopes"]),
        item["secret_hash"],
        item["created_at"],
        item.get("expires_at"),
        item.get("name"),
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
