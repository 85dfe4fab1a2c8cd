"""The simulated carrier at its own edges: who may use it, what it sends where, what it reports and logs."""

import os
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import boto3
import pytest
import urllib3

from campanile.domain.lifecycle import Outcome
from campanile.simulated_carrier import wiring
from campanile.simulated_carrier.behaviour import plan
from campanile.simulated_carrier.calls import Accepted, Carrier, CarrierSettings, PlaceRequest
from campanile.simulated_carrier.event_queue import EventQueue
from campanile.telephony.port import Ambiguous, Ended, LookUpFailed, Placed
from campanile.telephony.signing import bearer_token
from campanile.telephony.simulated import MAX_IDLE_SECONDS, SimulatedTelephony
from tests.support.simulated_provider import SECRET, SimulatedProvider, answer, deployed, dial, parsed, serve
from tests.support.telephony import query


@pytest.fixture(scope="module")
def deployment() -> Iterator[SimulatedProvider]:
    with deployed() as provider:
        yield provider


@pytest.fixture
def simulated(deployment: SimulatedProvider) -> SimulatedProvider:
    deployment.reset()
    return deployment


def carrier_answers(simulated: SimulatedProvider, token: str, body: object) -> int:
    response = urllib3.request(
        "POST",
        f"{simulated.api_url}/simulated-carrier/calls",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        retries=False,
    )
    assert "+1" not in response.data.decode()
    return response.status


def test_the_carrier_serves_this_platform_only(simulated: SimulatedProvider) -> None:
    assert carrier_answers(simulated, bearer_token("another secret"), {}) == 401
    assert carrier_answers(simulated, bearer_token(SECRET), {"to": "+12125550100"}) == 400
    stranger = SimulatedTelephony(f"{simulated.api_url}/simulated-carrier", "other", 5.0, urllib3.PoolManager())
    assert isinstance(stranger.look_up(query("a")), LookUpFailed)


def test_of_two_posts_of_one_attempt_at_one_moment_one_places_the_call(simulated: SimulatedProvider) -> None:
    records, queue = wiring.records(), EventQueue(boto3.client("sqs"), os.environ["CARRIER_QUEUE_URL"])
    settings = CarrierSettings(call_seconds=0, seed="", hold_seconds=0)
    call = simulated.request("answered")
    request = PlaceRequest(
        attempt_id=call.attempt_id,
        to=call.to,
        callback_url=call.callback_url,
        contact_id=call.contact_id,
        campaign_id=call.campaign_id,
    )
    rival = Carrier(records, queue, settings, lambda: "rival", lambda _: None)

    def id_after_the_rival_has_placed() -> str:
        rival.place(request, 0)
        return "late"

    late = Carrier(records, queue, settings, id_after_the_rival_has_placed, lambda _: None)
    assert late.place(request, 0) == Accepted("rival", "rival", repeated=True)
    simulated.deliver_due_events()
    assert [event.provider_call_id for event in parsed(simulated)] == ["rival", "rival"]
    assert [event.report is None for event in parsed(simulated)].count(False) == 1


def test_a_repeated_post_is_no_further_attempt(simulated: SimulatedProvider) -> None:
    def outcome(number: str, seen_before: int) -> Outcome:
        return plan(number, seen_before, 0, "campanile").outcome

    numbers = (f"+1646555{n:04d}" for n in range(10_000))
    number = next(number for number in numbers if outcome(number, 1) is not outcome(number, 2))
    first, second = (replace(simulated.request("answered"), to=number) for _ in range(2))
    for request in (first, first, second):
        simulated.telephony.place(request)
    ended = simulated.telephony.look_up(query(second.attempt_id))
    assert isinstance(ended, Ended)
    assert ended.report.outcome is outcome(number, 1)


def test_an_attempt_id_used_for_another_number_proves_nothing(simulated: SimulatedProvider) -> None:
    request = simulated.request("answered")
    simulated.telephony.place(request)
    assert isinstance(simulated.telephony.place(replace(request, to="+12125550101")), Ambiguous)


def test_an_event_the_platform_could_not_take_is_sent_again_with_the_same_end(
    simulated: SimulatedProvider,
) -> None:
    simulated.platform_status = 503
    simulated.telephony.place(simulated.request("busy"))
    simulated.deliver_due_events()
    simulated.platform_status = 200
    simulated.deliver_due_events()
    finals = [event.report for event in parsed(simulated) if event.report]
    assert len(finals) == 2
    assert finals[0] == finals[1]
    assert len({headers["webhook-id"] for headers, _ in simulated.events}) == 2


def test_an_event_the_platform_refuses_is_dropped(simulated: SimulatedProvider) -> None:
    simulated.platform_status = 400
    simulated.telephony.place(simulated.request("busy"))
    simulated.deliver_due_events()
    sent = len(simulated.events)
    simulated.deliver_due_events()
    assert len(simulated.events) == sent == 2


@pytest.mark.parametrize("path", ["", "x/carrier-events/simulated", "/../carrier-events", "/%2e%2E/carrier-events"])
def test_events_go_to_the_platform_and_nowhere_else(simulated: SimulatedProvider, path: str) -> None:
    request = replace(simulated.request("answered"), callback_url=simulated.api_url + path)
    assert isinstance(simulated.telephony.place(request), Placed)
    simulated.deliver_due_events()
    assert simulated.paths == ["/prod/simulated-carrier/calls"]


def test_the_carrier_reports_what_it_saw(simulated: SimulatedProvider) -> None:
    refused = simulated.request("refused_first")
    simulated.telephony.place(refused)
    dial(simulated, "refused_first")
    again = simulated.request("busy")
    simulated.telephony.place(again)
    simulated.telephony.place(again)
    report = simulated.report()
    assert (report["calls"], report["posts"], report["refused"]) == (2, 4, 1)
    assert report["calls_by_outcome"] == {"answered": 1, "busy": 1}
    posts = {line["attempt_id"]: (line["posts"], line["refused"]) for line in report["per_attempt"]}
    assert posts[refused.attempt_id] == (1, 1)
    assert posts[again.attempt_id] == (2, 0)


def test_nothing_the_carrier_logs_names_a_number_or_a_token(
    simulated: SimulatedProvider, caplog: pytest.LogCaptureFixture
) -> None:
    request = simulated.request("answered")
    simulated.platform_status = 503
    simulated.telephony.place(request)
    simulated.deliver_due_events()
    simulated.telephony.look_up(query(request.attempt_id))
    logged = "".join(str(vars(record)) for record in caplog.records)
    assert request.attempt_id in logged
    for private in (request.to[1:], "ref=", bearer_token(SECRET), SECRET):
        assert private not in logged


def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    peers: list[int] = []

    def note_peer(request: BaseHTTPRequestHandler) -> None:
        peers.append(request.client_address[1])
        answer(request, 404, "", {})

    server, url = serve(note_peer)
    times = iter([0.0, 0.0, MAX_IDLE_SECONDS, 2 * MAX_IDLE_SECONDS + 1])
    telephony = SimulatedTelephony(url, SECRET, 5.0, urllib3.PoolManager(), clock=times.__next__)
    for _ in range(3):
        telephony.look_up(query("a"))
    server.shutdown()
    server.server_close()
    assert peers[0] == peers[1] != peers[2]
