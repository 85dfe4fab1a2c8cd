"""An org with a dialer: the production code on DynamoDB Local, with time, provider and queue in the test's hands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar
from uuid import uuid4

from campanile.adapters.dial_queue import Hint
from campanile.campaigns import change_status, create_campaign, manage_configurations, start_campaign, stats
from campanile.contacts import check_rows, list_contacts, manage_contacts, upsert
from campanile.contacts.enqueue_held import EnqueuePorts
from campanile.contacts.export_contacts import ExportPorts
from campanile.contacts.list_contacts import Filter
from campanile.dialing import dial_pass, global_limit, record_outcome, tick
from campanile.dialing.ports import Ports
from campanile.domain.call import CallEnd, Slot
from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact
from campanile.domain.lifecycle import ContactStatus, Outcome
from campanile.domain.limits import Limits
from campanile.imports.run import ImportPorts
from campanile.schema.campaigns import CampaignInput
from campanile.schema.configurations import ConfigurationInput
from campanile.schema.contacts import ContactInput, ContactResponse, ContactsResponse, UpsertResponse
from campanile.schema.stats import StatsResponse
from campanile.store import campaigns, contacts, orgs, slots
from campanile.store.table import Table
from campanile.telephony.callback import sign_reference
from tests.support.clock import VirtualClock
from tests.support.dial_queue import RecordingQueue
from tests.support.log import RecordingLog
from tests.support.table import Hook, InterposedTable, Request
from tests.support.telephony import SECRET, Post, ScriptedTelephony
from tests.support.uploads import Bucket, RecordingEnqueueQueue, RecordingExportQueue, RecordingImportQueue

T = TypeVar("T")
ALL_DAY = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "23:59"}]
DAY = 86_400
TICK_SECONDS = 60


class InlineExecutor(Executor):
    """Runs what is submitted at once. An error becomes the future's; a crash goes through, as a process dies."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  a future carries whatever its work raised
            future.set_exception(error)
        return future


def number(n: int) -> str:
    """The n-th of a series of valid numbers."""
    return f"+1212555{n:04d}"


class Dialer:
    """One org. Times in seconds; statuses and answers are the API's."""

    def __init__(self, table: Table, limits: Limits | None = None, clock: VirtualClock | None = None) -> None:
        self.org = f"org-{uuid4()}"
        self.table = table
        self.clock = clock or VirtualClock()
        self.log = RecordingLog()
        self.queue = RecordingQueue(self.clock, self.log)
        self.telephony = ScriptedTelephony(self.clock)
        self.providers: list[str | None] = []
        self.limits = limits or Limits(global_concurrency=0)
        self.bucket = Bucket(self.org)
        self.import_queue = RecordingImportQueue()
        self.export_queue = RecordingExportQueue()
        self.enqueue_queue = RecordingEnqueueQueue()
        self.executor: Executor = InlineExecutor()
        orgs.create(table, self.org, self.clock.now_ms())
        global_limit.follow_deployment(self.ports, orgs.settings(table, self.org))

    def _telephony(self, provider: str | None) -> ScriptedTelephony:
        self.providers.append(provider)
        return self.telephony

    @property
    def ports(self) -> Ports:
        return Ports(
            table=self.table,
            dial_queue=self.queue,
            telephony=self._telephony,
            clock=self.clock,
            limits=self.limits,
            new_id=lambda: str(uuid4()),
            callback_url=lambda _provider, reference: sign_reference(reference, SECRET),
            log=self.log,
        )

    @property
    def import_ports(self) -> ImportPorts:
        return ImportPorts(self.table, self.queue, self.import_queue, self.bucket, self.clock)

    @property
    def export_ports(self) -> ExportPorts:
        return ExportPorts(self.table, self.export_queue, self.bucket, self.clock)

    @property
    def enqueue_ports(self) -> EnqueuePorts:
        return EnqueuePorts(self.table, self.queue, self.enqueue_queue, self.clock)

    @contextmanager
    def interposed(self, before: Hook = lambda _: None, after: Hook = lambda _: None) -> Iterator[None]:
        """Let others act before and after each request to the table, through the table as it is."""
        production = self.table

        def aside(hook: Hook) -> Hook:
            def act(request: Request) -> None:
                mine, self.table = self.table, production
                try:
                    hook(request)
                finally:
                    self.table = mine

            return act

        self.table = InterposedTable(production, aside(before), aside(after))
        try:
            yield
        finally:
            self.table = production

    def campaign(
        self, priority: int = 1, external_id: str | None = None, unique_numbers: bool = False, **configuration: Any
    ) -> Campaign:
        """A new campaign with a configuration of its own that may call at any hour unless told otherwise."""
        now = self.clock.now_ms()
        fields = {"name": "a configuration", "default_windows": ALL_DAY, **configuration}
        wanted = ConfigurationInput.model_validate(fields, strict=False)
        created = manage_configurations.create(self.table, self.org, wanted, now)
        answer = create_campaign.create(
            self.table,
            self.org,
            CampaignInput(
                name="a campaign",
                configuration_id=created.id,
                priority=priority,
                external_id=external_id,
                unique_numbers=unique_numbers,
            ),
            now,
        )
        return self.read_campaign(answer.id)

    def read_campaign(self, campaign_id: str) -> Campaign:
        found = campaigns.get(self.table, self.org, campaign_id)
        assert found
        return found

    @property
    def ad_hoc(self) -> Campaign:
        return campaigns.ad_hoc(self.org)

    def upsert(self, campaign: Campaign, *rows: Mapping[str, Any]) -> UpsertResponse:
        """Upsert rows as a request would, on the campaign as it is now."""
        current = campaign if campaign.is_ad_hoc else self.read_campaign(campaign.id)
        inputs = [ContactInput.model_validate(row) for row in rows]
        checked = check_rows.validate(inputs, None if campaign.is_ad_hoc else "+1")
        return upsert.upsert(self.table, self.queue, current, checked, self.clock.now_ms())

    def add(self, campaign: Campaign, *rows: Mapping[str, Any]) -> list[str]:
        """Upsert rows that must all be stored; answers the contacts' ids."""
        return [contact_id for contact_id in self.upsert(campaign, *rows).contact_ids if contact_id]

    def delete(self, campaign: Campaign, reference: str) -> None:
        """Delete a contact by id or external id."""
        manage_contacts.delete(self.table, campaign, reference, self.clock.now_ms())

    def add_people(self, campaign: Campaign, *numbers: str, **fields: Any) -> list[str]:
        """One contact per number."""
        return self.add(campaign, *({"phone_numbers": [one], **fields} for one in numbers))

    def hold(self, campaign: Campaign, *numbers: str, enqueues: bool = False) -> list[str]:
        """One held contact per number, as a push without `enqueue` makes them; with it they are called."""
        rows = [{"phone_numbers": [one], "external_id": one} for one in numbers]
        inputs = [ContactInput.model_validate(row) for row in rows]
        status = ContactStatus.PENDING if enqueues else ContactStatus.HELD
        checked = [replace(row, insert_as=status, enqueues=enqueues) for row in check_rows.validate(inputs, "+1")]
        now = self.clock.now_ms()
        stored = upsert.store(self.table, self.queue, self.read_campaign(campaign.id), checked, now, now)
        return [result.contact_id for result in stored if result.contact_id]

    def change(self, campaign: Campaign, action: str) -> None:
        """Start, pause or close."""
        now = self.clock.now_ms()
        if action == "start":
            start_campaign.start(self.table, self.queue, self.org, campaign.id, now)
        else:
            leave = {"pause": change_status.pause, "close": change_status.close}[action]
            leave(self.table, self.org, campaign.id, now)

    def limit(self, limit: int) -> None:
        """Set the concurrency limit directly."""
        current = orgs.settings(self.table, self.org)
        assert orgs.set_limit(self.table, current, limit, current.calls_per_second)

    def run(self, hints: Sequence[Hint] | None = None) -> int:
        """One pass of the dialer, as if just told to look; answers how many calls it locked."""
        told = [self.hint()] if hints is None else list(hints)
        return dial_pass.run(self.ports, self.org, told, self.executor, lambda: True)

    def hint(self, cause: str = "test") -> Hint:
        """As the queue would bring one that was sent now."""
        return Hint(self.org, cause, sent_at=self.clock.now_ms())

    def tick(self) -> None:
        tick.run(self.table, self.queue, self.clock.now_ms())

    @property
    def posts(self) -> list[Post]:
        return self.telephony.posts

    def end(self, post: Post, outcome: Outcome | str, **report: Any) -> bool:
        """The carrier reports the end of a call; whether that was news."""
        self.telephony.hang_up(post.attempt_id)
        now = self.clock.now_ms()
        told = CallEnd(Outcome(outcome), ended_at_ms=now, **report)
        return record_outcome.record(self.ports, post.reference, told)

    def call(self, outcome: Outcome | str, **report: Any) -> Post:
        """A pass that must place one call, which then ends."""
        before = len(self.posts)
        self.run()
        assert len(self.posts) == before + 1, "the pass was to place exactly one call"
        self.end(self.posts[-1], outcome, **report)
        return self.posts[-1]

    def serve_hints(self, seconds: float, each_second: Callable[[], None] = lambda: None) -> None:
        """Let time pass as in production: passes run when a hint arrives, the tick comes once a minute."""
        until = self.clock.now_ms() + round(1000 * seconds)
        next_tick = self.clock.now_ms()
        while self.clock.now_ms() <= until:
            if self.clock.now_ms() >= next_tick:
                self.tick()
                next_tick += 1000 * TICK_SECONDS
            if hints := [hint for hint in self.queue.take() if hint.org == self.org]:
                self.run(hints)
            each_second()
            if not any(one.visible_at <= self.clock.now_ms() for one in self.queue.waiting):
                self.clock.advance(1)

    def contact(self, campaign: Campaign, contact_id: str) -> ContactResponse:
        """As the API shows it."""
        return list_contacts.get(self.table, campaign, contact_id, self.clock.now_ms())

    def stored(self, campaign: Campaign, contact_id: str) -> Contact:
        """As the table has it, with its cold item."""
        return contacts.get_many_whole(self.table, campaign.key, [contact_id])[contact_id]

    def page(
        self,
        campaign: Campaign,
        limit: int = 200,
        offset: int = 0,
        statuses: Sequence[str] = (),
        outcomes: Sequence[str] = (),
        views: Sequence[str] = (),
    ) -> ContactsResponse:
        wanted = Filter(frozenset(statuses), frozenset(outcomes), frozenset(views))
        return list_contacts.page(self.table, campaign, wanted, limit, offset, self.clock.now_ms())

    def stats(self, campaign: Campaign) -> StatsResponse:
        current = campaign if campaign.is_ad_hoc else self.read_campaign(campaign.id)
        return stats.read(self.table, current, self.clock.now_ms())

    def held(self) -> list[Slot]:
        return slots.in_use(self.table, orgs.settings(self.table, self.org))
