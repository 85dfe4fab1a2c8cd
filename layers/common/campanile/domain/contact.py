"""A contact as it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from campanile.domain.call import Attempt
from campanile.domain.campaign import AgentFields
from campanile.domain.lifecycle import ContactStatus, Outcome

MAX_ALIASES = 20
"""How many other names a contact may have. It keeps them, on its own item, until it is deleted."""
TOO_MANY_NAMES = f"the contact has had {MAX_ALIASES} other external_ids, which it keeps until it is deleted"


class LaneKind(StrEnum):
    """Why a pending contact waits: a callback, a first call (plain or scheduled), or a retry."""

    CALLBACK = "C"
    FIRST = "F"
    RETRY = "R"
    SCHEDULED = "S"


@dataclass(frozen=True, slots=True)
class ReportedInCall:
    """What the agent has reported during the call in progress. It outweighs the carrier's outcome when the call ends.

    `callback_at` in UTC ms. `is_canceled`: the person wants no callback, not even one that the carrier reports.
    """

    do_not_call: bool = False
    callback_at: int | None = None
    is_canceled: bool = False


@dataclass(frozen=True, slots=True)
class LastRefusal:
    """Why the contact was last not called, and until when that holds."""

    code: str
    at: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to call. `due`, `kind` say when and why it waits, and stay while it is active.

    `rev` grows with every write. `number` is the serial of its creation within the campaign. `budget_used` counts the
    calls that the person did not ask for, `callbacks_used` those that the person did (G8). `unreachable` are numbers
    that are invalid or on the do-not-call list; `listed` are those of them on the list. `attempts` are the latest 8;
    the cold item has the older ones. `aliases` are other ids of the contact: for its external id and for former ones.
    `imported` names the import that wrote it last, and the first of its rows that did. `reported` is set only while
    the contact is active.
    """

    campaign_key: str
    id: str
    number: int
    status: ContactStatus
    phone_numbers: tuple[str, ...]
    created_at: int
    due: int
    kind: LaneKind
    rev: int = 0
    external_id: str | None = None
    aliases: tuple[str, ...] = ()
    timezone: str | None = None
    scheduled_at: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    agent: AgentFields = field(default_factory=AgentFields)
    cold: bool = False
    attempt_id: str | None = None
    reported: ReportedInCall | None = None
    attempt_count: int = 0
    budget_used: int = 0
    callbacks_used: int = 0
    attempts: tuple[Attempt, ...] = ()
    unreachable: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    last_outcome: Outcome | None = None
    last_refusal: LastRefusal | None = None
    updated_at: int = 0
    imported: str | None = None

    @property
    def is_scheduled_first_call(self) -> bool:
        """Whether its next call is a first-time scheduled one, which has windows of its own."""
        return self.kind is LaneKind.SCHEDULED

    @property
    def asked_not_to_be_called(self) -> bool:
        """Whether the person asked for this in one of the latest calls, or in an earlier one during this call."""
        has_reported = self.reported is not None and self.reported.do_not_call
        return has_reported or any(one.outcome is Outcome.DO_NOT_CALL for one in self.attempts)

    @property
    def bucket(self) -> str:
        """The counter the contact is in."""
        return bucket(self.status, self.last_outcome)


def bucket(status: ContactStatus, last_outcome: Outcome | None) -> str:
    """Name of the counter of contacts in `status` whose last call ended with `last_outcome`.

    An active contact counts as pending, as before its LOCK, so LOCK writes no counter. The slots say who is active.
    """
    counted = ContactStatus.PENDING if status is ContactStatus.ACTIVE else status
    return f"{counted}.{last_outcome or '-'}"


def split_bucket(name: str) -> tuple[ContactStatus, Outcome | None]:
    """The reverse of `bucket`."""
    status, _, outcome = name.partition(".")
    return ContactStatus(status), None if outcome == "-" else Outcome(outcome)
