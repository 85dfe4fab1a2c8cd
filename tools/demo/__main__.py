"""Watch a campaign being dialed on this machine, from an empty start to the last call: `make demo`.

It starts a stack of its own on a free port, so one that `make up` started is not touched, and stops it at the end.
"""

import csv
import json
import shutil
import signal
import sys
import time
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.console import Console

from campanile.schema.campaign_responses import CampaignResponse
from campanile.schema.concurrency import ConcurrencyResponse
from campanile.schema.configurations import SavedConfigurationResponse
from campanile.schema.contacts import UpsertResponse
from campanile.schema.import_responses import ImportsResponse
from campanile.schema.stats import StatsResponse
from tools.bootstrap import LOCAL, ROOT, folder
from tools.demo.api import Product, RefusedError
from tools.demo.screen import Screen, balance, console_for, moment, save_picture, screen_on, verdict
from tools.demo.summary import (
    Pace,
    Summary,
    View,
    broken_promises,
    closed_until_tomorrow,
    is_over,
    latest,
    show_value,
    summarize,
)
from tools.stack.local_stack import STACK_FILE, UP, Stack, running_stack
from tools.stack.ministack import LocalStackError, MiniStack

SAMPLE = ROOT / "demo"
CONTACTS = SAMPLE / "contacts.csv"
LOG = LOCAL / "demo.log"
NEEDED = ("packages", "ministack", "sam")
TITLE = "Spring renewals"
CONCURRENCY_LIMIT = 8
POLL_SECONDS = 0.5
IMPORT_SECONDS = 60.0
DIALING_SECONDS = 240.0
SHOWN_LATEST = 7

NEXT = """\
What next:
  make up      the same product, left running; `make down` stops it
  field() { python3 -c "import json, sys; print(json.load(open('.local/stack.json'))[sys.argv[1]])" "$1"; }
  curl -H "Authorization: Bearer $(field api_key)" "$(field api_url)/campaign/concurrency-settings"
  README.md    a campaign by curl, deploying to AWS, and where to find everything else"""


@dataclass(frozen=True, slots=True)
class Campaigns:
    """The campaign that is watched, and the one that waits for its calling window."""

    dialed: str
    waiting: str


def prepare(product: Product) -> Campaigns:
    """Create what is to be dialed, all through the API."""
    product.ask(ConcurrencyResponse, "PUT", "/campaign/concurrency-settings", {"concurrency_limit": CONCURRENCY_LIMIT})
    fields = json.loads((SAMPLE / "configuration.json").read_text())
    closed = closed_until_tomorrow(datetime.now(UTC), fields["default_timezone"])
    waiting = _campaign(product, "Tomorrow's reminders", {**fields, "name": "Tomorrow", "default_windows": closed})
    contacts = json.loads((SAMPLE / "waiting_contacts.json").read_text())
    product.ask(UpsertResponse, "POST", f"/campaign/campaigns/{waiting}/contacts", contacts)
    return Campaigns(_campaign(product, TITLE, fields), waiting)


def _campaign(product: Product, name: str, configuration: dict[str, Any]) -> str:
    created = product.ask(SavedConfigurationResponse, "POST", "/campaign/configurations", configuration)
    wanted = {"name": name, "configuration_id": created.id}
    return product.ask(CampaignResponse, "POST", "/campaign/campaigns", wanted).id


def await_import(product: Product, campaign_id: str, rows: int) -> None:
    """Wait until the dropped file is imported; raises RefusedError when a row of it is not, or it takes too long."""
    given_up = time.monotonic() + IMPORT_SECONDS
    while True:
        imports = product.ask(ImportsResponse, "GET", f"/campaign/campaigns/{campaign_id}/imports").imports
        if imports and imports[0].status != "running":
            break
        if time.monotonic() > given_up:
            raise RefusedError(f"the CSV file was dropped, but {IMPORT_SECONDS:.0f} s later it is not imported.")
        time.sleep(POLL_SECONDS)
    report = imports[0]
    if report.counts.inserted != rows:
        words = "; ".join(f"row {one.row}: {one.message}" for one in report.errors[:5])
        raise RefusedError(
            f"{report.counts.inserted} of {rows} rows became contacts ({report.reason or words or report.status})."
        )


def watch(product: Product, campaigns: Campaigns, started: float, screen: Screen) -> View:
    """Show the campaign until it is over, or its time is; answers the moment that makes the best picture."""
    pace, best = Pace(), None
    while True:
        view = _look(product, campaigns, started, pace)
        screen.show(view)
        best = max(best or view, view, key=show_value)
        if is_over(view.campaign) or view.seconds > DIALING_SECONDS:
            return best
        time.sleep(max(0.0, POLL_SECONDS - (time.monotonic() - started - view.seconds)))


def _look(product: Product, campaigns: Campaigns, started: float, pace: Pace) -> View:
    seconds = time.monotonic() - started
    stats = product.ask(StatsResponse, "GET", f"/campaign/campaigns/{campaigns.dialed}/stats")
    pace.note(seconds, stats.attempts.total)
    unfinished = stats.contacts.pending + stats.contacts.in_progress
    return View(
        seconds=seconds,
        campaign=stats,
        waiting=product.ask(StatsResponse, "GET", f"/campaign/campaigns/{campaigns.waiting}/stats"),
        calls_per_second=pace.calls_per_second,
        seconds_left=pace.seconds_left(unfinished),
        latest=latest(product.contacts(campaigns.dialed), SHOWN_LATEST, datetime.now(UTC)),
    )


def run(console: Console, picture: Path | None) -> Summary:
    """The whole demo on a stack of its own; raises LocalStackError or RefusedError when it cannot be shown."""
    say = Words(console)
    if not all(folder(part).is_dir() for part in NEEDED):
        raise LocalStackError("What the demo runs on is not installed yet: start it with `make demo`.")
    if UP.running:
        say(f"the stack of `make up` ({STACK_FILE.relative_to(ROOT)}) goes on undisturbed; this demo has its own")
    say("starting an AWS on this machine (MiniStack) and deploying template.yaml to it")
    with running_stack() as stack:
        passed = False
        try:
            summary = _dial(Product(stack), console, say, picture)
            passed = not broken_promises(summary)
        except KeyboardInterrupt:
            say("stopping")
            raise
        finally:
            if not passed:
                _keep_log(stack)
                say(f"what the functions logged is in {LOG.relative_to(ROOT)}")
    return summary


def _dial(product: Product, console: Console, say: "Words", picture: Path | None) -> Summary:
    """From the first request to the last call."""
    campaigns = prepare(product)
    _look(product, campaigns, time.monotonic(), Pace())  # these functions' slow first start is not to hold up the calls
    started = time.monotonic()
    say(f"dropped {CONTACTS.relative_to(ROOT)} at {product.drop(CONTACTS, campaigns.dialed)}")
    with CONTACTS.open(newline="", encoding="utf-8") as file:
        rows = sum(1 for _ in csv.DictReader(file))
    await_import(product, campaigns.dialed, rows)
    say(f"imported: {rows} contacts; at most {CONCURRENCY_LIMIT} calls at once")
    with screen_on(console, TITLE) as screen:
        best = watch(product, campaigns, started, screen)
    seconds = time.monotonic() - started
    if seconds > DIALING_SECONDS:
        say(f"gave up after {DIALING_SECONDS / 60:.0f} minutes; a run takes about one")
    if picture:
        save_picture(best, TITLE, picture)
        say(f"wrote a picture: {picture}")
    second = product.ask(StatsResponse, "GET", f"/campaign/campaigns/{campaigns.waiting}/stats")
    say(f"the second campaign was not called: waiting until {moment(second.waiting_until)}")
    contacts = product.contacts(campaigns.dialed)
    return summarize(contacts, second, product.carrier_report(), CONCURRENCY_LIMIT, seconds)


def _keep_log(stack: Stack) -> None:
    """Copy the stack's log to where it outlives the stack."""
    for home in (LOCAL / "stacks").glob("*/server"):
        if stack.aws_endpoint_url.endswith(f":{MiniStack(home, home).port}"):
            shutil.copyfile(home.parent / "ministack.log", LOG)


class Words:
    """Tells the person what goes on."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, text: str) -> None:
        self._console.print(f"[demo] {text}", markup=False, soft_wrap=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave the stack half stopped
    raise KeyboardInterrupt


def main(
    svg: Annotated[Path | None, typer.Option(help="Write a picture of the display to this file.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON; all else goes to stderr.")
    ] = False,
) -> None:
    """Watch a campaign being dialed on this machine, from an empty start to the last call.

    Exit code 0 when all went as promised, 1 when not, 130 after Ctrl-C.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    if svg and not svg.absolute().parent.is_dir():
        raise typer.BadParameter(f"{svg.parent} is not a folder", param_hint="--svg")
    console = console_for(sys.stderr if as_json else sys.stdout)
    try:
        with redirect_stdout(sys.stderr if as_json else sys.stdout):
            summary = run(console, svg)
    except (LocalStackError, RefusedError) as failure:
        console.print(f"The demo failed: {failure}", style="bold red", markup=False, soft_wrap=True)
        if as_json:
            print(json.dumps({"failures": [str(failure)], "passed": False}))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        console.print("\nStopped, and nothing is left running.", markup=False)
        raise typer.Exit(130) from None
    console.print(balance(summary))
    console.print(verdict(summary))
    if as_json:
        print(json.dumps(summary.as_json(), indent=2))
    elif not broken_promises(summary):
        console.print(f"\n{NEXT}", markup=False, soft_wrap=True)
    if broken_promises(summary):
        raise typer.Exit(1)


if __name__ == "__main__":
    application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    application.command()(main)
    application(prog_name="python -m tools.demo")
