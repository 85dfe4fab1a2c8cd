"""Watches a run and says which guarantee was violated, when and for whom. It changes nothing.

What it watches: every commit, every POST, every call that begins, and every request with its answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from campanile.telephony.port import CallRequest
from tests.dynamodb_engine.engine import Change
from tests.simulation import guarantees, order, recount
from tests.simulation.carrier import Call
from tests.simulation.chronicle import clock_time
from tests.simulation.guarantees import Posted
from tests.simulation.mirror import Mirror, Moved
from tests.simulation.operators import Request
from tests.simulation.world import World

RECOUNTED_EVERY = 100
"""Stats are compared with a recount after so many commits, besides once a minute."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken guarantee. `at` in UTC ms; `subject` is the contact, slot or campaign it happened to."""

    guarantee: str
    at: int
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{clock_time(self.at)}  {self.guarantee} violated for {self.subject}: {self.message}"


class Auditor:
    """The witness of one run. The first violation stops the run."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mirror = Mirror()
        self.violations: list[Violation] = []
        self.locked_attempts: set[str] = set()
        self.called: dict[str, Call] = {}
        self.accepted: dict[tuple[str, str], str] = {}
        self.created_at: dict[tuple[str, str], int] = {}
        self.deleted_at: dict[tuple[str, str], int] = {}
        self.begun_at: dict[Request, int] = {}
        self.released: dict[str, int] = {}
        """When the latest release of a campaign's held contacts was asked for that was answered."""
        self.may_release: dict[str, int] = {}
        """Until when a request to release a campaign's held contacts may have gone on."""
        self.enqueued: set[tuple[str, str]] = set()
        """Rows by campaign and name that a push with `enqueue` has brought."""
        self.commits = 0
        self.locks = 0
        self.error: Exception | None = None
        """What went wrong in the auditor itself: in a process it would be taken for an error of production's."""
        world.engine.on_commit.append(lambda changes: self._look(lambda: self._committed(changes)))
        world.carrier.on_post.append(lambda request, call: self._look(lambda: self._posted(request, call)))
        world.carrier.on_start.append(lambda call: self._look(lambda: guarantees.no_two_live_calls(self, call)))
        world.on_request.append(lambda *told: self._look(lambda: self._told(*told)))

    @property
    def now(self) -> int:
        return self.world.now

    @property
    def actor(self) -> str:
        """The kind of invocation that acts; empty for the run's preparation."""
        current = self.world.scheduler.current
        return current.invocation.kind if current else ""

    def violate(self, guarantee: str, subject: str, message: str) -> None:
        self.violations.append(Violation(guarantee, self.now, subject, message))
        self.world.chronicle.note(f"VIOLATION {guarantee}", subject, message)
        self.world.scheduler.stop()

    def _look(self, check: Callable[[], None]) -> None:
        try:
            check()
        except Exception as error:  # noqa: BLE001  whatever it is, the run ends with it
            self.error = self.error or error
            self.world.scheduler.stop()

    def _committed(self, changes: Sequence[Change]) -> None:
        moved = self.mirror.apply(changes, self.now)
        for one in moved:
            if one.kind == "contact" and one.after and "status" not in one.after:
                self.violate("G7", one.key[-1], "an update made a contact that was not there")
                return
        for one in moved:
            if told := _change(one):
                self.world.chronicle.note("  commit", told)
        self.locks += any(one.kind == "slot" and one.before is None for one in moved)
        guarantees.check_commit(self, moved)
        order.check_locks(self, moved)
        self.commits += 1
        if self.commits % RECOUNTED_EVERY == 0:
            recount.check(self)

    def _posted(self, request: CallRequest, call: Call | None) -> None:
        guarantees.check_post(self, Posted(request, call))

    def _told(self, stage: str, request: Request, answer: Any) -> None:
        guarantees.check_request(self, stage, request, answer)


def _change(one: Moved) -> str:
    """A change in a few words: what, from what, to what."""
    before, after = one.before or {}, one.after or {}
    name = "/".join(one.key)
    match one.kind:
        case "contact":
            facts = f"rev {after.get('rev')} {after.get('kind')} due {_time(after.get('due'))}" if after else ""
            return f"contact {name} {_step(before, after, 'status')} {facts}"
        case "slot":
            whom = (after or before).get("contact", "")
            lease = f"until {_time(after.get('lease_until'))}" if after else ""
            return f"slot {name} {_step(before, after, 'phase')} {whom} {(after or before).get('attempt', '')} {lease}"
        case "campaign":
            return f"campaign {name} {_step(before, after, 'status')} priority {after.get('priority')}"
        case "settings":
            return f"limit of {name}: {after.get('usable')}"
        case "registration":
            return (
                f"registration of {name}: next due {_time(after.get('next_due_at'))}"
                if after
                else f"no registration of {name}"
            )
        case "listed":
            return f"do not call {name}"
    return f"{one.kind} {name}"


def _step(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> str:
    former, current = before.get(name, "nothing"), after.get(name, "nothing")
    return str(current) if former == current else f"{former} -> {current}"


def _time(at_ms: int | None) -> str:
    return "?" if at_ms is None else clock_time(at_ms)
