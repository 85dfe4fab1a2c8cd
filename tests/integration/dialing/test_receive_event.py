"""A carrier's events through the function that takes them: verified twice, recorded once, always 200 after that."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3

from campanile.domain.campaign import Campaign
from campanile.domain.times import instant
from campanile.edge.wiring import dialing
from campanile.telephony.callback import sign_reference
from campanile.telephony.signing import sign_event
from campanile.telephony.simulated import SimulatedTelephony
from tests.support.audit import audit
from tests.support.dialer import Dialer, number
from tests.support.gateway import Response, call
from tests.support.telephony import SECRET, Post, ScriptedTelephony


class Carrier(ScriptedTelephony):
    """Places as scripted, and reads events as the real adapter does."""

    parse_event = SimulatedTelephony("http://127.0.0.1:9", SECRET, 1.0, urllib3.PoolManager()).parse_event


@pytest.fixture
def campaign(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """A campaign with one call under way, and the function wired to the test's org."""
    dialer.telephony = Carrier(dialer.clock)
    monkeypatch.setattr(dialing, "ports", lambda: dialer.ports)
    monkeypatch.setattr(dialing, "deployment_secret", lambda: SECRET)
    campaign = dialer.campaign(retry_delay_seconds=60)
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    dialer.run()
    return campaign


def event(dialer: Dialer, post: Post, **fields: Any) -> dict[str, Any]:
    now = instant(dialer.clock.now_ms()).isoformat()
    return {
        "type": "call.ended",
        "call_id": f"call-{post.attempt_id}",
        "attempt_id": post.attempt_id,
        "outcome": "answered",
        "ended_at": now,
        "duration_seconds": 2.5,
        **fields,
    }


def send(
    post: Post, body: dict[str, Any], *, secret: str = SECRET, ref: str | None = None, sent_at: datetime | None = None
) -> Response:
    text = json.dumps(body)
    token = sign_reference(post.reference, SECRET) if ref is None else ref
    headers = sign_event(secret, "message", sent_at or datetime.now(UTC), text)
    return call("POST", f"/carrier-events/simulated?ref={token}", text, headers)


def test_a_signed_final_event_ends_the_call_and_its_repetition_changes_nothing(
    dialer: Dialer, campaign: Campaign
) -> None:
    [post] = dialer.posts
    answer = send(post, event(dialer, post, notes="said hello"))
    assert (answer.status, answer.body) == (200, {"result": "recorded"})
    contact = dialer.contact(campaign, "ana")
    assert (contact.status, contact.attempts[0].notes) == ("completed", "said hello")
    again = send(post, event(dialer, post, outcome="no_answer"))
    assert (again.status, again.body) == (200, {"result": "ignored"})
    assert dialer.contact(campaign, "ana") == contact
    audit(dialer, campaign)


@pytest.mark.parametrize("kind", ["call.ringing", "call.answered"])
def test_progress_changes_nothing(dialer: Dialer, campaign: Campaign, kind: str) -> None:
    [post] = dialer.posts
    assert send(post, event(dialer, post, type=kind)).body == {"result": "progress"}
    assert dialer.contact(campaign, "ana").status == "in_progress"


def test_what_the_carrier_did_not_sign_is_refused(dialer: Dialer, campaign: Campaign) -> None:
    [post] = dialer.posts
    body = event(dialer, post)
    old = datetime.now(UTC) - timedelta(minutes=6)
    for answer in (
        send(post, body, secret="another"),
        send(post, body, sent_at=old),
        send(post, body, ref=""),
        send(post, body, ref="a.b"),
        send(post, body, ref=sign_reference(post.reference, "another")),
        call("POST", f"/carrier-events/simulated?ref={sign_reference(post.reference, SECRET)}", json.dumps(body)),
    ):
        assert answer.status == 401
        assert answer.headers["content-type"] == "application/problem+json"
    assert dialer.contact(campaign, "ana").status == "in_progress"


def test_an_event_of_one_call_sent_to_the_address_of_another_is_refused(dialer: Dialer, campaign: Campaign) -> None:
    dialer.add_people(campaign, number(2))
    dialer.run()
    one, other = dialer.posts
    assert send(one, event(dialer, other)).status == 400
    assert len(dialer.held()) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": None},
        {"outcome": "vanished"},
        {"ended_at": "yesterday"},
        {"ended_at": "2026-07-01T10:00:00"},
        {"duration_seconds": -1},
        {"type": "call.transferred"},
    ],
)
def test_an_event_that_cannot_be_understood_is_refused_and_the_call_goes_on(
    dialer: Dialer, campaign: Campaign, fields: dict[str, Any]
) -> None:
    [post] = dialer.posts
    assert send(post, event(dialer, post, **fields)).status == 400
    assert dialer.contact(campaign, "ana").status == "in_progress"


def test_the_event_of_a_contact_that_is_gone_is_taken_and_dropped(dialer: Dialer, campaign: Campaign) -> None:
    [post] = dialer.posts
    nobody = replace(post.reference, contact_id="00000000-0000-4000-8000-000000000000", attempt_id="gone")
    answer = send(post, event(dialer, post, attempt_id="gone"), ref=sign_reference(nobody, SECRET))
    assert (answer.status, answer.body) == (200, {"result": "ignored"})


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_a_carriers_wrong_clock_moves_no_retry(dialer: Dialer, campaign: Campaign, days: int) -> None:
    """G8: a retry never follows closer than its delay; G4: nor is it lost in another year."""
    [post] = dialer.posts
    wrong = instant(dialer.clock.now_ms() + 86_400_000 * days).isoformat()
    dialer.clock.advance(5)
    assert send(post, event(dialer, post, outcome="no_answer", ended_at=wrong)).status == 200
    dialer.telephony.hang_up(post.attempt_id)
    dialer.clock.advance(50)
    dialer.run()
    assert len(dialer.posts) == 1
    dialer.clock.advance(15)
    dialer.run()
    assert len(dialer.posts) == 2
