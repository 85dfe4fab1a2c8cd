"""An agent's reports by the route for them, and by a carrier's events (G3, G9, G12)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3

from campanile.domain.campaign import Campaign
from campanile.domain.errors import NotFoundError
from campanile.domain.times import instant
from campanile.edge.wiring import dialing
from campanile.store import keys
from campanile.telephony.callback import sign_reference
from campanile.telephony.signing import sign_event
from campanile.telephony.simulated import SimulatedTelephony
from tests.support.dialer import Dialer
from tests.support.gateway import Client, call, paths, problem
from tests.support.late_reports import ana
from tests.support.reports import called, in_seconds, report
from tests.support.telephony import SECRET, Post, ScriptedTelephony

HALF = {"notes": "cut within an emoji \ud83d"}


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    return dialer.campaign(retry_delay_seconds=60)


# ---------------------------------------------------------------- over HTTP


@pytest.fixture
def path(edge: Dialer, campaign: Campaign) -> str:
    """The address of a call under way."""
    post = called(edge, campaign)
    return f"/campaign/campaigns/{campaign.id}/contacts/ana/attempts/{post.attempt_id}/report"


def test_an_agents_own_key_reports_and_learns_nothing_of_the_person(
    edge: Dialer, campaign: Campaign, key: Callable[..., Client], path: str
) -> None:
    agent = key(frozenset({"attempts:report"}))
    answer = agent.post(path, {"callback_at": "2030-01-01T10:00", "notes": "n"}, 422)
    assert [one["code"] for one in answer["errors"]] == ["too_far"]
    told = {"callback_at": in_seconds(edge, 60), "notes": "her sister's name is Eve", "disposition": {"ok": True}}
    answer = agent.post(path, told)
    assert set(answer) == {"contact_id", "attempt_id", "status", "number_listed", "callback_at", "warnings"}
    attempt_id = edge.posts[0].attempt_id
    assert agent.post(path.replace(attempt_id, attempt_id.upper()), {})["callback_at"] == answer["callback_at"]
    assert agent("POST", path, {**told, "do_not_call": True}, **{"Idempotency-Key": "k"}).body["number_listed"]
    contact = f"/campaign/campaigns/{campaign.id}/contacts/ana"
    for method, route in (("GET", contact), ("DELETE", contact), ("GET", "/campaign/campaigns")):
        problem(agent(method, route), 403)
    assert "Eve" not in repr(edge.log.lines)


def test_wrong_reports_are_refused_by_name(edge: Dialer, campaign: Campaign, api: Client, path: str) -> None:
    for body, wrong in (
        ({"callback_at": "soon"}, ["callback_at"]),
        ({"notes": "x" * 4_001}, ["notes"]),
        ({"disposition": {"a": "x" * 5_000}}, ["disposition"]),
        ({"outcome": "answered"}, ["outcome"]),
        ({"do_not_call": 1}, ["do_not_call"]),
    ):
        assert paths(api("POST", path, body)) == wrong
    problem(api("POST", path, "{"), 400)
    nobody = path.replace("/ana/", "/nobody/")
    for address in (nobody, path.rpartition("/attempts/")[0] + "/attempts/none/report"):
        problem(api("POST", address, {"do_not_call": True}), 404)
    assert ana(edge, campaign).reported is None


def test_a_call_that_is_only_locked_is_no_attempt_yet(dialer: Dialer, campaign: Campaign) -> None:
    post = called(dialer, campaign)
    slot = keys.slot(dialer.org, dialer.held()[0].n)
    item = dialer.table.get(slot)
    assert item
    dialer.table.client.put_item(
        TableName=dialer.table.name,
        Item={**{name: {"S": value} for name, value in item.items() if isinstance(value, str)}}
        | {name: {"N": str(value)} for name, value in item.items() if isinstance(value, int)}
        | {"phase": {"S": "locked"}},
    )
    with pytest.raises(NotFoundError):
        report(dialer, campaign, post, do_not_call=True)


# ---------------------------------------------------------------- by the carrier's events


class Carrier(ScriptedTelephony):
    """Places as scripted, and reads events as the real adapter does."""

    parse_event = SimulatedTelephony("http://127.0.0.1:9", SECRET, 1.0, urllib3.PoolManager()).parse_event


@pytest.fixture
def hearing(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Sends an event of the carrier about a call; answers what the platform made of it."""
    dialer.telephony = Carrier(dialer.clock)
    monkeypatch.setattr(dialing, "ports", lambda: dialer.ports)
    monkeypatch.setattr(dialing, "deployment_secret", lambda: SECRET)

    def send(post: Post, kind: str, status: int = 200, **fields: Any) -> str:
        body = json.dumps({"type": kind, "call_id": "c", "attempt_id": post.attempt_id, **fields})
        headers = sign_event(SECRET, "message", datetime.now(UTC), body)
        answer = call("POST", f"/carrier-events/simulated?ref={sign_reference(post.reference, SECRET)}", body, headers)
        assert answer.status == status, answer.text
        return str(answer.body.get("result"))

    return send


def test_a_carriers_event_reports_as_the_route_does(
    dialer: Dialer, campaign: Campaign, hearing: Callable[..., str]
) -> None:
    post = called(dialer, campaign, timezone="Europe/Berlin")
    assert hearing(post, "call.report", notes="n", disposition={"a": 1}, callback_at="2026-07-02T09:00") == "recorded"
    [shown] = dialer.contact(campaign, "ana").attempts
    assert (shown.notes, shown.disposition) == ("n", {"a": 1})
    ended = instant(dialer.clock.now_ms()).isoformat()
    assert hearing(post, "call.ended", outcome="answered", ended_at=ended, notes="m") == "recorded"
    contact = ana(dialer, campaign)
    assert (contact.kind, instant(contact.due)) == ("C", datetime(2026, 7, 2, 7, tzinfo=UTC))
    assert hearing(post, "call.report", callback_at=None) == "recorded"
    assert ana(dialer, campaign).status == "completed"
    assert hearing(post, "call.report", do_not_call=True, callback_at="2999-07-02T09:00Z") == "recorded"
    assert ana(dialer, campaign).status == "do_not_call"
    dialer.delete(campaign, "ana")
    assert hearing(post, "call.report", notes="too late") == "ignored"
    assert hearing(post, "call.report", do_not_call=True) == "recorded"
    hearing(post, "call.report", status=400, notes=5)


@pytest.mark.parametrize(
    ("zone", "told", "due"),
    [
        ("Europe/Berlin", "2026-07-02T09:00:00", datetime(2026, 7, 2, 7, tzinfo=UTC)),
        (None, "2026-07-02T09:00:00", datetime(2026, 7, 2, 13, tzinfo=UTC)),
        (None, "2026-07-02T09:00:00Z", datetime(2026, 7, 2, 9, tzinfo=UTC)),
    ],
)
def test_a_final_event_tells_a_callback_by_the_contacts_clock_and_a_structured_outcome(
    dialer: Dialer, campaign: Campaign, hearing: Callable[..., str], zone: str | None, told: str, due: datetime
) -> None:
    post = called(dialer, campaign, timezone=zone)
    ended = instant(dialer.clock.now_ms()).isoformat()
    fields = {"outcome": "callback_requested", "ended_at": ended, "callback_at": told}
    assert hearing(post, "call.ended", **fields, disposition={"mood": "good"}) == "recorded"
    contact = ana(dialer, campaign)
    assert (contact.kind, instant(contact.due)) == ("C", due)
    assert dialer.contact(campaign, "ana").attempts[0].disposition == {"mood": "good"}


@pytest.mark.parametrize("disposition", [{"a": "x" * 5_000}, ["no object"], "text"])
def test_a_structured_outcome_that_cannot_be_kept_does_not_keep_the_call_from_ending(
    dialer: Dialer, hearing: Callable[..., str], disposition: object
) -> None:
    """Nor does a local time where no clock is known: the callback follows after its usual delay."""
    post = called(dialer, dialer.ad_hoc)
    now = dialer.clock.now_ms()
    fields = {"outcome": "callback_requested", "ended_at": instant(now).isoformat(), "callback_at": "2026-07-02T09:00"}
    assert hearing(post, "call.report", callback_at="2026-07-02T09:00", notes="kept") == "recorded"
    assert hearing(post, "call.ended", **fields, disposition=disposition) == "recorded"
    contact = ana(dialer, dialer.ad_hoc)
    assert (contact.kind, contact.due) == ("C", now + 3_600_000)
    [shown] = dialer.contact(dialer.ad_hoc, "ana").attempts
    assert (shown.disposition, shown.notes) == (None, "kept")


@pytest.mark.parametrize(
    "beside",
    [
        {"notes": "x" * 4_001},
        {"notes": 5},
        {"disposition": ["no object"]},
        {"callback_at": "tomorrow"},
        {"reason": ""},
        HALF,
    ],
)
def test_a_request_not_to_be_called_is_heard_whatever_stands_beside_it(
    dialer: Dialer, campaign: Campaign, hearing: Callable[..., str], beside: dict[str, object]
) -> None:
    post = called(dialer, campaign)
    assert hearing(post, "call.report", do_not_call=True, **beside) == "recorded"
    told = ana(dialer, campaign).reported
    assert told
    assert told.do_not_call


@pytest.mark.parametrize(
    "beside",
    [
        {"callback_at": "tomorrow"},
        {"notes": {"a": 1}},
        {"disposition": {"cut": "\ud83d"}},
        {"conversation_id": 5},
        {"conversation_id": "x" * 500_000},
        HALF,
    ],
)
def test_a_remark_that_cannot_be_understood_does_not_keep_the_call_from_ending(
    dialer: Dialer, campaign: Campaign, hearing: Callable[..., str], beside: dict[str, object]
) -> None:
    post = called(dialer, campaign)
    ended = instant(dialer.clock.now_ms()).isoformat()
    assert hearing(post, "call.ended", outcome="do_not_call", ended_at=ended, **beside) == "recorded"
    assert ana(dialer, campaign).status == "do_not_call"


def test_a_note_that_was_cut_within_a_character_is_kept_with_a_question_mark_for_it(
    dialer: Dialer, campaign: Campaign, hearing: Callable[..., str]
) -> None:
    post = called(dialer, campaign)
    assert hearing(post, "call.report", **HALF, disposition={"mood \ud83d": "good"}) == "recorded"
    [shown] = dialer.contact(campaign, "ana").attempts
    assert (shown.notes, shown.disposition) == ("cut within an emoji ?", {"mood ?": "good"})
