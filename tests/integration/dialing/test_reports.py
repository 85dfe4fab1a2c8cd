"""An agent reports from a conversation: at once, after the call, late, and on contacts that are gone (G3, G8, G9)."""

from datetime import UTC, datetime

import pytest

from campanile.domain.campaign import Campaign
from campanile.domain.errors import InvalidFieldsError, NotFoundError
from campanile.domain.lifecycle import Outcome
from campanile.domain.times import instant
from campanile.store import keys
from campanile.store.table import Item
from campanile.telephony.port import Refused
from tests.support.audit import audit, audit_names
from tests.support.dialer import Dialer, number
from tests.support.late_reports import ana, attempts, is_listed
from tests.support.reports import called, codes, in_seconds, report
from tests.support.table import Request
from tests.support.telephony import Post

NIGHT = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "20:00", "end": "21:00"}]


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    return dialer.campaign(retry_delay_seconds=60)


def entry(dialer: Dialer, e164: str) -> Item:
    found = dialer.table.get(keys.do_not_call(dialer.org, e164))
    assert found
    return found


def history(dialer: Dialer, e164: str) -> list[Item]:
    partition = keys.do_not_call(dialer.org, e164)["PK"]
    return list(dialer.table.query("#PK = :pk AND begins_with(#SK, :h)", {":pk": partition, ":h": "H#"}))


# ---------------------------------------------------------------- do not call


@pytest.mark.parametrize("outcome", Outcome)
def test_who_asks_not_to_be_called_is_listed_at_once_and_ends_so_whatever_the_carrier_says(
    dialer: Dialer, campaign: Campaign, outcome: Outcome
) -> None:
    post = called(dialer, campaign, number(1), number(2))
    answer = report(dialer, campaign, post, do_not_call=True, reason="asked twice")
    assert (answer.status, answer.number_listed, answer.callback_at, answer.warnings) == ("in_progress", True, None, [])
    assert (answer.contact_id, answer.attempt_id) == (post.contact_id, post.attempt_id)
    listed = entry(dialer, number(1))
    assert (listed["source"], listed["attempt"], listed["actor"]) == ("conversation", post.attempt_id, "ak_agent")
    assert listed["reason"] == "asked twice"
    assert dialer.end(post, outcome)
    contact = ana(dialer, campaign)
    assert (contact.status, attempts(contact), contact.reported) == ("do_not_call", ["do_not_call"], None)
    assert entry(dialer, number(1)) == listed, "the agent's reason stands"
    assert not is_listed(dialer, number(2))
    dialer.clock.advance(100)
    dialer.run()
    assert len(dialer.posts) == 1


@pytest.mark.parametrize("outcome", ["answered", "no_answer", "invalid_number", "canceled", "callback_requested"])
def test_who_asked_not_to_be_called_is_not_called_again_when_that_is_told_after_the_call(
    dialer: Dialer, campaign: Campaign, outcome: str
) -> None:
    post = called(dialer, campaign)
    dialer.end(post, outcome)
    answer = report(dialer, campaign, post, do_not_call=True)
    assert (answer.status, answer.number_listed, answer.callback_at) == ("do_not_call", True, None)
    contact = ana(dialer, campaign)
    assert (contact.status, attempts(contact)) == ("do_not_call", ["do_not_call"])
    seen = contact
    assert report(dialer, campaign, post, do_not_call=True) == answer
    assert ana(dialer, campaign) == seen
    assert len(history(dialer, number(1))) == 1
    dialer.clock.advance(100)
    dialer.run()
    assert len(dialer.posts) == 1


def test_a_report_on_an_earlier_attempt_lists_its_number_and_ends_a_contact_that_waits(
    dialer: Dialer, campaign: Campaign
) -> None:
    first = called(dialer, campaign, number(1), number(2))
    dialer.end(first, Outcome.BUSY)
    dialer.clock.advance(60)
    dialer.call(Outcome.BUSY)
    answer = report(dialer, campaign, first, do_not_call=True, callback_at=in_seconds(dialer, 60))
    assert (answer.status, codes(answer)) == ("do_not_call", ["do_not_call"])
    assert attempts(ana(dialer, campaign)) == ["do_not_call", "busy"]
    assert is_listed(dialer, number(1))


def test_a_report_on_an_attempt_of_long_ago_lists_its_number_and_keeps_the_notes(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60, retry_attempts=10)
    first = called(dialer, campaign, number(1), number(2))
    dialer.end(first, Outcome.BUSY)
    for _ in range(9):
        dialer.clock.advance(60)
        dialer.call(Outcome.BUSY)
    asked = in_seconds(dialer, 60)
    answer = report(dialer, campaign, first, notes="late", callback_at=asked)
    assert (answer.status, answer.number_listed, codes(answer)) == ("pending", False, ["attempt_superseded"])
    answer = report(dialer, campaign, first, do_not_call=True)
    assert (answer.status, answer.number_listed) == ("do_not_call", True)
    shown = dialer.contact(campaign, "ana")
    assert [one.notes for one in shown.attempts] == ["late", *[None] * 9]
    assert ana(dialer, campaign).status == "do_not_call"
    audit_names(dialer, campaign)


@pytest.mark.parametrize("earlier", [1, 9])
def test_who_asks_not_to_be_called_while_the_next_call_is_locked_is_not_called_on_another_number(
    dialer: Dialer, earlier: int
) -> None:
    """However long ago the call was in which it was said."""
    campaign = dialer.campaign(retry_delay_seconds=60, retry_attempts=10)
    first = called(dialer, campaign, number(1), number(2))
    dialer.end(first, Outcome.BUSY)
    for _ in range(earlier - 1):
        dialer.clock.advance(60)
        dialer.call(Outcome.BUSY)
    dialer.clock.advance(60)
    left = [first]

    def before(request: Request) -> None:
        if left and request.is_gate:
            report(dialer, campaign, left.pop(), do_not_call=True)

    with dialer.interposed(before):
        dialer.run()
    assert (left, len(dialer.posts)) == ([], earlier)
    assert ana(dialer, campaign).status == "do_not_call"


def test_a_request_of_long_ago_ends_the_contact_with_the_call_in_progress(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60, retry_attempts=10)
    first = called(dialer, campaign, number(1), number(2))
    dialer.end(first, Outcome.BUSY)
    for _ in range(8):
        dialer.clock.advance(60)
        dialer.call(Outcome.BUSY)
    dialer.clock.advance(60)
    dialer.run()
    assert report(dialer, campaign, first, do_not_call=True).status == "in_progress"
    dialer.end(dialer.posts[-1], Outcome.BUSY)
    assert ana(dialer, campaign).status == "do_not_call"


def test_a_late_event_of_a_request_not_to_be_called_ends_who_waits_for_a_callback_on_another_number(
    dialer: Dialer, campaign: Campaign
) -> None:
    post = called(dialer, campaign, number(1), number(2))
    report(dialer, campaign, post, callback_at=in_seconds(dialer, 90))
    dialer.end(post, Outcome.UNKNOWN)
    assert ana(dialer, campaign).kind == "C"
    dialer.end(post, Outcome.DO_NOT_CALL)
    assert (ana(dialer, campaign).status, is_listed(dialer, number(1))) == ("do_not_call", True)
    dialer.clock.advance(100)
    dialer.run()
    assert len(dialer.posts) == 1


def test_a_deleted_contacts_number_is_listed_and_nothing_else_can_be_told(dialer: Dialer, campaign: Campaign) -> None:
    post = called(dialer, campaign)
    dialer.end(post, Outcome.ANSWERED)
    dialer.delete(campaign, "ana")
    for told in ({"notes": "hello"}, {"callback_at": in_seconds(dialer, 9)}, {}):
        with pytest.raises(NotFoundError):
            report(dialer, campaign, post, **told)
    answer = report(dialer, campaign, post, contact="ana", do_not_call=True, notes="hello")
    assert (answer.status, answer.number_listed, codes(answer)) == (None, True, ["contact_deleted"])
    assert is_listed(dialer, number(1))
    assert report(dialer, campaign, post, do_not_call=True) == answer
    assert len(history(dialer, number(1))) == 1
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(2)]})
    assert codes(report(dialer, campaign, post, do_not_call=True)) == ["contact_deleted"]
    assert ana(dialer, campaign).status == "pending"
    assert audit(dialer, campaign)[0].attempts == ()


# ---------------------------------------------------------------- callbacks


@pytest.mark.parametrize("when", ["during", "after"])
@pytest.mark.parametrize("outcome", ["answered", "no_answer", "voicemail", "canceled"])
def test_a_callback_is_called_at_its_time_whatever_the_carrier_says(
    dialer: Dialer, campaign: Campaign, when: str, outcome: str
) -> None:
    post = called(dialer, campaign)
    if when == "after":
        dialer.end(post, outcome)
    wanted = in_seconds(dialer, 300)
    answer = report(dialer, campaign, post, callback_at=wanted)
    assert answer.callback_at == datetime.fromisoformat(wanted)
    assert (answer.status, answer.warnings) == ("in_progress" if when == "during" else "pending", [])
    if when == "during":
        dialer.end(post, outcome)
    contact = ana(dialer, campaign)
    assert (contact.status, contact.kind, attempts(contact)) == ("pending", "C", ["callback_requested"])
    assert report(dialer, campaign, post, callback_at=wanted) == answer.model_copy(update={"status": "pending"})
    assert ana(dialer, campaign) == contact
    dialer.serve_hints(299)
    assert len(dialer.posts) == 1
    dialer.serve_hints(3)
    assert len(dialer.posts) == 2
    dialer.end(dialer.posts[-1], Outcome.ANSWERED)
    contact = ana(dialer, campaign)
    assert (contact.status, contact.budget_used, contact.callbacks_used) == ("completed", 1, 1)


def test_a_callback_can_be_moved_and_taken_back_during_the_call_and_while_it_waits(
    dialer: Dialer, campaign: Campaign
) -> None:
    post = called(dialer, campaign)
    report(dialer, campaign, post, callback_at=in_seconds(dialer, 600))
    assert report(dialer, campaign, post, callback_at=None).callback_at is None
    later = report(dialer, campaign, post, callback_at=in_seconds(dialer, 900)).callback_at
    dialer.end(post, Outcome.ANSWERED)
    assert instant(ana(dialer, campaign).due) == later
    sooner = report(dialer, campaign, post, callback_at=in_seconds(dialer, 300)).callback_at
    assert instant(ana(dialer, campaign).due) == sooner
    taken_back = report(dialer, campaign, post, callback_at=None)
    assert (taken_back.status, taken_back.callback_at, taken_back.warnings) == ("completed", None, [])
    assert attempts(ana(dialer, campaign)) == ["answered"]
    assert report(dialer, campaign, post, callback_at=None) == taken_back
    dialer.serve_hints(1_000)
    assert len(dialer.posts) == 1


def test_a_callback_that_the_agent_takes_back_stays_so_when_the_carrier_tells_of_it(
    dialer: Dialer, campaign: Campaign
) -> None:
    post = called(dialer, campaign)
    report(dialer, campaign, post, callback_at=None)
    dialer.end(post, Outcome.CALLBACK_REQUESTED, callback_at_ms=dialer.clock.now_ms() + 9_000)
    assert (ana(dialer, campaign).status, attempts(ana(dialer, campaign))) == ("completed", ["answered"])


def test_a_callback_under_way_is_not_taken_back_nor_one_whose_call_is_over(dialer: Dialer, campaign: Campaign) -> None:
    post = called(dialer, campaign)
    report(dialer, campaign, post, callback_at="2026-01-01T00:00:00Z")  # what is past means as soon as possible
    dialer.end(post, Outcome.ANSWERED)
    dialer.run()
    assert len(dialer.posts) == 2
    for told in (None, in_seconds(dialer, 60)):
        assert codes(report(dialer, campaign, post, callback_at=told)) == ["call_in_progress"]
    dialer.end(dialer.posts[-1], Outcome.NO_ANSWER)
    for told in (None, in_seconds(dialer, 60)):
        assert codes(report(dialer, campaign, post, callback_at=told)) == ["attempt_superseded"]
    assert attempts(ana(dialer, campaign)) == ["callback_requested", "no_answer"]


def test_the_fourth_callback_is_not_granted_and_the_carriers_outcome_decides(
    dialer: Dialer, campaign: Campaign
) -> None:
    called(dialer, campaign)
    for _ in range(3):
        assert report(dialer, campaign, dialer.posts[-1], callback_at=in_seconds(dialer, 10)).warnings == []
        dialer.end(dialer.posts[-1], Outcome.ANSWERED)
        dialer.clock.advance(10)
        dialer.run()
    last = dialer.posts[-1]
    during = report(dialer, campaign, last, callback_at=in_seconds(dialer, 10))
    assert (codes(during), during.callback_at) == (["too_many_callbacks"], None)
    dialer.end(last, Outcome.ANSWERED)
    after = report(dialer, campaign, last, callback_at=in_seconds(dialer, 10))
    assert (codes(after), after.status) == (["too_many_callbacks"], "completed")
    assert ana(dialer, campaign).callbacks_used == 3


def test_a_callback_waits_for_its_window(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    post = called(dialer, campaign)
    dialer.end(post, Outcome.ANSWERED)
    night = dialer.campaign(default_windows=NIGHT, default_timezone="UTC")
    dialer.clock.set("2026-07-01T20:10:00Z")
    dialer.add(night, {"external_id": "ana", "phone_numbers": [number(2)]})
    dialer.run()
    post = dialer.posts[-1]
    report(dialer, night, post, callback_at="2026-07-02T09:00:00Z")
    dialer.end(post, Outcome.ANSWERED)
    assert dialer.contact(night, "ana").next_attempt_at == datetime(2026, 7, 2, 20, tzinfo=UTC)
    before = len(dialer.posts)
    dialer.clock.set("2026-07-02T09:00:01Z")
    dialer.run()
    assert len(dialer.posts) == before
    dialer.clock.set("2026-07-02T20:00:01Z")
    dialer.run()
    assert len(dialer.posts) == before + 1


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Europe/Berlin", "2026-07-02T09:00", "2026-07-02T07:00Z"),
        (None, "2026-07-02T09:00", "2026-07-02T13:00Z"),
        (None, "2027-03-14T02:30:00", "2027-03-14T07:30Z"),  # an hour the clock skips: by the offset before
        (None, "2026-11-01T01:30", "2026-11-01T05:30Z"),  # an hour it has twice: the first
    ],
)
def test_a_time_without_offset_is_one_by_the_contacts_clock(
    dialer: Dialer, campaign: Campaign, zone: str | None, local: str, utc: str
) -> None:
    post = called(dialer, campaign, timezone=zone)
    for _ in ("during", "after"):
        answer = report(dialer, campaign, post, callback_at=local)
        assert answer.callback_at == datetime.fromisoformat(utc)
        dialer.end(post, Outcome.ANSWERED)


@pytest.mark.parametrize("is_over", [False, True])
def test_a_time_that_cannot_be_meant_is_refused_and_nothing_is_kept_of_the_report(
    dialer: Dialer, is_over: bool
) -> None:
    post = called(dialer, dialer.ad_hoc)
    if is_over:
        dialer.end(post, Outcome.ANSWERED)
    seen = ana(dialer, dialer.ad_hoc)
    for told, code in (("2026-07-02T09:00", "no_timezone"), (in_seconds(dialer, 366 * 86_400 + 9), "too_far")):
        with pytest.raises(InvalidFieldsError) as refused:
            report(dialer, dialer.ad_hoc, post, callback_at=told, do_not_call=True, notes="n")
        assert [(one.path, one.code) for one in refused.value.errors] == [("callback_at", code)]
    assert ana(dialer, dialer.ad_hoc) == seen
    assert not is_listed(dialer, number(1))
    assert report(dialer, dialer.ad_hoc, post, callback_at=in_seconds(dialer, 366 * 86_400)).callback_at


def test_a_closed_campaigns_callback_is_noted_and_not_called(dialer: Dialer, campaign: Campaign) -> None:
    post = called(dialer, campaign)
    dialer.change(campaign, "close")
    answer = report(dialer, campaign, post, callback_at=in_seconds(dialer, 9))
    assert (codes(answer), answer.callback_at is None) == (["campaign_closed"], False)
    dialer.end(post, Outcome.ANSWERED)
    assert ana(dialer, dialer.read_campaign(campaign.id)).kind == "C"
    dialer.serve_hints(60)
    assert len(dialer.posts) == 1


def test_a_callback_to_a_number_that_is_listed_meanwhile_is_not_called(dialer: Dialer, campaign: Campaign) -> None:
    post = called(dialer, campaign)
    dialer.end(post, Outcome.ANSWERED)
    report(dialer, campaign, post, callback_at=in_seconds(dialer, 60))
    other = dialer.campaign()
    dialer.add(other, {"external_id": "ben", "phone_numbers": [number(1)]})
    dialer.run()
    assert report(dialer, other, dialer.posts[-1], do_not_call=True).number_listed
    dialer.end(dialer.posts[-1], Outcome.ANSWERED)
    assert report(dialer, campaign, post).number_listed
    dialer.serve_hints(70)
    assert len(dialer.posts) == 2
    assert ana(dialer, campaign).status == "do_not_call"


def test_an_ad_hoc_contact_is_called_back(dialer: Dialer) -> None:
    post = called(dialer, dialer.ad_hoc, timezone="Europe/Berlin")
    dialer.end(post, Outcome.ANSWERED)
    report(dialer, dialer.ad_hoc, post, callback_at=in_seconds(dialer, 20))
    dialer.serve_hints(25)
    assert len(dialer.posts) == 2
    audit(dialer, dialer.ad_hoc)


def test_what_was_told_of_a_call_that_the_provider_denies_is_kept(dialer: Dialer, campaign: Campaign) -> None:
    """The POST is refused although the agent has reported: a provider that does not know what it does."""
    wanted = in_seconds(dialer, 300)

    def refuse(post: Post) -> Refused:
        assert report(dialer, campaign, post, callback_at=wanted, notes="we spoke").status == "in_progress"
        return Refused("busy", 1)

    dialer.telephony.answer = refuse
    called(dialer, campaign)
    contact = ana(dialer, campaign)
    assert (contact.status, contact.kind, attempts(contact)) == ("pending", "C", [])
    assert instant(contact.due) == datetime.fromisoformat(wanted)
    audit_names(dialer, campaign)


# ---------------------------------------------------------------- notes and structured outcomes


def test_notes_and_disposition_are_shown_during_the_call_and_stand_after_it(dialer: Dialer, campaign: Campaign) -> None:
    post = called(dialer, campaign)
    report(dialer, campaign, post, notes="first", disposition={"score": 0.5, "tags": ["a", None]})
    [shown] = dialer.contact(campaign, "ana").attempts
    assert (shown.status, shown.notes, shown.disposition) == (
        "in_progress",
        "first",
        {"score": 0.5, "tags": ["a", None]},
    )
    audit_names(dialer, campaign)
    report(dialer, campaign, post, notes="second")
    dialer.end(post, Outcome.BUSY, notes="the carrier's", disposition='{"by": "carrier"}')
    [shown] = dialer.contact(campaign, "ana").attempts
    assert (shown.notes, shown.disposition) == ("second", {"score": 0.5, "tags": ["a", None]})
    report(dialer, campaign, post, notes=None, disposition={})
    [shown] = dialer.contact(campaign, "ana").attempts
    assert (shown.notes, shown.disposition, shown.outcome) == (None, {}, "busy")
    contact = ana(dialer, campaign)
    assert (contact.status, contact.kind) == ("pending", "R")
    dialer.upsert(campaign, {"external_id": "ana", "data": {"text": "x" * 900}})
    dialer.clock.advance(60)
    dialer.call(Outcome.ANSWERED, notes="the carrier's")
    assert [one.notes for one in dialer.contact(campaign, "ana").attempts] == [None, "the carrier's"]
    audit_names(dialer, campaign)


def test_a_carriers_notes_are_kept_where_the_agent_made_none(dialer: Dialer, campaign: Campaign) -> None:
    post = called(dialer, campaign)
    report(dialer, campaign, post, disposition={"a": 1})
    dialer.end(post, Outcome.ANSWERED, notes="the carrier's", disposition='{"b": 2}')
    [shown] = dialer.contact(campaign, "ana").attempts
    assert (shown.notes, shown.disposition) == ("the carrier's", {"a": 1})
