"""Schemathesis against a deployed stack: requests made up from the OpenAPI document, every response checked against it.

    python -m tools.fuzz                          30 minutes, against a stack of its own
    python -m tools.fuzz --minutes 5 --seed 7

Ends with the number of requests and each finding once, with a request to repeat it by; exit code 1 if there are any.
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import schemathesis
from schemathesis.engine import events, from_schema
from schemathesis.openapi.checks import JsonSchemaError

from campanile.schema.agents import AgentResponse
from campanile.schema.campaign_responses import CampaignResponse
from campanile.schema.configurations import SavedConfigurationResponse
from campanile.schema.contacts import ContactResponse, ContactsResponse
from tools.bootstrap import ROOT
from tools.demo.api import Product
from tools.stack.local_stack import Stack, running_stack

DOCUMENT = ROOT / "layers" / "common" / "campanile" / "edge" / "openapi.json"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
KNOWN_IDS = 0.8
"""The share of path parameters that name something that exists."""
ALL_DAY = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "23:59"}]
ENDINGS = range(5, 100, 5)
"""Last two digits of numbers by which the simulated carrier behaves in all its ways."""
TO_BE_CLOSED = "fuzz-4"
TELL_EVERY_SECONDS = 30
ATTEMPT_SECONDS = 60


@dataclass(frozen=True)
class Finding:
    """A response that differs from the document; `request` repeats it. Two of one `place` are the same finding."""

    operation: str
    check: str
    place: str
    says: str
    request: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.check}: {self.says}\n  {self.request}"


@dataclass
class Report:
    """What a run sent and found."""

    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    found: dict[tuple[str, str, str], Finding] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return self.statuses.total()

    @property
    def findings(self) -> list[Finding]:
        return list(self.found.values())

    def add(self, finding: Finding) -> None:
        """Keep the first of findings that differ only in their request or in the value found."""
        self.found.setdefault((finding.operation, finding.check, finding.place), finding)

    def __str__(self) -> str:
        answered = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return f"{self.requests} requests ({answered}), {len(self.found)} findings"


def run(stack: Stack, settings: Mapping[str, Any], tell: Callable[[str], None] = print) -> Report:
    """Send requests as the stack's second org; `settings` are Schemathesis' own (seed, max-time, phases, …)."""
    stack = replace(stack, api_key=stack.second_org_api_key)
    config = schemathesis.Config.from_dict(
        {
            "base-url": stack.api_url,
            "headers": {"Authorization": f"Bearer {stack.api_key}"},
            "request-timeout": 60,
            "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
            **_known(Product(stack)),
            **settings,
        }
    )
    schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text(encoding="utf-8")), config=config)
    report, told = Report(), time.monotonic()

    @schema.hook
    def after_call(_: schemathesis.HookContext, case: schemathesis.Case[Any], response: schemathesis.Response) -> None:
        report.statuses[response.status_code] += 1
        report.operations.add(case.operation.label)

    for event in from_schema(schema).execute():
        for finding in _findings(event):
            report.add(finding)
        if time.monotonic() - told > TELL_EVERY_SECONDS:
            told = time.monotonic()
            tell(str(report))
    tell(str(report))
    return report


def _known(product: Product) -> dict[str, Any]:
    """Campaigns that call people, as values of path parameters: a path that names nothing always gets 404."""
    fields = {"name": "Fuzz", "default_windows": ALL_DAY, "retry_delay_seconds": 1}
    configurations = [
        product.ask(SavedConfigurationResponse, "POST", "/campaign/configurations", fields).id for _ in range(3)
    ]
    people = [
        {"external_id": f"lead-{ending:02}", "phone_numbers": [f"+141555501{ending:02}"], "data": {"plan": "pro"}}
        for ending in ENDINGS
    ]
    campaigns, contacts = ["default"], [person["external_id"] for person in people]
    for name in ("fuzz-1", "fuzz-2", "fuzz-3", TO_BE_CLOSED):
        wanted = {"name": "Fuzz", "configuration_id": configurations[0], "external_id": name, "contacts": people}
        campaign = product.ask(CampaignResponse, "POST", "/campaign/campaigns", wanted).id
        listed = product.ask(ContactsResponse, "GET", f"/campaign/campaigns/{campaign}/contacts?limit=5")
        campaigns += [campaign, name]
        contacts += [contact.id for contact in listed.contacts]
    agents = [product.ask(AgentResponse, "POST", "/campaign/agents", {"name": "Fuzz"}).id for _ in range(3)]
    called = _called(product, "fuzz-1")
    known = {
        "campaigns": campaigns,
        "contacts": contacts,
        "configurations": configurations,
        "agents": agents,
        "closed": [TO_BE_CLOSED],
        "campaign called": ["fuzz-1"],
        "contact called": [called.id],
        "attempts": [one.id for one in called.attempts],
    }
    return {
        "dictionaries": {name: {"values": values} for name, values in known.items()},
        "parameters": {
            "path.campaign_id": _often("campaigns"),
            "path.contact_id": _often("contacts"),
            "path.config_id": _often("configurations"),
            "path.agent_id": _often("agents"),
            "path.attempt_id": _often("attempts"),
        },
        "operations": [
            {"include-operation-id": "close_campaign", "parameters": {"path.campaign_id": _often("closed")}},
            {
                "include-operation-id": "report_attempt",
                "parameters": {
                    "path.campaign_id": _often("campaign called"),
                    "path.contact_id": _often("contact called"),
                },
            },
        ],
    }


def _called(product: Product, campaign: str) -> ContactResponse:
    """A contact that was called: a report on an attempt needs one."""
    until = time.monotonic() + ATTEMPT_SECONDS
    while time.monotonic() < until:
        for contact in product.contacts(campaign):
            if contact.attempts:
                return contact
        time.sleep(1)
    raise TimeoutError(f"nobody of {campaign} was called within {ATTEMPT_SECONDS} s")


def _often(dictionary: str) -> dict[str, Any]:
    return {"dictionary": dictionary, "probability": KNOWN_IDS}


def _findings(event: events.EngineEvent) -> Iterator[Finding]:
    if isinstance(event, events.ScenarioFinished):
        for check in (one for checks in event.recorder.checks.values() for one in checks):
            if info := check.failure_info:
                failure = info.failure
                operation = failure.operation or event.recorder.label
                says = f"{failure.title}: {failure.message.strip().partition(chr(10) * 2)[0]}"
                place = "/".join(map(str, failure.schema_path)) if isinstance(failure, JsonSchemaError) else says
                yield Finding(operation, check.name, place, says, info.code_sample)
    elif isinstance(event, events.NonFatalError):
        yield Finding(event.label, "error", repr(event.value), repr(event.value), "")
    elif isinstance(event, events.FatalError):
        raise event.exception


def main(arguments: list[str]) -> int:
    """Exit code 0, 1 when something was found, 130 when interrupted."""
    parser = ArgumentParser(prog="python -m tools.fuzz", description="Schemathesis against a stack of its own")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    wanted = parser.parse_args(arguments)
    settings = {"seed": wanted.seed, "max-time": round(wanted.minutes * 60), "continue-on-failure": True}
    try:
        with running_stack(auth=True) as stack:
            print(f"[fuzz] seed {wanted.seed}, {wanted.minutes:g} minutes", flush=True)
            report = run(stack, settings, lambda text: print(f"[fuzz] {text}", flush=True))
    except KeyboardInterrupt:
        return 130
    for finding in report.findings:
        print(f"\n{finding}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
