"""Functions under Lambda's own runtime client (awslambdaric), with this process as the Runtime API that it asks."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from tests.support.source import ROOT

WAIT_SECONDS = 60


@dataclass(frozen=True)
class Result:
    """What the runtime client hands to Lambda for one event."""

    is_error: bool
    raw: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.raw)


def invoke(folder: Path, runtime: str, events: Sequence[object], environment: Mapping[str, str]) -> list[Result]:
    """The results of the `app.handler` in `folder` for some events, one after the other in one process."""
    with _runtime_api(events) as (address, results), _process(folder, runtime, address, environment):
        return [results.get(timeout=WAIT_SECONDS) for _ in events]


@contextmanager
def _process(folder: Path, runtime: str, address: str, environment: Mapping[str, str]) -> Iterator[None]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    paths = [str(folder), str(ROOT / "layers" / "common"), *(path for path in sys.path if path)]
    of_lambda = {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": folder.name,
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "LAMBDA_TASK_ROOT": str(folder),
        "PYTHONPATH": os.pathsep.join(paths),
    }
    command = [sys.executable, "-m", "awslambdaric", "app.handler"]
    process = subprocess.Popen(
        command, cwd=folder, env={**inherited, **of_lambda, **environment}, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def _runtime_api(events: Sequence[object]) -> Iterator[tuple[str, "SimpleQueue[Result]"]]:
    waiting: SimpleQueue[bytes] = SimpleQueue()
    results: SimpleQueue[Result] = SimpleQueue()
    for event in events:
        waiting.put(json.dumps(event).encode())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            event = waiting.get()
            self.send_response(200)
            self.send_header("Lambda-Runtime-Aws-Request-Id", "7d2c9b1e-0f4a-4c3b-9a8d-6e5f4a3b2c1d")
            self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
            self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:f")
            self._end(event)

        def do_POST(self) -> None:
            result = Result(self.path.endswith("/error"), self._body())
            self.send_response(202)
            self._end(b'{"status": "OK"}')
            results.put(result)

        def _body(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _end(self, body: bytes) -> None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the standard library's name
            """A test's output is for its own words."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", results
    finally:
        server.shutdown()
        server.server_close()
