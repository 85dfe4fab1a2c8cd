"""What the engine makes of each result of a POST, and of calls that were never dialed (G1, G4, G8)."""

import pytest

from campanile.dialing import receive_event, record_outcome
from campanile.dialing.receive_event import EventRequest
from campanile.domain.call import CallEnd
from campanile.domain.lifecycle import Outcome
from campanile.store import provider_accounts
from campanile.store.provider_accounts import PROBE_SECONDS
from campanile.telephony.callback import sign_reference
from campanile.telephony.errors import InvalidSignatureError
from campanile.telephony.port import (
    Ambiguous,
    Capabilities,
    CarrierEvent,
    Ended,
    Misconfigured,
    NotFound,
    Rejected,
)
from campanile.telephony.providers import DEFAULT
from tests.support.audit import audit
from tests.support.dialer import Dialer, number
from tests.support.telephony import SECRET


def undialed(dialer: Dialer) -> CallEnd:
    return CallEnd(Outcome.FAILED, ended_at_ms=dialer.clock.now_ms(), was_dialed=False)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Outcome.INVALID_NUMBER, "error"), (Outcome.DO_NOT_CALL, "do_not_call"), (Outcome.FAILED, "pending")],
)
def test_a_rejected_number_is_the_end_of_its_attempt(dialer: Dialer, outcome: Outcome, status: str) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.telephony.answer = lambda _post: Rejected(outcome, "21211")
    dialer.run()
    contact = dialer.contact(campaign, contact_id)
    assert contact.status == status
    assert [one.outcome for one in contact.attempts] == [outcome]
    assert dialer.held() == []
    audit(dialer, campaign)


def test_after_a_rejected_number_the_next_one_is_called_at_once(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1), number(2)]})
    dialer.telephony.answer = lambda post: Rejected(Outcome.INVALID_NUMBER, "21211") if post.to == number(1) else None
    dialer.run()
    dialer.run()
    assert [post.to for post in dialer.posts] == [number(1), number(2)]


def test_a_misconfigured_account_burns_nobody_and_is_probed_by_one_call(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    people = dialer.add_people(campaign, *(number(n) for n in range(4)))
    dialer.telephony.answer = lambda _post: Misconfigured("no credit")
    dialer.run()
    told = len(dialer.posts)
    assert all(dialer.contact(campaign, one).attempts == [] for one in people)
    assert {dialer.contact(campaign, one).status for one in people} == {"pending"}
    refused = [one for person in people if (one := dialer.contact(campaign, person).last_refusal)]
    assert {one.code for one in refused} == {"provider_misconfigured"}
    dialer.clock.advance(PROBE_SECONDS - 2)
    dialer.run()
    assert len(dialer.posts) == told, "a stopped account is left alone"
    dialer.clock.advance(3)
    dialer.run()
    assert len(dialer.posts) == told + 1, "one call finds out whether it works again"
    dialer.telephony.answer = lambda _post: None
    dialer.clock.advance(PROBE_SECONDS + 2)
    dialer.run()
    dialer.run()
    assert len(dialer.telephony.live) == 4, "and the first that goes through opens the account"
    assert any(fields.get("action") == "account_stopped" for _, fields in dialer.log.lines)
    audit(dialer, campaign)


def test_a_call_that_was_never_dialed_gives_its_attempt_back(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_attempts=0)
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.run()
    [post] = dialer.posts
    dialer.telephony.hang_up(post.attempt_id)
    assert record_outcome.record(dialer.ports, post.reference, undialed(dialer))
    assert not record_outcome.record(dialer.ports, post.reference, undialed(dialer)), "a duplicate changes nothing"
    contact = dialer.contact(campaign, contact_id)
    assert (contact.status, contact.attempts) == ("pending", [])
    assert dialer.stats(campaign).attempts.total == 0
    assert dialer.held() == []
    dialer.clock.advance(31)
    dialer.run()
    assert len(dialer.posts) == 2, "no retry delay was spent, and the budget of one call is whole"
    audit(dialer, campaign)


def test_a_look_up_may_tell_that_a_call_was_never_dialed(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.telephony.answer = lambda _post: Ambiguous("time-out")
    dialer.run()
    dialer.telephony.look_ups[dialer.posts[0].attempt_id] = Ended(undialed(dialer))
    dialer.clock.advance(11)
    dialer.run()
    assert dialer.contact(campaign, contact_id).attempts == []
    assert dialer.held() == []
    audit(dialer, campaign)


def test_absence_is_believed_when_the_provider_would_show_the_call_and_no_sooner(dialer: Dialer) -> None:
    dialer.telephony.capabilities = Capabilities(
        10.0, look_up_by=frozenset({"number_and_time"}), absence_proves_after_seconds=200
    )
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.telephony.answer = lambda _post: Ambiguous("time-out")
    dialer.run()
    dialer.telephony.answer = lambda _post: None
    dialer.clock.advance(199)
    dialer.run()
    assert len(dialer.posts) == 1
    dialer.clock.advance(2)
    dialer.run()
    dialer.run()
    assert len(dialer.posts) == 2


def test_of_a_provider_whose_silence_proves_nothing_the_longest_call_is_waited_for(dialer: Dialer) -> None:
    dialer.telephony.capabilities = Capabilities(10.0, look_up_by=frozenset({"room"}))
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.telephony.answer = lambda _post: Ambiguous("time-out")
    dialer.run()
    dialer.telephony.look_ups[dialer.posts[0].attempt_id] = NotFound()
    dialer.clock.advance(dialer.limits.longest_call - 60)
    dialer.run()
    assert dialer.contact(campaign, contact_id).status == "in_progress"
    dialer.clock.advance(120)
    dialer.run()
    assert [one.outcome for one in dialer.contact(campaign, contact_id).attempts] == ["unknown"]


def test_every_call_says_how_long_it_may_ring_and_last(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.run()
    request = dialer.posts[0].request
    assert (request.ring_timeout_seconds, request.max_call_seconds) == (30, 3_540)
    assert request.max_call_seconds < dialer.limits.longest_call


def test_the_account_names_the_provider_of_its_calls(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    provider_accounts.set_provider(dialer.table, dialer.org, "simulated")
    dialer.run()
    assert dialer.providers == ["simulated"]
    assert [slot.provider for slot in dialer.held()] == ["simulated"]


def test_no_other_provider_may_report_on_a_call(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.run()
    [post] = dialer.posts
    dialer.telephony.events = [CarrierEvent("call", CallEnd(Outcome.ANSWERED, dialer.clock.now_ms()), post.attempt_id)]
    token = sign_reference(post.reference, SECRET)
    with pytest.raises(InvalidSignatureError):
        receive_event.receive(dialer.ports, SECRET, EventRequest("twilio", "", token, {}, b""))
    assert receive_event.receive(dialer.ports, SECRET, EventRequest(DEFAULT, "", token, {}, b"")) == "recorded"


def test_events_that_carry_our_reference_need_no_address_of_their_own_and_a_bad_one_loses_no_other(
    dialer: Dialer,
) -> None:
    campaign = dialer.campaign()
    people = dialer.add_people(campaign, number(1), number(2))
    dialer.run()
    now = dialer.clock.now_ms()
    dialer.telephony.events = [
        CarrierEvent("a stranger's", CallEnd(Outcome.ANSWERED, now), reference_token="forged"),
        *(
            CarrierEvent("ours", CallEnd(Outcome.ANSWERED, now), reference_token=sign_reference(post.reference, SECRET))
            for post in dialer.posts
        ),
    ]
    with pytest.raises(InvalidSignatureError):
        receive_event.receive(dialer.ports, SECRET, EventRequest(DEFAULT, "", "", {}, b""))
    assert {dialer.contact(campaign, one).status for one in people} == {"completed"}
