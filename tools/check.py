"""Lint, formatting, types, lock files and template: everything that is checked without running the product.

    python -m tools.check

All checks run, two at a time; each one that fails prints what it found.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory

from tools.bootstrap import LOCAL, ROOT, folder
from tools.stack import sam
from tools.stack.ministack import isolated_environment

CHECKS: Mapping[str, list[str]] = {
    "template (sam validate)": sam.command("validate", "--lint", "--template-file", "template.yaml"),
    "types (mypy)": [sys.executable, "-m", "mypy"],
    "openapi": [sys.executable, "-m", "tools.openapi", "--check"],
    "lock files (uv)": [sys.executable, "tools/bootstrap.py", "lock-check"],
    "template (cfn-lint)": [str(folder("dev") / "bin" / "cfn-lint"), "template.yaml"],
    "lint (ruff)": [sys.executable, "-m", "ruff", "check", "--quiet", "--output-format", "concise"],
    "format (ruff)": [sys.executable, "-m", "ruff", "format", "--check"],
}


def main() -> int:
    """0 when every check passed, else 1."""
    started = time.monotonic()
    with TemporaryDirectory(dir=LOCAL) as scratch, ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        passed = list(pool.map(lambda name: _check(name, scratch), CHECKS))
    print(f"[check] {sum(passed)} of {len(passed)} passed in {time.monotonic() - started:.0f} s", flush=True)
    return 0 if all(passed) else 1


def _check(name: str, scratch: str) -> bool:
    # uv may need the caller's proxy or mirror; all the others must not know of the caller's AWS account.
    local = isolated_environment(LOCAL) | {"HOME": scratch, "TMPDIR": scratch, "SAM_CLI_TELEMETRY": "0"}
    environment = dict(os.environ) if "uv" in name else local
    finished = subprocess.run(CHECKS[name], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if finished.returncode:
        print(f"[check] {name}: FAILED\n{finished.stdout}{finished.stderr}", flush=True)
    else:
        print(f"[check] {name}: ok", flush=True)
    return finished.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
