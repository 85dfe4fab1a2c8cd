"""The carrier: implements the telephony port, and keeps the true record of every call it made.

A POST takes effect the moment it is sent; what comes back is another matter. Events are sent again, later and later,
until they are answered. Calls are shorter than the longest call, and begin within half a minute of their POST.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

from campanile.domain.call import AgentReport, CallbackWish, CallEnd
from campanile.domain.lifecycle import Outcome
from campanile.telephony.callback import read_reference
from campanile.telephony.port import (
    Ambiguous,
    CallRequest,
    Capabilities,
    CarrierEvent,
    Ended,
    Idempotency,
    Live,
    LookUp,
    LookUpFailed,
    LookUpQuery,
    Misconfigured,
    NotFound,
    Placed,
    PlaceResult,
    Refused,
    Rejected,
)
from tests.simulation.chronicle import Chronicle
from tests.simulation.faults import Fault, Faults
from tests.simulation.scheduler import Scheduler

SECRET = "the deployment's secret"
TIME_OUT_MS = 5_000
RESENT_AFTER_MS = (1_000, 5_000, 20_000, 60_000, 120_000, 300_000)
OUTCOMES = {
    Outcome.ANSWERED: 30,
    Outcome.NO_ANSWER: 20,
    Outcome.BUSY: 10,
    Outcome.VOICEMAIL: 8,
    Outcome.FAILED: 8,
    Outcome.INVALID_NUMBER: 8,
    Outcome.CALLBACK_REQUESTED: 12,
    Outcome.DO_NOT_CALL: 4,
    Outcome.CANCELED: 3,
}


@dataclass(slots=True)
class Call:
    """One call as it really was. Times in UTC ms; `placed_at` is the POST."""

    id: str
    attempt_id: str
    org: str
    contact: tuple[str, str]
    number: str
    placed_at: int
    starts_at: int
    ends_at: int
    outcome: Outcome
    callback_at: int | None
    token: str
    is_live: bool = False
    was_dialed: bool = True

    @property
    def report(self) -> CallEnd:
        if not self.was_dialed:
            return CallEnd(Outcome.FAILED, ended_at_ms=self.ends_at, provider_call_id=self.id, was_dialed=False)
        return CallEnd(
            self.outcome,
            ended_at_ms=self.ends_at,
            duration_seconds=(self.ends_at - self.starts_at) / 1000,
            provider_call_id=self.id,
            callback_at_ms=self.callback_at,
            notes="they asked about the price" if self.outcome is Outcome.ANSWERED else None,
        )


@dataclass(frozen=True, slots=True)
class Ability:
    """What this carrier can do, and how long its calls last in seconds.

    `shows_after_ms`: how long after its POST a look-up finds a call; longer only where absence never proves anything.
    """

    has_idempotency_key: bool
    can_look_up: bool
    longest_seconds: int
    call_lease_seconds: int
    latest_start_ms: int = 30_000
    absence_proves_after_seconds: int | None = 0
    shows_after_ms: int = 0
    may_be_misconfigured: bool = False


class Carrier:
    """`telephony.port.Telephony`. Hooks: `on_post(request, call)` with the call it made or None; `on_start(call)`."""

    def __init__(
        self,
        scheduler: Scheduler,
        faults: Faults,
        chronicle: Chronicle,
        random: Random,
        ability: Ability,
        new_id: Callable[[], str],
    ) -> None:
        self._scheduler = scheduler
        self._faults = faults
        self._chronicle = chronicle
        self._random = random
        self._ability = ability
        self._new_id = new_id
        self.calls: list[Call] = []
        self.undialed: dict[str, Call] = {}
        self.rejected: dict[str, Outcome] = {}
        self.undelivered = 0
        self.reported: set[str] = set()
        self.on_post: list[Callable[[CallRequest, Call | None], None]] = []
        self.on_start: list[Callable[[Call], None]] = []
        self.deliver: Callable[[Call, str, Callable[[bool], None]], None] = lambda _call, _body, _answered: None

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            calls_per_second=10.0,
            idempotency=Idempotency("key", 24 * 3600) if self._ability.has_idempotency_key else Idempotency(),
            look_up_by=frozenset({"reference"}) if self._ability.can_look_up else frozenset(),
            absence_proves_after_seconds=self._ability.absence_proves_after_seconds,
        )

    def place(self, request: CallRequest) -> PlaceResult:
        """The POST leaves at once: nothing may come between the gate's last check and this."""
        process = self._scheduler.current
        assert process is not None, "only a process places calls"
        fault = self._draw_fault()
        makes_call = fault not in (
            Fault.POST_REFUSED,
            Fault.POST_TIMED_OUT_WITHOUT_CALL,
            Fault.POST_FAILED_WITHOUT_CALL,
            Fault.POST_REJECTED,
            Fault.MISCONFIGURED,
            Fault.NOT_DIALED,
        )
        call = self._connect(request, fault) if makes_call else None
        if fault is Fault.NOT_DIALED:
            self._take_without_dialing(request)
        rejection = self._random.choice((Outcome.INVALID_NUMBER, Outcome.FAILED, Outcome.DO_NOT_CALL))
        if fault is Fault.POST_REJECTED:
            self.rejected[request.attempt_id] = rejection
        for hook in self.on_post:
            hook(request, call)
        told = f"{request.contact_id} attempt {request.attempt_id} to {request.to}"
        self._chronicle.note("POST", told, f"-> {fault or 'taken'}", "no call" if call is None else "")
        if fault:
            self._faults.note(fault)
        self._faults.after_request(process)
        is_time_out = fault in (Fault.POST_TIMED_OUT_WITH_CALL, Fault.POST_TIMED_OUT_WITHOUT_CALL)
        self._scheduler.pause(TIME_OUT_MS if is_time_out else self._faults.between(100, 400))
        self._faults.after_request(process)
        if fault is Fault.POST_REFUSED:
            return Refused("429", self._random.choice((1.0, 5.0, 30.0)), is_account_wide=self._random.random() < 0.5)
        if fault is Fault.POST_REJECTED:
            return Rejected(rejection, "no such number")
        if fault is Fault.MISCONFIGURED:
            return Misconfigured("no credit")
        if fault is Fault.NOT_DIALED:
            return Placed(self.undialed[request.attempt_id].id)
        if fault in (None, Fault.EVENT_EARLY, Fault.LATE_CALL):
            assert call is not None, "what was taken is a call"
            return Placed(call.id, f"conversation-{call.id}")
        return Ambiguous(str(fault))

    def look_up(self, query: LookUpQuery) -> LookUp:
        attempt_id = query.attempt_id
        process = self._scheduler.current
        assert process is not None, "only a process looks up"
        self._faults.before_request(process)
        self._scheduler.pause(self._faults.between(20, 200))
        answer = self._found(attempt_id)
        if self._faults.strikes(self._faults.profile.post):
            self._faults.note(Fault.LOOK_UP_FAILED, process.invocation.orgs)
            answer = LookUpFailed("503")
        self._chronicle.note("look_up", attempt_id, f"-> {type(answer).__name__}")
        self._scheduler.pause(self._faults.between(20, 200))
        return answer

    def parse_event(self, url: str, headers: Mapping[str, str], body: bytes) -> list[CarrierEvent]:  # noqa: ARG002  part of the port
        told: dict[str, Any] = json.loads(body)
        report = told["report"]
        if said := told.get("told"):
            return [CarrierEvent(told["call"], None, told["attempt"], _heard(said))]
        if report is None:
            return [CarrierEvent(told["call"], None, told["attempt"])]
        end = CallEnd(**{**report, "outcome": Outcome(report["outcome"])})
        return [CarrierEvent(told["call"], end, told["attempt"])]

    def _draw_fault(self) -> Fault | None:
        if not self._faults.strikes(self._faults.profile.post):
            return None
        rare = (Fault.MISCONFIGURED,) if self._ability.may_be_misconfigured else ()
        return self._faults.pick(
            *rare,
            Fault.POST_REJECTED,
            Fault.NOT_DIALED,
            Fault.POST_REFUSED,
            Fault.POST_TIMED_OUT_WITH_CALL,
            Fault.POST_TIMED_OUT_WITHOUT_CALL,
            Fault.POST_FAILED_WITH_CALL,
            Fault.POST_FAILED_WITHOUT_CALL,
            Fault.EVENT_EARLY,
            Fault.LATE_CALL,
        )

    def _found(self, attempt_id: str) -> LookUp:
        now = self._scheduler.now
        shown = self._ability.shows_after_ms
        if attempt_id in self.undialed:
            return Ended(self.undialed[attempt_id].report)
        made = (one for one in self.calls if one.attempt_id == attempt_id and one.placed_at + shown <= now)
        call = next((one for one in made if one.starts_at <= now), None)
        if call is None:
            return NotFound()
        return Live(call.id) if now < call.ends_at else Ended(call.report)

    def _connect(self, request: CallRequest, fault: Fault | None) -> Call:
        """Make a call, unless the idempotency key names one already."""
        known = [one for one in self.calls if one.attempt_id == request.attempt_id]
        if known and self._ability.has_idempotency_key:
            return known[0]
        now = self._scheduler.now
        wait = self._random.randint(TIME_OUT_MS, self._ability.latest_start_ms) if fault is Fault.LATE_CALL else 20
        lasts = self._random.randint(1_000, 1000 * self._ability.longest_seconds)
        if self._faults.strikes(self._faults.profile.long_call):
            self._faults.note(Fault.LONG_CALL)
            lasts = 1000 * self._random.randint(
                self._ability.call_lease_seconds + 5, self._ability.call_lease_seconds * 2
            )
        lasts = 50 if fault is Fault.EVENT_EARLY else lasts
        call = self._call(request, starts_at=now + wait, ends_at=now + wait + lasts)
        self.calls.append(call)
        self._scheduler.at(call.starts_at, lambda: self._start(call))
        self._scheduler.at(call.ends_at, lambda: self._end(call))
        return call

    def _call(self, request: CallRequest, starts_at: int, ends_at: int) -> Call:
        outcome = self._random.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        token = parse_qs(urlsplit(request.callback_url).query)["ref"][0]
        reference = read_reference(token, SECRET)
        return Call(
            id=self._new_id(),
            attempt_id=request.attempt_id,
            org=reference.org,
            contact=(reference.campaign, reference.contact_id),
            number=request.to,
            placed_at=self._scheduler.now,
            starts_at=starts_at,
            ends_at=ends_at,
            outcome=outcome,
            callback_at=self._callback_time(outcome, ends_at),
            token=token,
        )

    def _take_without_dialing(self, request: CallRequest) -> None:
        """A request that the carrier queued and dropped: nobody's phone rang, and its event says so."""
        call = self._call(request, starts_at=self._scheduler.now, ends_at=self._scheduler.now + 2_000)
        call.was_dialed = False
        self.undialed[request.attempt_id] = call
        self._scheduler.at(call.ends_at, lambda: self._report_end(call))

    def _callback_time(self, outcome: Outcome, ends_at: int) -> int | None:
        if outcome is not Outcome.CALLBACK_REQUESTED or self._random.random() < 0.3:
            return None
        return ends_at + 1000 * self._random.randint(0, 240)

    def _start(self, call: Call) -> None:
        call.is_live = True
        self._chronicle.note("call begins", f"{call.contact[1]} attempt {call.attempt_id} to {call.number}")
        for hook in self.on_start:
            hook(call)
        self._tell(call, is_final=False, delay=self._random.randint(20, 300))

    def _end(self, call: Call) -> None:
        call.is_live = False
        self._chronicle.note("call ends", f"{call.contact[1]} attempt {call.attempt_id}", str(call.outcome))
        self._report_end(call)

    def _report_end(self, call: Call) -> None:
        faults = self._faults
        if faults.strikes(faults.profile.event):
            faults.note(Fault.EVENT_LOST)
            return
        delay = self._random.randint(50, 1_000)
        if faults.strikes(faults.profile.event):
            faults.note(Fault.EVENT_LATE)
            delay = self._random.randint(5_000, self._random.choice((60_000, 900_000)))
        self._tell(call, is_final=True, delay=delay)
        if faults.strikes(faults.profile.event):
            faults.note(Fault.EVENT_DUPLICATED)
            self._tell(call, is_final=True, delay=self._random.randint(50, 60_000))

    def carry(self, call: Call, report: AgentReport, answered: Callable[[bool], None]) -> None:
        """Carry an agent's report as an event, as often as it takes; `answered` is told whether it ever was."""
        wish = report.callback
        said = {
            "do_not_call": report.do_not_call,
            "callback": None if wish is None else [wish.at.isoformat() if wish.at else None],
            "remarks": dict(report.remarks),
        }
        body = json.dumps({"call": call.id, "attempt": call.attempt_id, "report": None, "told": said})
        self._send(call, body, answered, 0)

    def _tell(self, call: Call, is_final: bool, delay: int) -> None:
        report = call.report
        fields = {name: getattr(report, name) for name in CallEnd.__dataclass_fields__}
        told = {"call": call.id, "attempt": call.attempt_id, "report": fields if is_final else None}
        self.undelivered += 1

        def finished(is_ok: bool) -> None:
            self.undelivered -= 1
            if is_ok and is_final:
                self.reported.add(call.attempt_id)

        self._scheduler.at(self._scheduler.now + delay, lambda: self._send(call, json.dumps(told), finished, 0))

    def _send(self, call: Call, body: str, finished: Callable[[bool], None], times_sent: int) -> None:
        if times_sent:
            self._faults.note(Fault.EVENT_REPEATED)

        def answered(is_ok: bool) -> None:
            if is_ok or times_sent == len(RESENT_AFTER_MS):
                finished(is_ok)
                return
            again = self._scheduler.now + RESENT_AFTER_MS[times_sent]
            self._scheduler.at(again, lambda: self._send(call, body, finished, times_sent + 1))

        self.deliver(call, body, answered)


def _heard(said: dict[str, Any]) -> AgentReport:
    wish = said["callback"]
    at = None if wish is None or wish[0] is None else datetime.fromisoformat(wish[0])
    return AgentReport(
        said["do_not_call"], callback=None if wish is None else CallbackWish(at), remarks=said["remarks"]
    )
