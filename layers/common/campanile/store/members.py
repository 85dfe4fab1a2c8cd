"""Members: `O#<org>` / `M#<user>`, each with a role in the org. A user is an owner of personal tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from campanile.store import keys
from campanile.store.table import ConditionFailedError, Delete, Table, Update

USER = re.compile(r"[!-}][!-~]{0,254}")
"""A user's id, as the operator's own directory has it: visible ASCII characters, not `~` first, where the list ends."""


class Role(StrEnum):
    """What a member may do in the org: everything, or only read (Anyreach: admin, viewer)."""

    ADMIN = "admin"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Member:
    """A user in an org. `added_at` in UTC ms."""

    user: str
    role: Role
    added_at: int


def add(table: Table, org: str, user: str, role: Role, now_ms: int) -> None:
    """Make the user a member, or give a member another role."""
    expression = "SET #role = :role, #added_at = if_not_exists(#added_at, :now)"
    table.write(Update(keys.member(org, user), expression, values={":role": role.value, ":now": now_ms}))


def remove(table: Table, org: str, user: str) -> bool:
    """Whether the user was a member; it no longer is."""
    try:
        table.write(Delete(keys.member(org, user), "attribute_exists(#PK)"))
    except ConditionFailedError:
        return False
    return True


def role(table: Table, org: str, user: str) -> Role | None:
    """The user's role in the org, read strongly; None: no member, or no such org."""
    item = table.get(keys.member(org, user))
    return Role(item["role"]) if item else None


def of_org(table: Table, org: str) -> Iterator[Member]:
    """The org's members by user id."""
    for item in table.query(*keys.members_of(org), consistent=True):
        yield Member(keys.user_of(item), Role(item["role"]), item["added_at"])
