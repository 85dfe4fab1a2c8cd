"""How the demo looks: live on a terminal, plain in a log, and as a picture that needs nothing else."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from tests.unit.tools.test_demo_summary import GOOD, NOW, stats
from tools.demo.screen import balance, console_for, dashboard, save_picture, screen_on, verdict
from tools.demo.summary import Ended, View

VIEW = View(
    seconds=31.4,
    campaign=stats(pending=40, in_progress=8, completed=20),
    waiting=stats(pending=3).model_copy(update={"waiting_until": datetime(2026, 7, 2, 13, tzinfo=UTC)}),
    calls_per_second=2.26,
    seconds_left=24.0,
    latest=[Ended(NOW, "Ada Hall", "+12125550180", 1, "callback_requested", "again in 19 s")],
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as captured:
        console.print(dashboard(VIEW, "Renewals", width))
    return captured.get()


def test_a_log_gets_plain_lines_whatever_the_environment_says_of_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    console = console_for(log := io.StringIO())
    with screen_on(console, "Renewals") as screen:
        for second in range(10):
            screen.show(replace(VIEW, seconds=second))
    console.print(balance(GOOD), verdict(GOOD))
    lines = log.getvalue().splitlines()
    assert "\x1b" not in log.getvalue()
    assert [one[:13] for one in lines if one.startswith("[demo]")] == [f"[demo] {n:3} s " for n in (0, 3, 6, 9)]
    assert "68 contacts: 40 pending, 8 in_progress, 20 completed; 8 of 8 calls active" in lines[0]


def test_a_terminal_gets_a_display_drawn_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    with screen_on(console_for(terminal := Terminal()), "Renewals") as screen:
        screen.show(VIEW)
        screen.show(VIEW)
    assert "\x1b[1A" in terminal.getvalue()  # the cursor goes back up
    assert "\x1b[?25h" in terminal.getvalue()  # and is visible again at the end


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with screen_on(console_for(terminal := Terminal()), "Renewals") as screen:
        screen.show(VIEW)
    assert terminal.getvalue().startswith("[demo]  31 s")


def test_a_terminal_without_utf_8_gets_question_marks_instead_of_an_error() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console_for(stream).print("Élodie ━━━")
    assert "?" in stream.buffer.getvalue().decode("ascii")


@pytest.mark.parametrize("width", [80, 98, 200])
def test_the_display_tells_all_figures_in_eighty_columns_and_more(width: int) -> None:
    text = drawn(width)
    assert max(map(len, text.splitlines())) == min(width, 98)
    for figure in ("8 of 8", "2.3", "0:31, about 0:24 left", "20 of 68 contacts", "Ada Hall", "again in 19 s"):
        assert figure in text
    assert "3 contacts waiting until Thu 02 Jul 13:00 UTC" in text
    assert ("+12125550180" in text) == (width >= 98)


def test_the_display_keeps_its_height_while_calls_come_in() -> None:
    empty = replace(VIEW, latest=[])
    console = Console(file=io.StringIO(), width=98)
    heights = {len(console.render_lines(dashboard(one, "Renewals"))) for one in (VIEW, empty)}
    assert len(heights) == 1


def test_the_picture_refers_to_nothing_on_the_network(tmp_path: Path) -> None:
    save_picture(VIEW, "Renewals", tmp_path / "demo.svg")
    picture = (tmp_path / "demo.svg").read_text(encoding="utf-8")
    assert "Ada&#160;Hall" in picture
    assert picture.count("http") == picture.count('xmlns="http') + picture.count("Generated with Rich http")


def test_a_failed_run_says_what_failed() -> None:
    console = Console(file=io.StringIO(), width=98)
    with console.capture() as captured:
        console.print(verdict(replace(GOOD, retries=0, most_calls_at_once=9)))
    assert "The carrier saw 9 calls at once; the limit is 8." in captured.get()
