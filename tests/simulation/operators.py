"""What clients of the API do meanwhile: each request is carried out by production's use case, and may die half-way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from campanile.campaigns import change_campaign, find_campaign, manage_configurations, stats
from campanile.campaigns.change_status import close, pause
from campanile.campaigns.country_code import country_code_of
from campanile.campaigns.start_campaign import start
from campanile.contacts import check_rows, enqueue_held, manage_contacts, upsert
from campanile.contacts.enqueue_held import EnqueuePorts
from campanile.dialing import manage_concurrency
from campanile.dialing.ports import Ports
from campanile.domain.lifecycle import ContactStatus
from campanile.schema.campaigns import CampaignPatch
from campanile.schema.concurrency import ConcurrencyInput
from campanile.schema.configurations import ConfigurationPatch
from campanile.schema.contacts import ContactInput
from campanile.store import do_not_call, keys
from tests.simulation import setting
from tests.simulation.setting import CampaignPlan, OrgPlan

Work = Callable[[Ports], Any]
ENDING = ("pause", "close")


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One request, equal only to itself. `about` is what the auditor needs to know of it; `rows` only of an upsert.

    `actor`: what the function that carries it out is called.
    """

    kind: str
    org: str
    work: Work
    about: tuple[str, ...] = ()
    rows: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    actor: str = "operator"


@dataclass(frozen=True, slots=True)
class KnownCampaign:
    """A campaign that was created for a plan."""

    org: OrgPlan
    plan: CampaignPlan
    id: str
    configuration_id: str


def upsert_rows(
    org: str, campaign_id: str, rows: Sequence[Mapping[str, Any]], request_key: str | None = None
) -> Request:
    """POST …/contacts, as its function does it."""

    def work(ports: Ports) -> Any:
        campaign = find_campaign.find_or_ad_hoc(ports.table, org, campaign_id)
        inputs = [ContactInput.model_validate(row) for row in rows]
        checked = check_rows.validate(inputs, country_code_of(ports.table, campaign))
        if request_key:
            checked = upsert.repeatable(checked, campaign, request_key)
        return upsert.upsert(ports.table, ports.dial_queue, campaign, checked, ports.clock.now_ms())

    key = keys.default_campaign(org) if campaign_id == keys.DEFAULT_CAMPAIGN else campaign_id
    return Request("upsert", org, work, (key,), rows)


def push_rows(campaign: KnownCampaign, rows: Sequence[Mapping[str, Any]], enqueue: bool) -> Request:
    """A push as OSVI's route takes it: new contacts are held, or with `enqueue` called, as are those held before."""
    org = campaign.org.name

    def work(ports: Ports) -> Any:
        found = find_campaign.find(ports.table, org, campaign.id)
        inputs = [ContactInput.model_validate(row) for row in rows]
        status = ContactStatus.PENDING if enqueue else ContactStatus.HELD
        checked = [
            replace(row, insert_as=status, enqueues=enqueue)
            for row in check_rows.validate(inputs, country_code_of(ports.table, found))
        ]
        return upsert.upsert(ports.table, ports.dial_queue, found, checked, ports.clock.now_ms())

    return Request("upsert", org, work, (campaign.id,), rows, actor="push" if enqueue else "operator")


def release(campaign: KnownCampaign, enqueue_ports: EnqueuePorts) -> Request:
    """POST …/release."""
    org = campaign.org.name
    return Request(
        "release", org, lambda _: enqueue_held.enqueue(enqueue_ports, org, campaign.id), (campaign.id,), (), "release"
    )


def change_status(campaign: KnownCampaign, action: str) -> Request:
    org = campaign.org.name

    def work(ports: Ports) -> Any:
        now = ports.clock.now_ms()
        if action == "start":
            return start(ports.table, ports.dial_queue, org, campaign.id, now)
        leave = {"pause": pause, "close": close}[action]
        return leave(ports.table, org, campaign.id, now)

    return Request(action, org, work, (campaign.id,))


def change_priority(campaign: KnownCampaign, priority: int) -> Request:
    org = campaign.org.name

    def work(ports: Ports) -> Any:
        patch = CampaignPatch.model_validate({"priority": priority})
        return change_campaign.change(ports.table, ports.dial_queue, org, campaign.id, patch, ports.clock.now_ms())

    return Request("priority", org, work, (campaign.id,))


def change_windows(campaign: KnownCampaign, windows: Mapping[str, Any]) -> Request:
    org = campaign.org.name

    def work(ports: Ports) -> Any:
        patch = ConfigurationPatch.model_validate(windows, strict=False)
        now = ports.clock.now_ms()
        return manage_configurations.change(ports.table, ports.dial_queue, org, campaign.configuration_id, patch, now)

    return Request("windows", org, work, (campaign.configuration_id,))


def set_limit(org: str, limit: int) -> Request:
    def work(ports: Ports) -> Any:
        wanted = ConcurrencyInput(concurrency_limit=limit)
        return manage_concurrency.put(ports.table, ports.dial_queue, ports.limits, org, wanted, ports.clock.now_ms())

    return Request("limit", org, work, (str(limit),))


def list_number(org: str, number: str) -> Request:
    def work(ports: Ports) -> Any:
        for action in do_not_call.adding(org, number, source="api", attempt_id=None, now_ms=ports.clock.now_ms()):
            ports.table.write(action)

    return Request("do-not-call", org, work, (number,))


def delete(org: str, campaign_id: str, reference: str) -> Request:
    def work(ports: Ports) -> Any:
        campaign = find_campaign.find_or_ad_hoc(ports.table, org, campaign_id)
        return manage_contacts.delete(ports.table, campaign, reference, ports.clock.now_ms())

    return Request("delete", org, work, (campaign_id, reference))


def read_stats(campaign: KnownCampaign) -> Request:
    def work(ports: Ports) -> Any:
        found = find_campaign.find(ports.table, campaign.org.name, campaign.id)
        return stats.read(ports.table, found, ports.clock.now_ms())

    return Request("stats", campaign.org.name, work, (campaign.id,))


class Operators:
    """Draws requests."""

    def __init__(self, random: Random, campaigns: Sequence[KnownCampaign], enqueue_ports: EnqueuePorts) -> None:
        self._random = random
        self._campaigns = campaigns
        self._enqueue_ports = enqueue_ports
        self._made = 0

    def opening(self, orgs: Sequence[OrgPlan], arrivals_ms: Sequence[int]) -> list[tuple[int, Request]]:
        """The requests that bring everybody in, each with its time (ms after the start); some come in two parts."""
        found: list[tuple[int, Request]] = []
        for campaign in self._campaigns:
            rows = campaign.plan.rows
            cut = self._random.randint(1, len(rows))
            for part in (rows[:cut], rows[cut:]):
                if part:
                    when = self._random.choice(arrivals_ms)
                    if self._random.random() < 0.7:
                        found.append((when, upsert_rows(campaign.org.name, campaign.id, part)))
                        continue
                    found.append((when, push_rows(campaign, part, enqueue=False)))
                    later = when + self._random.randint(0, 600_000)
                    found.append((later, release(campaign, self._enqueue_ports)))
        for org in orgs:
            if org.ad_hoc:
                when = self._random.randint(0, 120_000)
                found.append((when, upsert_rows(org.name, keys.DEFAULT_CAMPAIGN, org.ad_hoc)))
        return found

    def draw(self) -> list[Request]:
        """The next request, or two at once."""
        random = self._random
        campaign = random.choice(self._campaigns)
        org = campaign.org
        draws: dict[Callable[[], list[Request]], int] = {
            lambda: [change_status(campaign, "pause")]: 4,
            lambda: [change_status(campaign, "start")]: 6,
            lambda: [change_status(campaign, "close")] if random.random() < 0.1 else []: 1,
            lambda: [change_priority(campaign, random.randint(1, 6))]: 2,
            lambda: [change_windows(campaign, self._windows(campaign))]: 2,
            lambda: [set_limit(org.name, random.randint(1, 8))]: 3,
            lambda: [list_number(org.name, random.choice(org.numbers))]: 2,
            lambda: self._new_rows(campaign): 4,
            lambda: self._same_rows(campaign): 4,
            lambda: [delete(org.name, campaign.id, self._name(campaign))]: 2,
            lambda: self._push(campaign): 3,
            lambda: [release(campaign, self._enqueue_ports)] * random.choice((1, 1, 2)): 4,
            lambda: [read_stats(campaign)]: 1,
        }
        [chosen] = random.choices(list(draws), list(draws.values()))
        return chosen()

    def _windows(self, campaign: KnownCampaign) -> dict[str, Any]:
        return setting.windows(self._random, campaign.plan.configuration["default_timezone"])

    def _new_rows(self, campaign: KnownCampaign) -> list[Request]:
        """New contacts, with a name, an id or only an Idempotency-Key; the same request often comes twice at once."""
        random = self._random
        self._made += 1
        zone = random.choice(campaign.plan.zones)
        rows = [
            setting.row(random, campaign.org.numbers, zone, f"new-{self._made}-{n}")
            for n in range(random.randint(1, 3))
        ]
        request_key = None
        if random.random() < 0.4:
            request_key = f"request-{self._made}"
            rows = [{name: value for name, value in one.items() if name != "external_id"} for one in rows]
        request = upsert_rows(campaign.org.name, campaign.id, rows, request_key)
        return [request] * random.choice((1, 1, 2))

    def _push(self, campaign: KnownCampaign) -> list[Request]:
        """People who are there already, held or not, and a new one."""
        random = self._random
        self._made += 1
        zone = random.choice(campaign.plan.zones)
        known = random.sample(list(campaign.plan.rows), min(2, len(campaign.plan.rows)))
        new = setting.row(random, campaign.org.numbers, zone, f"pushed-{self._made}")
        return [push_rows(campaign, [*known, new], enqueue=random.random() < 0.5)] * random.choice((1, 1, 2))

    def _same_rows(self, campaign: KnownCampaign) -> list[Request]:
        """Contacts that are there already, with other numbers, another time, or just the same."""
        random = self._random
        rows = []
        for one in random.sample(list(campaign.plan.rows), min(3, len(campaign.plan.rows))):
            other = setting.row(random, campaign.org.numbers, one.get("timezone"), one["external_id"])
            rows.append(random.choice((one, other)))
        return [upsert_rows(campaign.org.name, campaign.id, rows)] * random.choice((1, 1, 2))

    def _name(self, campaign: KnownCampaign) -> str:
        return str(self._random.choice(campaign.plan.rows)["external_id"])
