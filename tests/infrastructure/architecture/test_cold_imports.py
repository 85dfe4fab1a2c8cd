"""Importing does nothing: no clock, environment, file, process or network, in any module and any function."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support.source import PACKAGE, ROOT, functions, package

WATCH = ROOT / "tests" / "support" / "importing.py"


def done_by_importing(folder: Path, names: list[str]) -> list[str]:
    """Import modules below `folder` in a process with an empty environment; answers what they did besides."""
    command = [sys.executable, "-W", "error", str(WATCH), str(folder), *names]
    finished = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return list(json.loads(finished.stdout))


def test_importing_any_module_of_the_package_does_nothing_and_needs_no_environment() -> None:
    names = [f"{PACKAGE}.{name}".rstrip(".") for name in package()]
    assert done_by_importing(ROOT / "layers" / "common", names) == []


def test_importing_any_function_does_nothing_and_needs_no_environment() -> None:
    names = [f"{module.path.parents[1].name}.{name}.app" for name, module in functions().items()]
    assert done_by_importing(ROOT / "functions", names) == []


def test_what_a_module_does_when_imported_is_seen(tmp_path: Path) -> None:
    (tmp_path / "curious.py").write_text(
        "import os, pathlib, socket, time\n"
        "os.environ.get('HOME')\n"
        "time.time()\n"
        "socket.socket().close()\n"
        "pathlib.Path(__file__).with_suffix('.txt').write_text('')\n"
    )
    seen = done_by_importing(tmp_path, ["curious"])
    expected = ["environment HOME", "time.time", "socket.__new__", "open curious.txt"]
    assert seen == [f"curious: {one}" for one in expected]
