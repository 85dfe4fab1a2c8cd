"""One MiniStack server (the AWS emulator the local stack runs on): start it, ask for it, stop it.

Each server has a folder of its own with everything it writes. It holds a lock on `<folder>/lock` for as long
as it lives, so that "is it running" never depends on a process id that may have been given to somebody else.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.bootstrap import ROOT, folder, python_of

REGION = "us-east-1"
DEFAULT_PORT = 4566
START_SECONDS = 60.0
STOP_SECONDS = 5.0
# The way to a server of ours, whatever proxy the user has set.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class LocalStackError(Exception):
    """Something about the local stack cannot be done; the message says in words what to do."""


@dataclass(frozen=True)
class MiniStack:
    """A server by its folder; it may be running or not."""

    home: Path
    log: Path

    def start(self, port: int, *, auth: bool = False, detached: bool = False) -> "subprocess.Popen[bytes]":
        """Start on `port` of the loopback interface and wait until it answers, else raise LocalStackError.

        `auth` enforces IAM policies. Unless `detached`, it ends when the returned process's `stdin` closes,
        which the end of this process does too.
        """
        for name in ("tmp", "home"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        keeper = [] if detached else [sys.executable, "-P", str(ROOT / "tools" / "stack" / "keeper.py")]
        with (self.home / "lock").open("w") as lock, self.log.open("wb") as log:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            process = subprocess.Popen(
                [*keeper, str(python_of("ministack")), "-m", "ministack"],
                cwd=self.home,
                env=self._environment(port, auth),
                stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock.fileno()],  # the server inherits the lock; its workers do not
                start_new_session=True,  # Ctrl-C is ours to handle, and the group is what gets killed
            )
        try:
            facts = {"pid": process.pid, "port": port}
            (self.home / "server.json").write_text(json.dumps(facts))
            self._wait_until_healthy(process, port)
        except BaseException:
            self.stop()
            raise
        return process

    def _environment(self, port: int, auth: bool) -> dict[str, str]:
        """Nothing of the caller's but PATH and language: Lambda workers inherit all of it."""
        return isolated_environment(self.home) | {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true" if auth else "false",
            "PYTHONPATH": str(folder("packages")),
            "PYTHONDONTWRITEBYTECODE": "1",  # each worker has its own copy of the code: nobody reads it again
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_WARM_TTL_SECONDS": "86400",
            "DOCKER_HOST": "unix:///nonexistent",  # it clears up containers at start: never the user's
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
        }

    def _wait_until_healthy(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
                raise LocalStackError(f"MiniStack did not start on port {port}. {self.log} ends with:\n{tail}")
            time.sleep(0.05)

    @property
    def running(self) -> bool:
        """Whether the server of this folder is alive."""
        try:
            with (self.home / "lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    @property
    def port(self) -> int:
        """The port it was started on."""
        return int(json.loads((self.home / "server.json").read_text())["port"])

    def stop(self) -> bool:
        """End the server and its workers and remove its folder; False when it was not running."""
        was_running = self.running
        if was_running:
            pid = int(json.loads((self.home / "server.json").read_text())["pid"])
            _signal_group(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while self.running and time.monotonic() < deadline:
                time.sleep(0.02)
            _signal_group(pid, signal.SIGKILL)  # a worker in mid-call outlives its server
        shutil.rmtree(self.home, ignore_errors=True)
        return was_running


def isolated_environment(home: Path) -> dict[str, str]:
    """The environment of every local child: dummy credentials, and no way to the user's AWS accounts."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "TERM") if key in os.environ}
    return kept | {
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "tmp"),
        "TZ": "UTC",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_taken(port: int) -> bool:
    """Whether something listens on `port` of this machine, on either kind of loopback address."""
    try:
        with socket.create_connection(("localhost", port), timeout=1):
            return True
    except OSError:
        pass
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _answers(port: int) -> bool:
    try:
        with DIRECT.open(f"http://127.0.0.1:{port}/_ministack/health", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, number)
