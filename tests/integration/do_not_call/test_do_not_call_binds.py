"""A number on the do-not-call list is not called, whoever brings it and whenever it was listed (G3).

What is listed between LOCK and POST, and by a person in a conversation, is in `test_gate` and `test_protocol`.
"""

from collections.abc import Callable

import pytest

from campanile.contacts import manage_contacts
from campanile.domain.lifecycle import Outcome
from campanile.schema.campaigns import CampaignInput
from campanile.store.table import Table
from tests.support.audit import audit
from tests.support.clock import at
from tests.support.dialer import ALL_DAY, Dialer, number
from tests.support.do_not_call import entry, events, put_on_list, take_off_list
from tests.support.dropping import take
from tests.support.late_reports import is_listed
from tests.support.reports import called, report
from tests.support.table import Request


def by_request(dialer: Dialer, listed: str) -> None:
    put_on_list(dialer, listed)


def by_file(dialer: Dialer, listed: str) -> None:
    done = take(dialer, dialer.bucket.drop("do-not-call", f"phone\n{listed}\n"))
    assert done.counts.inserted == 1


each_way = pytest.mark.parametrize("list_number", [by_request, by_file])
ListNumber = Callable[[Dialer, str], None]


@each_way
def test_a_number_listed_between_lock_and_post_is_not_called(dialer: Dialer, list_number: ListNumber) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    left = [list_number]

    def act(request: Request) -> None:
        if left and request.is_gate:
            left.pop()(dialer, number(1))

    with dialer.interposed(act):
        dialer.run()
    assert (left, dialer.posts) == ([], [])
    contact = dialer.contact(campaign, contact_id)
    assert (contact.status, contact.attempts) == ("do_not_call", [])
    audit(dialer, campaign)


@each_way
def test_a_number_listed_during_its_call_is_not_called_again(dialer: Dialer, list_number: ListNumber) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60)
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.run()
    list_number(dialer, number(1))
    dialer.end(dialer.posts[0], Outcome.NO_ANSWER)
    dialer.serve_hints(300)
    contact = dialer.contact(campaign, contact_id)
    assert (len(dialer.posts), len(contact.attempts), contact.status) == (1, 1, "do_not_call")
    audit(dialer, campaign)


def test_a_listed_number_is_skipped_and_the_contacts_next_one_called(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60)
    [contact_id] = dialer.add(campaign, {"phone_numbers": [number(1), number(2), number(3)]})
    put_on_list(dialer, number(1), number(3))
    dialer.serve_hints(10)
    assert [post.to for post in dialer.posts] == [number(2)]
    dialer.end(dialer.posts[0], Outcome.NO_ANSWER)
    put_on_list(dialer, number(2))
    dialer.serve_hints(600)
    assert [post.to for post in dialer.posts] == [number(2)]
    assert dialer.contact(campaign, contact_id).status == "do_not_call"
    audit(dialer, campaign)


def test_a_contact_of_a_listed_and_an_invalid_number_is_not_to_be_called_whichever_came_first(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60)
    ids = dialer.add(campaign, {"phone_numbers": [number(1), number(2)]}, {"phone_numbers": [number(3), number(1)]})
    put_on_list(dialer, number(1))
    dialer.serve_hints(10)
    assert [post.to for post in dialer.posts] == [number(3), number(2)]
    for post in list(dialer.posts):
        dialer.end(post, Outcome.INVALID_NUMBER)
    dialer.serve_hints(600)
    assert len(dialer.posts) == 2
    assert [dialer.contact(campaign, one).status for one in ids] == ["do_not_call", "do_not_call"]
    audit(dialer, campaign)


def test_it_binds_across_campaigns_ad_hoc_contacts_and_retries(dialer: Dialer) -> None:
    one, other = dialer.campaign(retry_delay_seconds=60), dialer.campaign()
    [waiting] = dialer.add_people(one, number(1))
    dialer.call(Outcome.NO_ANSWER)
    put_on_list(dialer, number(1))
    [later] = dialer.add_people(other, number(1))
    [ad_hoc] = dialer.add_people(dialer.ad_hoc, number(1))
    dialer.serve_hints(300)
    assert len(dialer.posts) == 1
    shown = [dialer.contact(campaign, who).status for campaign, who in ((one, waiting), (other, later))]
    assert [*shown, dialer.contact(dialer.ad_hoc, ad_hoc).status] == ["do_not_call"] * 3


def test_it_outlives_the_contact_that_was_deleted_and_the_campaign_that_was_closed(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.call(Outcome.DO_NOT_CALL)
    manage_contacts.delete(dialer.table, campaign, contact_id, dialer.clock.now_ms())
    dialer.change(campaign, "close")
    dialer.clock.advance(400 * 86_400)
    again = dialer.campaign()
    dialer.add_people(again, number(1))
    dialer.add_people(dialer.ad_hoc, number(1))
    dialer.serve_hints(120)
    assert len(dialer.posts) == 1
    assert dialer.stats(again).contacts.do_not_call == 1


def test_no_call_to_a_listed_number_leaves_more_than_a_second_after_the_answer(dialer: Dialer) -> None:
    """Numbers are listed one after another while a worker sends a call every tenth of a second."""
    campaign = dialer.campaign()
    dialer.limit(10)
    dialer.add_people(campaign, *(number(n) for n in range(10)))
    listed_at: dict[str, int] = {}

    def list_next(_seconds: float) -> None:
        listed = number(9 - len(listed_at))
        put_on_list(dialer, listed)
        listed_at[listed] = dialer.clock.now_ms()

    dialer.clock.on_sleep = list_next
    dialer.run()
    dialer.clock.on_sleep = None
    late = [post for post in dialer.posts if post.at > listed_at.get(post.to, post.at)]
    assert listed_at
    assert late == []
    assert len(dialer.posts) + dialer.stats(campaign).contacts.do_not_call == 10


def test_taking_a_number_off_reopens_nobody_but_binds_no_new_contact(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [ended] = dialer.add_people(campaign, number(1))
    put_on_list(dialer, number(1))
    dialer.run()
    take_off_list(dialer, number(1))
    dialer.upsert(campaign, {"id": ended, "phone_numbers": [number(1)], "data": {"asked": "again"}})
    dialer.serve_hints(300)
    assert (dialer.posts, dialer.contact(campaign, ended).status) == ([], "do_not_call")
    dialer.add_people(dialer.campaign(), number(1))
    dialer.run()
    assert len(dialer.posts) == 1


def test_an_entry_binds_until_its_end_though_nobody_has_dropped_it(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    put_on_list(dialer, number(1), expires_at="2026-07-01T18:00:00Z")
    dialer.clock.set("2026-07-01T17:59:59Z")
    [early] = dialer.add_people(campaign, number(1))
    dialer.run()
    assert (dialer.posts, dialer.contact(campaign, early).status) == ([], "do_not_call")
    dialer.clock.set("2026-07-01T18:00:00Z")
    dialer.add_people(campaign, number(1))
    dialer.run()
    assert len(dialer.posts) == 1
    assert dialer.clock.now_ms() >= at("2026-07-01T18:00:00Z")


def test_another_orgs_list_binds_nobody_here(dialer: Dialer, table: Table) -> None:
    put_on_list(Dialer(table), number(1))
    dialer.add_people(dialer.campaign(), number(1))
    dialer.run()
    assert len(dialer.posts) == 1


def test_no_campaign_may_have_the_name_under_which_files_of_the_list_are_dropped(dialer: Dialer) -> None:
    configuration = dialer.campaign(default_windows=ALL_DAY).configuration_id
    wanted = {"name": "c", "configuration_id": configuration, "external_id": "do-not-call"}
    with pytest.raises(ValueError, match="that name addresses the do-not-call list"):
        CampaignInput.model_validate(wanted)


@pytest.mark.parametrize("told_by_agent", [False, True])
def test_an_event_that_is_delivered_again_does_not_overrule_who_took_the_number_off(
    dialer: Dialer, told_by_agent: bool
) -> None:
    campaign = dialer.campaign()
    post = called(dialer, campaign)
    if told_by_agent:
        report(dialer, campaign, post, do_not_call=True)
    dialer.end(post, Outcome.DO_NOT_CALL)
    dialer.clock.advance(5)
    dialer.end(post, Outcome.DO_NOT_CALL)
    assert events(dialer, number(1)) == ["added"]
    take_off_list(dialer, number(1))
    dialer.clock.advance(5)
    dialer.end(post, Outcome.DO_NOT_CALL)
    assert events(dialer, number(1)) == ["added", "removed"]
    assert not is_listed(dialer, number(1))


def test_what_the_agent_told_of_a_request_stands_when_the_carrier_tells_of_it_too(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    post = called(dialer, campaign)
    report(dialer, campaign, post, do_not_call=True, reason="told the agent")
    dialer.clock.advance(5)
    dialer.end(post, Outcome.DO_NOT_CALL)
    stands = entry(dialer, number(1))
    assert stands
    assert (stands.reason, stands.actor, stands.attempt_id) == ("told the agent", "ak_agent", post.attempt_id)
    assert events(dialer, number(1)) == ["added"]
    assert dialer.contact(campaign, "ana").status == "do_not_call"
