"""What every telephony adapter must do, told through the port.

A provider joins by a fixture that answers a `Provider`, named in the parameters of `provider`.
"""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from campanile.domain.lifecycle import Outcome
from campanile.simulated_carrier.behaviour import Behaviour
from campanile.telephony.errors import InvalidSignatureError, MalformedEventError
from campanile.telephony.port import (
    Ambiguous,
    Ended,
    Live,
    LookUpFailed,
    Misconfigured,
    NotFound,
    Placed,
    Refused,
    Rejected,
)
from tests.support.simulated_provider import (
    Provider,
    SimulatedProvider,
    answer,
    deployed,
    dial,
    outcomes,
    parsed,
    serve,
)
from tests.support.telephony import query


@pytest.fixture(scope="module")
def deployment() -> Iterator[SimulatedProvider]:
    with deployed() as provider:
        yield provider


@pytest.fixture
def simulated(deployment: SimulatedProvider) -> SimulatedProvider:
    deployment.reset()
    return deployment


@pytest.fixture(params=["simulated"])
def provider(request: pytest.FixtureRequest) -> Provider:
    found: Provider = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def scripted() -> Iterator[Callable[..., str]]:
    """Starts servers that answer in one way, given as a status, body and headers or as `respond`."""
    servers: list[ThreadingHTTPServer] = []

    def start(
        status: int = 200,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        respond: Callable[[BaseHTTPRequestHandler], None] | None = None,
    ) -> str:
        server, url = serve(respond or (lambda request: answer(request, status, body, headers or {})))
        servers.append(server)
        return url

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


ORDINARY: list[Behaviour] = [
    "answered",
    "no_answer",
    "busy",
    "failed",
    "voicemail",
    "do_not_call",
    "invalid_number",
]


@pytest.mark.parametrize("behaviour", ORDINARY)
def test_the_final_event_and_the_look_up_tell_the_same(provider: Provider, behaviour: Behaviour) -> None:
    request = provider.request(behaviour)
    placed = provider.telephony.place(request)
    provider.deliver_due_events()
    final = parsed(provider)[-1]
    assert isinstance(placed, Placed)
    assert final.report is not None
    assert final.report.outcome == Outcome(behaviour)
    assert provider.telephony.look_up(query(request.attempt_id, placed.provider_call_id)) == Ended(final.report)


def test_one_who_asks_to_be_called_back_names_the_time_and_answers_then(provider: Provider) -> None:
    assert dial(provider, "callback_first") is Outcome.CALLBACK_REQUESTED
    report = parsed(provider)[-1].report
    assert report is not None
    assert report.callback_at_ms == report.ended_at_ms + 20_000
    assert dial(provider, "callback_first") is Outcome.ANSWERED


def test_one_who_does_not_answer_first_answers_next(provider: Provider) -> None:
    assert [dial(provider, "no_answer_first") for _ in range(3)] == ["no_answer", "answered", "answered"]


def test_an_end_that_is_never_told_is_found_by_look_up(provider: Provider) -> None:
    request = provider.request("silent_end")
    provider.telephony.place(request)
    provider.deliver_due_events()
    assert [event.report for event in parsed(provider)] == [None]
    ended = provider.telephony.look_up(query(request.attempt_id))
    assert isinstance(ended, Ended)
    assert ended.report.outcome is Outcome.ANSWERED


def test_events_that_come_twice_and_out_of_order_are_all_understood(provider: Provider) -> None:
    provider.telephony.place(provider.request("shuffled_events"))
    provider.deliver_due_events()
    reports = [event.report for event in parsed(provider)]
    assert reports[0] is not None
    assert reports == [reports[0], reports[0], None, None]


def test_a_post_that_times_out_is_ambiguous_although_the_call_is_placed(provider: Provider) -> None:
    request = provider.request("held_response")
    assert isinstance(provider.impatient().place(request), Ambiguous)
    provider.settle(request)
    provider.deliver_due_events()
    assert outcomes(provider) == [Outcome.ANSWERED]
    assert isinstance(provider.telephony.look_up(query(request.attempt_id)), Ended)


def test_a_refused_call_is_not_placed_and_the_next_attempt_is(provider: Provider) -> None:
    request = provider.request("refused_first")
    refused = provider.telephony.place(request)
    assert isinstance(refused, Refused)
    assert refused.retry_after_seconds == 1
    assert provider.telephony.look_up(query(request.attempt_id)) == NotFound()
    assert dial(provider, "refused_first") is Outcome.ANSWERED


def test_the_final_event_may_come_before_the_response(provider: Provider) -> None:
    with ThreadPoolExecutor(1) as caller:
        answer_to_come = caller.submit(provider.telephony.place, provider.request("end_before_response"))
        with pytest.raises(TimeoutError):
            answer_to_come.result(timeout=0.2)
        while not provider.events:
            provider.deliver_due_events()
        assert outcomes(provider) == [Outcome.ANSWERED]
        assert isinstance(answer_to_come.result(timeout=10), Placed)


def test_one_attempt_posted_again_is_the_same_call(provider: Provider) -> None:
    request = provider.request("answered")
    first, *others = [provider.telephony.place(request) for _ in range(3)]
    assert isinstance(first, Placed)
    assert others == [first, first]
    provider.deliver_due_events()
    assert outcomes(provider) == [Outcome.ANSWERED]


def test_a_call_is_live_until_it_ends(provider: Provider) -> None:
    provider.let_calls_last(600)
    request = provider.request("answered")
    placed = provider.telephony.place(request)
    assert isinstance(placed, Placed)
    assert provider.telephony.look_up(query(request.attempt_id)) == Live(placed.provider_call_id)


def test_an_attempt_nobody_made_is_not_found(provider: Provider) -> None:
    assert provider.telephony.look_up(query("../never made/")) == NotFound()


def test_a_forged_or_changed_event_is_refused(provider: Provider) -> None:
    dial(provider, "answered")
    headers, body = provider.events[-1]
    for forged in ((headers, body + " "), ({}, body), ({**headers, "webhook-signature": "v1,garbage"}, body)):
        with pytest.raises(InvalidSignatureError):
            provider.telephony.parse_event("", forged[0], forged[1].encode())


@pytest.mark.parametrize("change", [{"call_id": ""}, {"type": "x"}, {"outcome": None}, {"ended_at": "today"}])
def test_a_signed_event_that_makes_no_sense_is_malformed(provider: Provider, change: dict[str, Any]) -> None:
    dial(provider, "answered")
    for body in ("", "[]", json.dumps(json.loads(provider.events[-1][1]) | change)):
        with pytest.raises(MalformedEventError):
            provider.telephony.parse_event("", provider.sign(body), body.encode())


def test_a_carrier_that_cannot_be_reached_has_no_call(provider: Provider) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    nobody = provider.at(f"http://127.0.0.1:{port}")
    assert isinstance(nobody.place(provider.request("answered")), Refused)
    assert isinstance(nobody.look_up(query("a")), LookUpFailed)


@pytest.mark.parametrize("status", [401, 403])
def test_a_provider_that_does_not_know_our_credentials_is_misconfigured(
    provider: Provider, scripted: Callable[..., str], status: int
) -> None:
    assert isinstance(provider.at(scripted(status, "{}")).place(provider.request("answered")), Misconfigured)


def test_a_number_that_does_not_exist_is_rejected_at_the_post(provider: Provider) -> None:
    rejected = provider.telephony.place(replace(provider.request("answered"), to="+2908123"))
    assert isinstance(rejected, Rejected)
    assert rejected.outcome is Outcome.INVALID_NUMBER
    assert provider.events == []


@pytest.mark.parametrize("status", [400, 404, 413, 422])
def test_a_rejected_request_has_no_call(provider: Provider, scripted: Callable[..., str], status: int) -> None:
    refused = provider.at(scripted(status, "{}")).place(provider.request("answered"))
    assert isinstance(refused, Refused)
    assert refused.retry_after_seconds == 60


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), (None, 1), ("soon", 1), ("-5", 1)])
def test_a_busy_carrier_says_when_to_come_back(
    provider: Provider, scripted: Callable[..., str], header: str | None, seconds: float
) -> None:
    url = scripted(429, headers={"Retry-After": header} if header else {})
    refused = provider.at(url).place(provider.request("answered"))
    assert isinstance(refused, Refused)
    assert refused.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, ""),
        (502, ""),
        (503, ""),
        (504, ""),
        (302, ""),
        (408, ""),
        (409, ""),
        (201, "<html>"),
        (201, "{}"),
    ],
)
def test_an_answer_that_proves_nothing_is_ambiguous(
    provider: Provider, scripted: Callable[..., str], status: int, body: str
) -> None:
    telephony = provider.at(scripted(status, body, {"Location": "/elsewhere"}))
    assert isinstance(telephony.place(provider.request("answered")), Ambiguous)


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.shutdown(socket.SHUT_RDWR)
    request.close_connection = True


def hang_up_halfway(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"call_id":"x"}')
    hang_up(request)


@pytest.mark.parametrize("respond", [hang_up, hang_up_halfway])
def test_a_lost_answer_is_ambiguous_and_posted_once(
    provider: Provider, scripted: Callable[..., str], respond: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    posts: list[str] = []

    def count(request: BaseHTTPRequestHandler) -> None:
        posts.append(request.command)
        respond(request)

    telephony = provider.at(scripted(respond=count))
    assert isinstance(telephony.place(provider.request("answered")), Ambiguous)
    assert posts == ["POST"]
    assert isinstance(telephony.look_up(query("a")), LookUpFailed)


@pytest.mark.parametrize(
    ("status", "body"), [(500, ""), (200, "<html>"), (200, "{}"), (404, "no such route"), (403, "")]
)
def test_only_the_carrier_itself_can_say_that_there_is_no_call(
    provider: Provider, scripted: Callable[..., str], status: int, body: str
) -> None:
    assert isinstance(provider.at(scripted(status, body)).look_up(query("a")), LookUpFailed)
