"""The simulated carrier's real functions over a real HTTP server, as a provider for the contract tests."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import boto3
import pytest
import urllib3
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from campanile.domain.lifecycle import Outcome
from campanile.simulated_carrier import wiring
from campanile.simulated_carrier.behaviour import MAGIC, Behaviour
from campanile.telephony.callback import CallReference, callback_url, read_reference
from campanile.telephony.port import CallRequest, CarrierEvent, Placed, Telephony
from campanile.telephony.providers import DEFAULT
from campanile.telephony.signing import sign_event
from campanile.telephony.simulated import SimulatedTelephony
from functions.simulated_carrier.carrier_deliver import app as carrier_deliver
from functions.simulated_carrier.carrier_look_up import app as carrier_look_up
from functions.simulated_carrier.carrier_place import app as carrier_place
from functions.simulated_carrier.carrier_report import app as carrier_report

SECRET = "the deployment's secret"
PATIENT_SECONDS = 10.0
HELD_SECONDS = 0.6
IMPATIENT_SECONDS = 0.3
RawEvent = tuple[Mapping[str, str], str]


class Provider(Protocol):
    """A provider under test and the part of the platform that its events reach."""

    telephony: Telephony
    events: list[RawEvent]

    def at(self, url: str) -> Telephony:
        """The adapter, pointed at another server."""

    def impatient(self) -> Telephony:
        """The adapter with a POST time-out that is shorter than a response is held."""

    def request(self, behaviour: Behaviour) -> CallRequest:
        """A request for a call that behaves so."""

    def let_calls_last(self, seconds: int) -> None: ...

    def deliver_due_events(self) -> None:
        """Bring every event that is due to the platform once."""

    def settle(self, request: CallRequest) -> None:
        """Wait until the provider is through with a request, although its caller has given up."""

    def sign(self, body: str) -> Mapping[str, str]:
        """The headers with which the provider would send a body."""


def serve(respond: Callable[[BaseHTTPRequestHandler], None]) -> tuple[ThreadingHTTPServer, str]:
    """Serve GET and POST on a port of its own; answers the server and its URL."""

    def method(request: BaseHTTPRequestHandler) -> None:
        respond(request)

    members = {"protocol_version": "HTTP/1.1", "do_GET": method, "do_POST": method, "log_message": _no_log}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (BaseHTTPRequestHandler,), members))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def _no_log(*_: object) -> None:
    """Keep the test's output to itself."""


def answer(request: BaseHTTPRequestHandler, status: int, body: str, headers: Mapping[str, str]) -> None:
    request.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body.encode()))}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body.encode())


class SimulatedProvider:
    """The simulated carrier's real functions behind a gateway of our own, its table and queue on moto."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._person = "nobody"
        self._one_at_a_time = {carrier_place: threading.Lock(), carrier_look_up: threading.Lock()}
        self._handled: set[str | None] = set()
        self._handling = threading.Condition()
        self.events: list[RawEvent] = []
        self.paths: list[str] = []
        self.platform_status = 200
        self._server, self.url = serve(self._respond)
        self.api_url = f"{self.url}/prod"
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="carrier", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
        boto3.client("dynamodb").create_table(
            TableName="carrier",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "PK", "KeyType": "HASH"},
                {"AttributeName": "SK", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
        )
        secret = boto3.client("secretsmanager").create_secret(Name="signing", SecretString=SECRET)
        for name, value in {
            "CARRIER_TABLE": "carrier",
            "CARRIER_QUEUE_URL": self._queue,
            "SECRET_ID": secret["ARN"],
            "API_URL": self.api_url,
        }.items():
            monkeypatch.setenv(name, value)
        self.carrier_url = f"{self.api_url}/simulated-carrier"
        self.telephony: Telephony = self.at(self.carrier_url)

    def reset(self) -> None:
        """Begin anew with people nobody has called yet, who answer at once."""
        self._person = str(uuid4())
        self.platform_status = 200
        self._configure(0, PATIENT_SECONDS)
        self.deliver_due_events()
        self.events.clear()
        self.paths.clear()

    def at(self, url: str) -> Telephony:
        return SimulatedTelephony(url, SECRET, PATIENT_SECONDS, urllib3.PoolManager())

    def impatient(self) -> Telephony:
        self._configure(0, HELD_SECONDS)
        return SimulatedTelephony(self.carrier_url, SECRET, IMPATIENT_SECONDS, urllib3.PoolManager())

    def let_calls_last(self, seconds: int) -> None:
        self._configure(seconds, PATIENT_SECONDS)

    def _configure(self, call_seconds: int, hold_seconds: float) -> None:
        wanted = {"CALL_SECONDS": str(call_seconds), "HOLD_SECONDS": str(hold_seconds)}
        if wanted.items() <= os.environ.items():
            return
        for name, value in wanted.items():
            self._monkeypatch.setenv(name, value)
        for part in (wiring.secret, wiring.records, wiring.carrier, wiring.delivery):
            part.cache_clear()
        wiring.carrier()
        wiring.delivery()

    def request(self, behaviour: Behaviour) -> CallRequest:
        attempt_id = str(uuid4())
        reference = CallReference("org", 1, self._person, self._person, attempt_id)
        return CallRequest(
            attempt_id=attempt_id,
            to=f"+121255501{MAGIC[behaviour][0]:02d}",
            callback_url=callback_url(self.api_url, DEFAULT, reference, SECRET),
            contact_id=self._person,
            campaign_id=self._person,
            caller_id="+12125550000",
            agent_id="agent",
            agent_config={"temperature": Decimal("0.7")},
            custom_metadata={"name": "Ana", "nested": [1, {"a": None}]},
        )

    def deliver_due_events(self) -> None:
        """Be Lambda's poller, until the queue is empty or an event has to be sent again."""
        failed = False
        while not failed and (messages := self._due()):
            failed = bool(self._deliver(messages))

    def _due(self) -> Any:
        return self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages")

    def _deliver(self, messages: Any) -> set[str]:
        records = [{"messageId": message["MessageId"], "body": message["Body"]} for message in messages]
        result = carrier_deliver.handler({"Records": records}, LambdaContext())
        failed = {failure["itemIdentifier"] for failure in result["batchItemFailures"]}
        for message in messages:
            handle = {"QueueUrl": self._queue, "ReceiptHandle": message["ReceiptHandle"]}
            if message["MessageId"] in failed:
                self._sqs.change_message_visibility(**handle, VisibilityTimeout=0)
            else:
                self._sqs.delete_message(**handle)
        return failed

    def settle(self, request: CallRequest) -> None:
        with self._handling:
            assert self._handling.wait_for(lambda: request.attempt_id in self._handled, PATIENT_SECONDS)

    def sign(self, body: str) -> Mapping[str, str]:
        return sign_event(SECRET, "id", datetime.now(UTC), body)

    def report(self) -> Any:
        return carrier_report.handler({"campaign_id": self._person, "since_ms": 0}, LambdaContext())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _respond(self, request: BaseHTTPRequestHandler) -> None:
        """Be API Gateway: hand the request to its function as a proxy event."""
        url = urlsplit(request.path)
        body = request.rfile.read(int(request.headers.get("Content-Length", 0))).decode()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.paths.append(url.path)
        if url.path == "/prod/carrier-events/simulated":
            if read_reference(parse_qs(url.query)["ref"][0], SECRET).contact_id == self._person:
                self.events.append((headers, body))  # others are late events of an earlier test
            return answer(request, self.platform_status, "", {})
        function = carrier_place if request.command == "POST" else carrier_look_up
        event = {
            "httpMethod": request.command,
            "path": url.path.removeprefix("/prod"),
            "headers": headers,
            "body": body,
            "isBase64Encoded": False,
            "requestContext": {"stage": "prod"},
        }
        with self._one_at_a_time[function]:
            result = function.handler(event, LambdaContext())
        with self._handling:
            self._handled.add(headers.get("idempotency-key"))
            self._handling.notify_all()
        flat = {name: values[0] for name, values in result["multiValueHeaders"].items()}
        try:
            answer(request, result["statusCode"], result["body"], flat)
        except (BrokenPipeError, ConnectionResetError):
            request.close_connection = True  # the caller had no patience: what number 97 is about


def parsed(provider: Provider) -> list[CarrierEvent]:
    return [
        event
        for headers, body in provider.events
        for event in provider.telephony.parse_event("", headers, body.encode())
    ]


def outcomes(provider: Provider) -> list[Outcome]:
    return [event.report.outcome for event in parsed(provider) if event.report]


def dial(provider: Provider, behaviour: Behaviour) -> Outcome:
    """Place a call and let its events come; answers the outcome they tell."""
    provider.events.clear()
    placed = provider.telephony.place(provider.request(behaviour))
    assert isinstance(placed, Placed)
    provider.deliver_due_events()
    assert {event.provider_call_id for event in parsed(provider)} == {placed.provider_call_id}
    [outcome] = outcomes(provider)
    return outcome


@contextmanager
def deployed() -> Iterator[SimulatedProvider]:
    """A simulated carrier in an AWS of its own; `reset` it before each test."""
    with pytest.MonkeyPatch.context() as monkeypatch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        provider = SimulatedProvider(monkeypatch)
        try:
            yield provider
        finally:
            provider.close()
