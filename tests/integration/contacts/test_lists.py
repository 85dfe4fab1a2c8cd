"""Lists and stats show every contact exactly once, in order of creation, filtered or not (G6)."""

from random import Random

import pytest

from campanile.contacts import list_contacts
from campanile.contacts.list_contacts import Filter
from campanile.dialing import placing
from campanile.domain.campaign import Campaign
from campanile.domain.errors import NotFoundError
from campanile.domain.lifecycle import Outcome
from campanile.store import keys
from campanile.store.table import Update
from tests.support.audit import audit
from tests.support.dialer import Dialer, number
from tests.support.gateway import Client
from tests.support.table import CountingTable

BLOCK = 7


@pytest.fixture
def campaign(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """Thirty contacts over five counter blocks, in every status and with gaps in the creation numbers."""
    monkeypatch.setattr(keys, "BLOCK_SIZE", BLOCK)
    campaign = dialer.campaign(retry_delay_seconds=3600, retry_attempts=1)
    for start in (0, 10, 20):
        dialer.add_people(campaign, *(number(n) for n in range(start, start + 10)))
        dialer.table.write(_gap(campaign))
    endings = [
        Outcome.ANSWERED,
        Outcome.NO_ANSWER,
        Outcome.BUSY,
        Outcome.VOICEMAIL,
        Outcome.INVALID_NUMBER,
        Outcome.CANCELED,
        Outcome.CALLBACK_REQUESTED,
        Outcome.DO_NOT_CALL,
    ]
    dialer.run()
    for post, outcome in zip(dialer.posts, endings * 2, strict=False):
        dialer.end(post, outcome)
    dialer.clock.advance(1800)
    dialer.run()
    for post in dialer.posts[10:15]:
        dialer.end(post, Outcome.NO_ANSWER)
    dialer.clock.advance(1900)
    dialer.run()
    return dialer.read_campaign(campaign.id)


def _gap(campaign: Campaign) -> Update:
    return Update(keys.counter_sequence(campaign.key), "ADD #next :lost", values={":lost": 3})


def pages(dialer: Dialer, campaign: Campaign, limit: int, **wanted: list[str]) -> list[str]:
    """The ids of all pages together."""
    ids: list[str] = []
    while True:
        page = dialer.page(campaign, limit, len(ids), **wanted)
        assert len(page.contacts) <= limit
        if not page.contacts:
            assert page.total == len(ids)
            return ids
        ids += [contact.id for contact in page.contacts]
        assert page.total >= len(ids)


@pytest.mark.parametrize("limit", [1, 4, BLOCK, 29, 30, 200])
def test_the_pages_together_are_every_contact_in_order_of_creation(
    dialer: Dialer, campaign: Campaign, limit: int
) -> None:
    everyone = audit(dialer, campaign)
    assert pages(dialer, campaign, limit) == [one.id for one in everyone]


def test_every_filter_shows_exactly_the_contacts_in_that_status(dialer: Dialer, campaign: Campaign) -> None:
    everyone = dialer.page(campaign).contacts
    statuses = {contact.status for contact in everyone}
    assert statuses >= {"pending", "in_progress", "completed", "exhausted", "error", "do_not_call"}
    for status in statuses | {"locked", "held"}:
        expected = [contact.id for contact in everyone if contact.status == status]
        assert pages(dialer, campaign, 3, statuses=[status]) == expected


def test_every_pair_of_status_and_outcome_shows_exactly_its_contacts(dialer: Dialer, campaign: Campaign) -> None:
    everyone = dialer.page(campaign).contacts
    outcomes = sorted({str(contact.last_outcome) for contact in everyone if contact.last_outcome})
    for outcome in outcomes:
        expected = [contact.id for contact in everyone if contact.last_outcome == outcome]
        assert pages(dialer, campaign, 2, outcomes=[outcome]) == expected
        for status in ("pending", "in_progress", "completed"):
            both = [contact.id for contact in everyone if (contact.status, contact.last_outcome) == (status, outcome)]
            assert pages(dialer, campaign, 3, statuses=[status], outcomes=[outcome]) == both


def test_several_statuses_are_joined(dialer: Dialer, campaign: Campaign) -> None:
    everyone = dialer.page(campaign).contacts
    for wanted in (["pending", "completed"], ["locked", "in_progress"], ["locked", "error", "pending"]):
        expected = [contact.id for contact in everyone if contact.status in wanted]
        assert pages(dialer, campaign, 4, statuses=wanted) == expected


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_locked_and_in_progress_contacts_are_told_apart(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(keys, "BLOCK_SIZE", BLOCK)
    campaign = dialer.campaign(retry_delay_seconds=60)
    dialer.add_people(campaign, *(number(n) for n in range(20)))
    dialer.limit(4)
    dialer.run()
    for post in dialer.posts[:2]:
        dialer.end(post, Outcome.NO_ANSWER)
    dialer.clock.advance(60)
    dialer.limit(9)
    with monkeypatch.context() as patched:
        patched.setattr(placing, "place", lambda *_: None)
        dialer.run()
    everyone = dialer.page(campaign).contacts
    locked = [contact.id for contact in everyone if contact.status == "locked"]
    in_progress = [contact.id for contact in everyone if contact.status == "in_progress"]
    assert (len(locked), len(in_progress)) == (7, 2)
    assert pages(dialer, campaign, limit, statuses=["locked"]) == locked
    assert dialer.page(campaign, limit, 10**12, statuses=["locked"]).contacts == []
    assert pages(dialer, campaign, limit, statuses=["in_progress"]) == in_progress
    assert pages(dialer, campaign, limit, statuses=["locked", "in_progress"]) == sorted(
        locked + in_progress, key=[contact.id for contact in everyone].index
    )
    assert pages(dialer, campaign, limit, statuses=["pending"]) == [
        contact.id for contact in everyone if contact.status == "pending"
    ]
    shown = dialer.stats(campaign).contacts
    assert (shown.locked, shown.in_progress, shown.total) == (7, 9, 20)


def test_locked_contacts_are_found_by_their_last_outcome(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = dialer.campaign(retry_delay_seconds=60)
    dialer.add_people(campaign, number(1))
    dialer.call(Outcome.NO_ANSWER)
    dialer.clock.advance(60)
    dialer.add_people(campaign, number(2))
    with monkeypatch.context() as patched:
        patched.setattr(placing, "place", lambda *_: None)
        dialer.run()
    page = dialer.page(campaign, statuses=["locked"], outcomes=["no_answer"])
    assert (page.total, [contact.phone_numbers for contact in page.contacts]) == (1, [[number(1)]])


def test_a_page_beyond_the_end_is_empty_and_says_the_total(dialer: Dialer, campaign: Campaign) -> None:
    page = dialer.page(campaign, 10, 1_000_000)
    assert (page.contacts, page.total, page.limit, page.offset) == ([], 30, 10, 1_000_000)


def test_an_empty_campaign_has_an_empty_list_and_zeros(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    assert dialer.page(campaign).total == 0
    stats = dialer.stats(campaign)
    assert set(stats.contacts.model_dump().values()) == {0}
    assert (stats.attempts.total, stats.attempts.average_per_contact, stats.waiting_until) == (0, 0.0, None)


def test_a_page_far_in_reads_no_more_than_the_first(dialer: Dialer, campaign: Campaign, dynamodb: object) -> None:
    figures = []
    for offset in (0, 24):
        counting = CountingTable(dynamodb, dialer.table.name)
        list_contacts.page(counting, campaign, Filter(), 3, offset, dialer.clock.now_ms())
        figures.append(counting.requests.total())
    assert figures[1] <= figures[0] + 1


def test_the_ad_hoc_contacts_are_a_list_of_their_own(dialer: Dialer, campaign: Campaign) -> None:
    [contact_id] = dialer.add_people(dialer.ad_hoc, number(99))
    assert [contact.id for contact in dialer.page(dialer.ad_hoc).contacts] == [contact_id]
    assert dialer.page(campaign).total == 30


def test_a_contact_is_found_by_id_before_external_id(dialer: Dialer) -> None:
    """An external id may look like the id of another contact."""
    campaign = dialer.campaign()
    [first] = dialer.add_people(campaign, number(1))
    [second] = dialer.add_people(campaign, number(2), external_id=first)
    assert dialer.contact(campaign, first).phone_numbers == [number(1)]
    assert dialer.contact(campaign, second).external_id == first
    assert dialer.contact(campaign, second.upper()).id == second


def test_a_contact_of_another_campaign_is_not_found(dialer: Dialer) -> None:
    one, other = dialer.campaign(), dialer.campaign()
    [contact_id] = dialer.add_people(one, number(1))
    with pytest.raises(NotFoundError):
        dialer.contact(other, contact_id)


def test_waiting_contacts_say_when_they_are_called_next(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=90)
    [contact_id] = dialer.add_people(campaign, number(1))
    dialer.call(Outcome.NO_ANSWER)
    next_attempt = dialer.contact(campaign, contact_id).next_attempt_at
    assert next_attempt
    assert next_attempt.timestamp() * 1000 == dialer.clock.now_ms() + 90_000
    dialer.change(campaign, "close")
    assert dialer.contact(dialer.read_campaign(campaign.id), contact_id).next_attempt_at is None


def test_stats_agree_with_a_recount_at_every_step_of_a_busy_campaign(dialer: Dialer) -> None:
    random = Random(5)
    campaign = dialer.campaign(retry_delay_seconds=5)
    dialer.limit(4)
    for step in range(12):
        dialer.add_people(campaign, number(2 * step), number(2 * step + 1))
        dialer.run()
        for post in list(dialer.telephony.live.values())[: random.randint(0, 4)]:
            dialer.end(post, random.choice(list(Outcome)))
        dialer.clock.advance(random.choice([1, 6]))
        audit(dialer, campaign)


def test_a_page_cut_short_gives_the_number_returned_as_its_limit(api: Client) -> None:
    """200 contacts full of quotes are more than a function may return. Who walks by `limit` meets each of them once."""
    campaign = api.campaign()
    path = f"/campaign/campaigns/{campaign}/contacts"
    for first in range(0, 200, 50):
        rows = [
            {"phone_numbers": [number(n)], "data": {"text": '"' * 8_000 + str(n)}} for n in range(first, first + 50)
        ]
        assert api.post(path, {"contacts": rows})["inserted"] == 50
    met: list[str] = []
    pages = []
    while len(met) < 200:
        page = api.get(f"{path}?limit=200&offset={len(met)}")
        assert page["limit"] in (200, len(page["contacts"]))
        pages.append((page["limit"], page["total"]))
        met += [contact["id"] for contact in page["contacts"]]
    assert len(set(met)) == len(met) == 200
    assert pages[0][0] < 200
    assert pages[-1][0] == 200
