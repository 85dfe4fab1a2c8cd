"""API Gateway's REST front door before an emulator: refuses what AWS refuses, and passes the rest on as it came.

One thing of AWS it cannot do: the emulator decodes a path before the function sees it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import urllib3

from tests.support import front_doors
from tests.support.front_doors import Received, RefusedError, Sent

ANSWER_SECONDS = 29
"""How long API Gateway waits for a function."""
OF_THE_CONNECTION = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


@contextmanager
def before(upstream: str) -> Iterator[str]:
    """Serves the API at `upstream` (its base URL); yields the base URL to call instead."""
    server = _Server(upstream)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.http = urllib3.PoolManager(timeout=ANSWER_SECONDS, retries=False, maxsize=50)

    def pass_on(self, sent: Sent, body: bytes) -> Received:
        if not re.fullmatch(r"/[!-~]*", sent.target):
            raise RefusedError("DEFAULT_4XX", 400, "Bad Request", "BadRequestException")
        front_doors.rest(sent)
        headers = urllib3.HTTPHeaderDict(
            (name, value) for name, value in sent.headers if name.lower() not in {"host", *OF_THE_CONNECTION}
        )
        try:
            got = self.http.request(sent.method, self.upstream + sent.target, body=body or None, headers=headers)
        except urllib3.exceptions.TimeoutError:
            message, error_type = "Endpoint request timed out", "InternalServerErrorException"
            raise RefusedError("INTEGRATION_TIMEOUT", 504, message, error_type) from None
        kept = {name: [value] for name, value in got.headers.items() if name.lower() not in OF_THE_CONNECTION}
        return front_doors.received(
            sent, {"statusCode": got.status, "multiValueHeaders": kept, "body": got.data.decode()}
        )


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def parse_request(self) -> bool:
        """Every method is served by one function."""
        parsed = super().parse_request()
        if parsed:
            setattr(self, f"do_{self.command}", self._serve)
        return parsed

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the standard library's name
        """A test's output is for its own words."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sent = Sent(self.command, self.path, list(self.headers.items()), body.decode(errors="replace") or None)
        try:
            got = self.server.pass_on(sent, body)
        except RefusedError as error:
            got = front_doors.refused(sent, error)
        data = got.text.encode()
        self.send_response(got.status)
        for name, value in got.headers.items():
            self.send_header(name, value)
        if got.status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
