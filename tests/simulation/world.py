"""One run: production code between an engine, queues and a carrier of our own, in virtual time, as its seed says."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from campanile.adapters.dial_queue import DialQueue as ProductionQueue
from campanile.adapters.dial_queue import parse_hint
from campanile.adapters.work_queue import EnqueueOrder, WorkQueue, order_of
from campanile.campaigns import create_campaign, find_campaign, manage_configurations
from campanile.contacts import enqueue_held
from campanile.contacts.enqueue_held import EnqueuePorts
from campanile.dialing import receive_event, record_report, serve_hints, tick
from campanile.dialing.ports import Ports
from campanile.dialing.receive_event import EventRequest
from campanile.domain.call import AgentReport
from campanile.domain.limits import Limits
from campanile.schema.campaigns import CampaignInput
from campanile.schema.configurations import ConfigurationInput
from campanile.store import contact_writes, keys, orgs
from campanile.store.table import Table
from campanile.telephony.callback import callback_url
from tests.dynamodb_engine.engine import Engine
from tests.simulation import setting as settings
from tests.simulation.agents import Agents
from tests.simulation.carrier import SECRET, Call, Carrier
from tests.simulation.chronicle import Chronicle
from tests.simulation.concurrency import VirtualClock, VirtualExecutor
from tests.simulation.dynamodb import Client
from tests.simulation.faults import Fault, Faults
from tests.simulation.operators import KnownCampaign, Operators, Request
from tests.simulation.queues import DIAL, WAKE, WORK, DialQueue, SqsClient, StandardQueue
from tests.simulation.scheduler import Invocation, Process, Scheduler
from tests.simulation.setting import MINUTE_MS, START_MS, Setting
from tests.support.log import RecordingLog
from tests.support.template import table_definition

DIAL_SECONDS = 40
SMALL_ENQUEUINGS = {"CONTACTS_AT_ONCE": 3, "ENQUEUING_MS": 1_500}
"""So that campaigns of a few people take a worker too."""
OTHER_SECONDS = 28
definition = cache(table_definition)


class NotForwardedError(Exception):
    """As in the wake function: SQS delivers the message again."""


class World:
    """The parts of one run. `now` is UTC ms."""

    def __init__(self, seed: int, setting: Setting | None = None) -> None:
        self.seed = seed
        self.setting = setting or settings.of_seed(seed)
        self.scheduler = Scheduler(START_MS, self._dice("scheduler"))
        self.faults = Faults(self.scheduler, self._dice("faults"), self.setting.profile)
        self.chronicle = Chronicle(self.scheduler)
        self.log = RecordingLog()
        self.engine = Engine(
            definition("Table"), lambda: self.scheduler.now, self.faults.index_lag_ms, self.faults.stale_read_ms
        )
        self.limits = Limits(**self.setting.limits)
        self._ids = self._dice("ids")
        self.carrier = Carrier(
            self.scheduler, self.faults, self.chronicle, self._dice("carrier"), self.setting.ability, self._new_id
        )
        self.agents = Agents(self.scheduler, self.faults, self._dice("agents"), self.carrier)
        self.dial = DialQueue(self.scheduler, self.faults, self._invoke_dial)
        self.wake = StandardQueue(self.scheduler, self.faults, self._invoke_wake)
        self.work = StandardQueue(self.scheduler, self.faults, self._invoke_work)
        self.ports = self._ports()
        self.enqueue_ports = self._enqueue_ports()
        self.campaigns: list[KnownCampaign] = []
        self.operators = Operators(self._dice("operators"), self.campaigns, self.enqueue_ports)
        self.on_request: list[Callable[[str, Request, Any], None]] = []
        """Told of each request's stages: `begun`, then `answered` (with the answer), `failed` or `died`."""
        self.running: dict[Invocation, Callable[[bool], None]] = {}
        self.invocations = 0
        self.carrier.deliver = self._deliver_event
        self.agents.record = self._record_report
        self.scheduler.on_death = self._died

    @property
    def now(self) -> int:
        return self.scheduler.now

    @property
    def direct(self) -> Table:
        """The table without network, time or faults: for what nobody in the run does."""
        client: Any = self.engine
        return Table(client, "table", Random(0), lambda _: None)

    def prepare(self) -> None:
        """Create orgs, configurations and campaigns, and let people, operators and ticks come."""
        table = self.direct
        for org in self.setting.orgs:
            orgs.create(table, org.name, self.now)
            seen = orgs.settings(table, org.name)
            assert orgs.set_limit(table, seen, org.limit, org.calls_per_second)
            for plan in org.campaigns:
                wanted = ConfigurationInput.model_validate(plan.configuration, strict=False)
                configuration = manage_configurations.create(table, org.name, wanted, self.now)
                fields = {"name": "a campaign", "configuration_id": configuration.id, "priority": plan.priority}
                campaign = create_campaign.create(table, org.name, CampaignInput.model_validate(fields), self.now)
                self.campaigns.append(KnownCampaign(org, plan, campaign.id, configuration.id))
        for after, request in self.operators.opening(self.setting.orgs, self.setting.arrivals_ms):
            self._request_at(START_MS + after, request)
        self._tick_at(START_MS + self._dice("tick").randint(0, MINUTE_MS))
        self.scheduler.at(START_MS + self.setting.operator_every_ms, self._operate)

    def request(self, request: Request) -> None:
        """Carry a request out now; one that failed is mostly sent again."""
        self._tell("begun", request, None)

        def work() -> None:
            answer = request.work(self.ports)
            self._tell("answered", request, answer)

        def finished(is_done: bool) -> None:
            if not is_done:
                self._tell("failed", request, None)
                if self.faults.between(0, 9) < 6 and not self.faults.is_over:
                    self._request_at(self.now + self.faults.between(100, 10_000), request)

        self._invoke(request.actor, (request.org,), OTHER_SECONDS, work, finished)

    def _operate(self) -> None:
        """An operator does something, as long as there is chaos."""
        if self.faults.is_over:
            return
        for request in self.operators.draw():
            self.request(request)
        pause = self.setting.operator_every_ms
        self.scheduler.at(self.now + self.faults.between(pause // 2, 2 * pause), self._operate)

    def _request_at(self, at_ms: int, request: Request) -> None:
        self.scheduler.at(at_ms, lambda: self.request(request))

    def _tell(self, stage: str, request: Request, answer: Any) -> None:
        self.chronicle.note(f"{request.kind} {stage}", request.org, " ".join(request.about))
        for hook in self.on_request:
            hook(stage, request, answer)

    def _tick_at(self, at_ms: int) -> None:
        """EventBridge: every minute, mostly in time."""

        def due() -> None:
            self._tick_at(at_ms + MINUTE_MS)
            faults, late = self.faults, 0
            everyone = tuple(org.name for org in self.setting.orgs)
            if faults.strikes(faults.profile.tick):
                fault = faults.pick(Fault.TICK_LOST, Fault.TICK_LATE, Fault.TICK_TWICE)
                late = faults.between(1_000, 10_000) if fault is Fault.TICK_LATE else 0
                faults.note(fault, everyone, MINUTE_MS if fault is Fault.TICK_LOST else late)
                if fault is Fault.TICK_LOST:
                    return
                if fault is Fault.TICK_TWICE:
                    self.scheduler.at(self.now + faults.between(0, 20_000), self._invoke_tick)
            self.scheduler.at(self.now + late, self._invoke_tick)

        self.scheduler.at(at_ms, due)

    def _invoke_tick(self) -> None:
        everyone = tuple(org.name for org in self.setting.orgs)

        def work() -> None:
            tick.run(self.ports.table, self.ports.dial_queue, self.ports.clock.now_ms())

        self._invoke("tick", everyone, OTHER_SECONDS, work, lambda _: None)

    def _invoke_dial(self, bodies: Sequence[str], finished: Callable[[bool], None]) -> None:
        named = tuple(sorted({parse_hint(one).org for one in bodies}))
        deadline = self.now + 1000 * DIAL_SECONDS

        def work() -> None:
            serve_hints.serve(self.ports, bodies, lambda: deadline - self.now)

        self._invoke("dial", named, DIAL_SECONDS, work, finished)

    def _invoke_wake(self, bodies: Sequence[str], finished: Callable[[bool], None]) -> None:
        hint = parse_hint(bodies[0])

        def work() -> None:
            if not self.ports.dial_queue.hint(hint):
                raise NotForwardedError

        self._invoke("wake", (hint.org,), OTHER_SECONDS, work, finished)

    def _invoke_work(self, bodies: Sequence[str], finished: Callable[[bool], None]) -> None:
        order = order_of(bodies[0])
        assert isinstance(order, EnqueueOrder), "files and exports have tests of their own"
        deadline = self.now + 1000 * OTHER_SECONDS

        def work() -> None:
            enqueue_held.continue_enqueuing(self.enqueue_ports, order, lambda: self.now < deadline)

        self._invoke("release", (order.org,), OTHER_SECONDS, work, finished)

    def _deliver_event(self, call: Call, body: str, answered: Callable[[bool], None]) -> None:
        def work() -> None:
            result = receive_event.receive(
                self.ports, SECRET, EventRequest("carrier", "", call.token, {}, body.encode())
            )
            self.chronicle.note("event", call.contact[1], call.attempt_id, f"-> {result}")

        self._invoke("event", (call.org,), OTHER_SECONDS, work, answered)

    def _record_report(self, call: Call, report: AgentReport, answered: Callable[[bool], None]) -> None:
        campaign, contact = call.contact
        reference = keys.DEFAULT_CAMPAIGN if campaign == keys.default_campaign(call.org) else campaign

        def work() -> None:
            found = find_campaign.find_or_ad_hoc(self.ports.table, call.org, reference)
            answer = record_report.record(
                self.ports.for_reports, found, contact, call.attempt_id, report, actor="agent"
            )
            self.chronicle.note("report", contact, call.attempt_id, f"{report} -> {answer.status}")

        self._invoke("report", (call.org,), OTHER_SECONDS, work, answered)

    def _invoke(
        self,
        kind: str,
        named: tuple[str, ...],
        seconds: int,
        work: Callable[[], None],
        finished: Callable[[bool], None],
    ) -> None:
        """Run a Lambda function; `finished` is told when it has ended, and whether well."""
        self.invocations += 1
        invocation = Invocation(f"{kind}-{self.invocations}", kind, named, self.now + 1000 * seconds)
        self.running[invocation] = finished

        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001  Lambda catches whatever a handler raises
                self.log.error("a function failed", extra={"action": f"{kind}_failed", "error": type(error).__name__})
                self.chronicle.note("failed", type(error).__name__, str(error)[:120])
                self._ended(invocation, False)
            else:
                self._ended(invocation, True)

        self.scheduler.spawn(invocation, invocation.name, run)
        self.scheduler.at(self.now + 1000 * seconds, lambda: self._time_out(invocation))

    def _time_out(self, invocation: Invocation) -> None:
        if invocation in self.running:
            self.scheduler.kill(invocation, Fault.TIME_OUT)

    def _died(self, invocation: Invocation, why: str) -> None:
        self.faults.note_death(invocation, why)
        self.chronicle.note("DIED", invocation.name, why)
        self._ended(invocation, False)

    def _ended(self, invocation: Invocation, is_done: bool) -> None:
        self.running.pop(invocation)(is_done)

    def _ports(self) -> Ports:
        client: Any = Client(self.engine, self.scheduler, self.faults, self.chronicle)
        clock = VirtualClock(self.scheduler, lambda: self.faults.before_request(self._process))
        return Ports(
            table=Table(client, "table", self._dice("back-off"), clock.sleep),
            dial_queue=ProductionQueue(self._sqs, DIAL, WAKE, clock, self.log),
            telephony=lambda _provider: self.carrier,
            clock=clock,
            limits=self.limits,
            new_id=self._new_id,
            callback_url=lambda _provider, reference: callback_url("https://api", "carrier", reference, SECRET),
            log=self.log,
        )

    def _enqueue_ports(self) -> EnqueuePorts:
        return EnqueuePorts(self.ports.table, self.ports.dial_queue, WorkQueue(self._sqs, WORK), self.ports.clock)

    @property
    def _sqs(self) -> Any:
        return SqsClient(self.scheduler, self.faults, self.chronicle, self.dial, self.wake, self.work)

    @property
    def _process(self) -> Process:
        assert self.scheduler.current is not None, "only a process sleeps"
        return self.scheduler.current

    def new_uuid(self) -> UUID:
        return UUID(int=self._ids.getrandbits(128), version=4)

    def _new_id(self) -> str:
        return str(self.new_uuid())

    def _dice(self, purpose: str) -> Random:
        """Random numbers for one purpose, so that one more draw for one changes nothing for the others."""
        return Random(f"{self.seed} {purpose}")


@contextmanager
def in_place_of_chance(world: World) -> Iterator[None]:
    """Let production draw its ids from the seed, and run its threads as processes of the scheduler."""
    replaced: list[tuple[Any, str, Any]] = []
    modules: Mapping[str, Any] = sys.modules
    for name in sorted(modules):
        if name.startswith("campanile.") and hasattr(modules[name], "uuid4"):
            replaced.append((modules[name], "uuid4", modules[name].uuid4))
            modules[name].uuid4 = world.new_uuid
    threaded: tuple[Any, ...] = (serve_hints, contact_writes)
    for module in threaded:
        replaced.append((module, "ThreadPoolExecutor", module.ThreadPoolExecutor))
        module.ThreadPoolExecutor = lambda _workers: VirtualExecutor(world.scheduler)
    for name, small in SMALL_ENQUEUINGS.items():
        replaced.append((enqueue_held, name, getattr(enqueue_held, name)))
        setattr(enqueue_held, name, small)
    try:
        yield
    finally:
        for module, name, former in replaced:
            setattr(module, name, former)
