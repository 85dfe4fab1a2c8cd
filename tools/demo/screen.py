"""How the demo looks: a live display on a terminal, plain lines anywhere else, tables and a picture at the end."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol, TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tools.demo.summary import Summary, View, broken_promises, by_number, finished, in_words

WIDTH = 98
BAR = 32
LATEST = 7
SECONDS_BETWEEN_LINES = 3.0
FONTS = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono"
COLORS = {
    "completed": "green",
    "exhausted": "yellow",
    "error": "red",
    "do_not_call": "magenta",
    "in_progress": "cyan",
    "pending": "bright_black",
    "answered": "green",
    "voicemail": "green",
    "callback_requested": "cyan",
    "no_answer": "yellow",
    "busy": "yellow",
    "failed": "red",
    "invalid_number": "red",
}
STATUSES = ("pending", "in_progress", "completed", "exhausted", "error", "do_not_call")


class Screen(Protocol):
    """Where the run is shown."""

    def show(self, view: View) -> None: ...


class PlainLines:
    """One line now and then, without control codes: for logs."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._due = 0.0

    def show(self, view: View) -> None:
        if view.seconds >= self._due:
            print(line(view), file=self._stream, flush=True)
            self._due = view.seconds + SECONDS_BETWEEN_LINES


class LiveDisplay:
    """A display that is drawn anew in place."""

    def __init__(self, live: Live, title: str) -> None:
        self._live = live
        self._title = title

    def show(self, view: View) -> None:
        self._live.update(dashboard(view, self._title, self._live.console.width), refresh=True)


def console_for(stream: TextIO) -> Console:
    """A rich console that sends control codes to a terminal only, whatever FORCE_COLOR says."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # a terminal without UTF-8 gets question marks, not a traceback
    is_terminal = stream.isatty()
    return Console(file=stream, force_terminal=is_terminal, highlight=False, width=None if is_terminal else WIDTH)


@contextmanager
def screen_on(console: Console, title: str) -> Iterator[Screen]:
    """The live display on a terminal that can show it, else plain lines."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield PlainLines(console.file)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield LiveDisplay(live, title)


def line(view: View) -> str:
    """The moment in one line of text."""
    counts = view.campaign.contacts
    left = "" if view.seconds_left is None else f", about {view.seconds_left:.0f} s left"
    by_status = ", ".join(f"{getattr(counts, status)} {status}" for status in STATUSES if getattr(counts, status))
    return (
        f"[demo] {view.seconds:3.0f} s  {counts.total} contacts: {by_status}; "
        f"{view.campaign.active_calls} of {view.campaign.concurrency_limit} calls active, "
        f"{view.campaign.attempts.total} made ({view.calls_per_second:.1f}/s), "
        f"{counts.retry_waiting} retries waiting{left}"
    )


def dashboard(view: View, title: str, width: int = WIDTH) -> RenderableType:
    """The whole display of one moment; fewer than 98 columns get shorter bars and no phone numbers."""
    is_wide = width >= WIDTH
    upper = Table.grid(padding=(0, 3))
    upper.add_row(_statuses(view, BAR if is_wide else BAR // 2), _figures(view))
    body = Group(upper, _latest(view, with_numbers=is_wide), _waiting(view))
    return Panel(body, title=f"[bold]Campanile[/] · {title}", box=box.ROUNDED, border_style="blue", width=WIDTH)


def _statuses(view: View, length: int) -> Table:
    counts = view.campaign.contacts
    table = Table.grid(padding=(0, 1))
    table.add_column(width=12)
    table.add_column(justify="right", width=4)
    table.add_column(width=length)
    for status in STATUSES:
        number: int = getattr(counts, status)
        bar = "━" * -(-number * length // max(1, counts.total))
        color = COLORS[status]
        table.add_row(Text(status.replace("_", " "), color), Text(str(number), "bold"), Text(bar, color))
    return table


def _figures(view: View) -> Table:
    stats = view.campaign
    left = "" if view.seconds_left is None else f", about {_clock(view.seconds_left)} left"
    busy = "●" * stats.active_calls + "○" * max(0, stats.concurrency_limit - stats.active_calls)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bright_black")
    table.add_column(style="bold")
    for name, figure in (
        ("active calls", f"{stats.active_calls} of {stats.concurrency_limit} [cyan]{busy}[/]"),
        ("attempts", f"{stats.attempts.total}"),
        ("calls per second", f"{view.calls_per_second:.1f}"),
        ("retries waiting", f"{stats.contacts.retry_waiting}"),
        ("finished", f"{finished(stats)} of {stats.contacts.total} contacts"),
        ("time", f"{_clock(view.seconds)}{left}"),
    ):
        table.add_row(name, figure)
    return table


def _latest(view: View, with_numbers: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style="bright_black")
    columns = [("ended", 8), ("contact", 18), ("number", 13), ("call", 4), ("outcome", 18), ("and then", None)]
    for header, width in columns:
        if with_numbers or header != "number":
            table.add_column(header, width=width, no_wrap=True)
    for one in view.latest[:LATEST]:
        then = Text(one.then.replace("_", " "), COLORS.get(one.then, "bright_black"))
        outcome = Text(one.outcome.replace("_", " "), COLORS.get(one.outcome, ""))
        number = [one.number] if with_numbers else []
        table.add_row(f"{one.at:%H:%M:%S}", one.name, *number, str(one.attempt_no), outcome, then)
    for _ in range(LATEST - len(view.latest)):  # of one height from the start: the display does not jump
        table.add_row()
    return table


def _waiting(view: View) -> Text:
    stats = view.waiting
    return Text.assemble(
        ("second campaign  ", "bright_black"),
        f"{stats.contacts.pending} contacts ",
        (f"waiting until {moment(stats.waiting_until)}", "yellow"),
        (", when its calling window opens", "bright_black"),
    )


def moment(when: datetime | None) -> str:
    """A time for people: `Mon 23 Nov 14:00 UTC`."""
    return "…" if when is None else f"{when:%a %d %b %H:%M} UTC"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def balance(run: Summary) -> RenderableType:
    """The tables at the end."""
    tables = Table.grid(padding=(0, 3))
    tables.add_row(
        _table("contacts", {one: run.contacts[one] for one in (*STATUSES, "locked") if one in run.contacts}),
        _table("calls by outcome", by_number(run.outcomes)),
        _table(
            "calls",
            {"attempts": run.attempts, "of these retries": run.retries, "of these callbacks": run.callbacks},
        ),
    )
    at_once = f"{run.most_calls_at_once} (limit {run.concurrency_limit})"
    carrier = _table(
        "counted by the carrier from its own record",
        {
            "calls": run.carrier_calls,
            "POSTs (refused and repeated ones too)": run.carrier_posts,
            "most calls at once": at_once,
            "most calls at once to one contact": run.most_calls_at_once_to_one_contact,
            "most calls at once to one number": run.most_calls_at_once_to_one_number,
        },
    )
    return Group(tables, carrier)


def _table(title: str, figures: Mapping[str, int | str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(title)
    table.add_column(justify="right")
    for name, figure in figures.items():
        table.add_row(Text(name.replace("_", " "), COLORS.get(name, "")), str(figure))
    return table


def verdict(run: Summary) -> RenderableType:
    """One line of success, or what failed in words."""
    broken = broken_promises(run)
    if broken:
        return Text("\n".join(["The demo failed:", *(f"  {sentence}" for sentence in broken)]), "bold red")
    reached = f"All {run.total} contacts have a final status after {run.seconds:.0f} s: {in_words(run.contacts)}."
    return Text(reached, "bold green")


def save_picture(view: View, title: str, file: Path) -> None:
    """Write the display of one moment as SVG; it refers to nothing on the network."""
    recorder = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    recorder.print(dashboard(view, title))
    drawn = recorder.export_svg(title="make demo", unique_id="demo")
    drawn = re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL).replace("Fira Code", FONTS)
    file.write_text("\n".join(one.rstrip() for one in drawn.splitlines()) + "\n", encoding="utf-8")
