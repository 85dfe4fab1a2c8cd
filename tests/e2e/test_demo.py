"""`make demo` as a person or a pipeline starts it: it passes by itself, and Ctrl-C leaves nothing running."""

import json
import signal
import subprocess
from pathlib import Path

from tools.bootstrap import LOCAL, ROOT, python_of

DEMO = [str(python_of("dev")), "-m", "tools.demo"]
STACKS = LOCAL / "stacks"
MINUTES = 60


def test_the_demo_dials_every_contact_and_prints_a_balance_that_holds(tmp_path: Path) -> None:
    picture = tmp_path / "demo.svg"
    finished = subprocess.run(
        [*DEMO, "--json", "--svg", str(picture)],
        cwd=ROOT, capture_output=True, text=True, timeout=6 * MINUTES, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    balance = json.loads(finished.stdout)
    assert (balance["passed"], balance["failures"]) == (True, [])
    assert set(balance["contacts"]) == {"completed", "exhausted", "error", "do_not_call"}
    assert 0 < balance["most_calls_at_once"] <= balance["concurrency_limit"]
    assert balance["attempts"] == balance["carrier_calls"] < balance["carrier_posts"]  # one POST was refused
    assert "\x1b" not in finished.stderr
    assert "waiting until" in finished.stderr
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_ctrl_c_stops_the_demo_and_leaves_no_stack_behind() -> None:
    before = set(STACKS.glob("*/server"))
    with subprocess.Popen(
        DEMO, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "building and deploying" in line:
                break
        demo.send_signal(signal.SIGINT)
        said = demo.stdout.read()
        assert demo.wait(timeout=MINUTES) == 130
    assert "Stopped, and nothing is left running." in said
    assert "Traceback" not in said
    assert set(STACKS.glob("*/server")) <= before
