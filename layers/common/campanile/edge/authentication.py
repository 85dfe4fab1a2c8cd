"""Who calls (G9). An API key belongs to one org; a personal token acts in an org of which its owner is a member."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from campanile.domain.errors import ForbiddenError, UnauthenticatedError
from campanile.store import credentials, members, orgs
from campanile.store.credentials import Credential
from campanile.store.members import Role
from campanile.store.table import Table

CACHE_MS = 60_000
"""A revoked or expired credential and a removed member stop within this time in every process."""
CACHE_SIZE = 1_000
"""The most credentials, and the most memberships, that a process remembers."""

READ = frozenset({"campaigns:read", "campaigns:manage"})
MANAGE = frozenset({"campaigns:manage"})
ANY_CREDENTIAL: frozenset[str] = frozenset()
"""Any valid credential is enough, whatever its scopes."""
REPORT = frozenset({"attempts:report", "campaigns:manage"})
"""An agent's own key can report, and nothing else."""
CONCURRENCY_READ = frozenset({"campaigns:read", "campaigns:manage", "concurrency:read", "concurrency:manage"})
CONCURRENCY_MANAGE = frozenset({"campaigns:manage", "concurrency:manage"})

_BEARER = re.compile(r"bearer +(?P<token>\S+) *", re.IGNORECASE)
_TOKEN = re.compile(r"(?P<key_id>(ak|pat)_[0-9a-f]{16})\.(?P<secret>[A-Za-z0-9_-]{1,128})")
_OSVI_TOKEN = re.compile(r"[0-9A-Za-z]{16}")
_UNKNOWN = "The API key or token is unknown or revoked. Check that it was copied whole."
_WITHOUT_ORG = "Token is missing organization claim."  # Anyreach's own words
_NO_MEMBER = (
    "The token's owner is not a member of the organization in X-Anyreach-Org, or that organization does not exist."
)

Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: the org whose data it may touch, and the credential it used."""

    org: str
    key_id: str


class Authenticator:
    """Checks bearer credentials against the table, remembering each for at most a minute."""

    def __init__(self, table: Table) -> None:
        self._credentials = _Remembered(partial(credentials.get, table))
        self._roles = _Remembered(partial(members.role, table))

    def authenticate(
        self, authorization: str | None, organization: str | None, accepted: frozenset[str], now_ms: int
    ) -> Caller:
        """The caller, if any of its scopes is `accepted`; raises UnauthenticatedError or ForbiddenError.

        `organization` is the value of the header X-Anyreach-Org. It counts for personal tokens only.
        """
        credential = self._credential(authorization, now_ms)
        if not credential.is_personal:
            _require(credential.scopes, accepted, "The API key lacks")
            return Caller(credential.owner, credential.key_id)
        org = (organization or "").strip()
        if not org:
            raise UnauthenticatedError(_WITHOUT_ORG)
        role = self._roles.get((org, credential.owner), now_ms) if orgs.NAME.fullmatch(org) else None
        if role is None:
            raise ForbiddenError(_NO_MEMBER)
        granted = scopes_within(credential.scopes, role)
        _require(granted, accepted, "The token, or its owner's role in the organization, lacks")
        return Caller(org, credential.key_id)

    def authenticate_osvi(self, token: str | None, accepted: frozenset[str], now_ms: int) -> Caller:
        """The caller by an OSVI client's header `API-Token` (seed 004); raises as `authenticate`."""
        if token is None or not _OSVI_TOKEN.fullmatch(token):
            raise UnauthenticatedError(_UNKNOWN)
        credential = self._checked(*credentials.osvi_parts(token), now_ms)
        _require(credential.scopes, accepted, "The API token lacks")
        return Caller(credential.owner, credential.key_id)

    def _credential(self, authorization: str | None, now_ms: int) -> Credential:
        """The credential in the header; raises UnauthenticatedError if it is unknown, wrong or expired."""
        bearer = _BEARER.fullmatch(authorization or "")
        if bearer is None:
            raise UnauthenticatedError("Send an API key or a personal token: Authorization: Bearer ak_<id>.<secret>")
        token = _TOKEN.fullmatch(bearer["token"])
        if token is None:
            raise UnauthenticatedError(_UNKNOWN)
        return self._checked(token["key_id"], token["secret"], now_ms)

    def _checked(self, key_id: str, secret: str, now_ms: int) -> Credential:
        credential = self._credentials.get((key_id,), now_ms)
        if credential is None or not credential.matches(secret):
            raise UnauthenticatedError(_UNKNOWN)
        if credential.expires_at is not None and credential.expires_at <= now_ms:
            raise UnauthenticatedError("The API key or token has expired. Create a new one.")
        return credential


def scopes_within(scopes: frozenset[str], role: Role) -> frozenset[str]:
    """What a member's token may do in an org: all of its scopes for an admin, only reading for a viewer."""
    if role is Role.ADMIN:
        return scopes
    return credentials.ALL_SCOPES & {f"{scope.partition(':')[0]}:read" for scope in scopes}


def _require(scopes: frozenset[str], accepted: frozenset[str], lacking: str) -> None:
    if accepted and not scopes & accepted:
        raise ForbiddenError(f"{lacking} the scope: one of {', '.join(sorted(accepted))}.")


class _Remembered(Generic[Known]):
    """A cache of reads: each result for CACHE_MS, at most CACHE_SIZE of them. The least recently used goes first.

    A missing item is not remembered: invented ids would push out the real ones.
    """

    def __init__(self, read: Callable[..., Known | None]) -> None:
        self._read = read
        self._kept: dict[tuple[str, ...], tuple[int, Known]] = {}

    def get(self, key: tuple[str, ...], now_ms: int) -> Known | None:
        read_at, known = self._kept.pop(key, (0, None))
        if known is None or now_ms - read_at >= CACHE_MS:
            read_at, known = now_ms, self._read(*key)
        if known is not None:
            self._kept[key] = read_at, known
        if len(self._kept) > CACHE_SIZE:
            del self._kept[next(iter(self._kept))]
        return known
