"""Held contacts, and how they come to be called: released by their campaign, or pushed again with `enqueue`."""

import pytest

from campanile.adapters.work_queue import EnqueueOrder
from campanile.contacts import check_rows, enqueue_held, upsert
from campanile.contacts.rows import ContactRow
from campanile.domain.lifecycle import ContactStatus
from campanile.schema.contacts import ContactInput
from campanile.store import counters, keys
from tests.support.audit import audit
from tests.support.dialer import Dialer, number
from tests.support.gateway import Client
from tests.support.table import Request
from tests.support.threads import together


class DiedError(BaseException):
    """The process is gone."""


PEOPLE = [number(n) for n in range(5)]


def statuses(dialer: Dialer, campaign_id: str) -> list[str]:
    return [one.status for one in dialer.page(dialer.read_campaign(campaign_id)).contacts]


def test_what_is_held_is_called_once_it_is_released_and_not_before(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign(external_id="spring")
    edge.hold(campaign, *PEOPLE)
    assert edge.run() == 0
    assert edge.stats(campaign).contacts.model_dump(include={"total", "pending", "held"}) == {
        "total": 5,
        "pending": 5,
        "held": 5,
    }
    answer = api.post("/campaign/campaigns/spring/release", None)
    assert answer == {"status": "completed", "released": 5, "held": 0}
    assert [hint.cause for hint in edge.queue.take()][:1] == ["contacts_added"]
    assert edge.run() == 5
    assert [post.request.to for post in edge.posts] == PEOPLE
    assert api.post("/campaign/campaigns/spring/release", None) == {"status": "completed", "released": 0, "held": 0}
    audit(edge, campaign)


def test_a_held_contact_is_in_lists_and_may_be_changed_and_deleted(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    first, second, *_ = dialer.hold(campaign, *PEOPLE)
    dialer.upsert(campaign, {"id": first, "data": {"name": "Ada"}, "scheduled_at": "2999-01-01T00:00:00Z"})
    dialer.delete(campaign, second)
    held = dialer.page(campaign, statuses=["held"])
    assert held.total == 4
    assert [(one.status, one.next_attempt_at) for one in held.contacts] == [("held", None)] * 4
    assert held.contacts[0].data == {"name": "Ada"}
    enqueue_held.enqueue(dialer.enqueue_ports, dialer.org, campaign.id)
    assert dialer.run() == 3, "the one that is scheduled waits for its time"
    audit(dialer, campaign)


def test_a_release_leaves_contacts_as_they_are_also_large_ones(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    ids = dialer.hold(campaign, *PEOPLE[:2])
    large = {"id": ids[0], "data": {"plan": "x" * 1_000}, "agent_id": "own"}
    dialer.upsert(campaign, large, {"id": ids[1], "data": {"plan": "y"}, "agent_id": "own"})
    enqueue_held.enqueue(dialer.enqueue_ports, dialer.org, campaign.id)
    dialer.run()
    told = [(post.request.agent_id, post.request.custom_metadata["plan"]) for post in dialer.posts]
    assert told == [("own", "x" * 1_000), ("own", "y")]


def test_a_push_with_enqueue_releases_its_own_contacts_and_no_others(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.hold(campaign, *PEOPLE)
    dialer.hold(campaign, PEOPLE[3], number(9), PEOPLE[1], enqueues=True)
    assert statuses(dialer, campaign.id) == ["held", "pending", "held", "pending", "held", "pending"]
    assert dialer.run() == 3
    audit(dialer, campaign)


def test_an_upsert_lets_a_held_contact_be_held(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [held] = dialer.hold(campaign, PEOPLE[0])
    dialer.upsert(campaign, {"id": held, "phone_numbers": [number(50)]})
    assert dialer.stored(campaign, held).status is ContactStatus.HELD


def test_a_contact_that_starts_as_do_not_call_is_counted_and_never_called(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [row] = check_rows.validate([ContactInput(phone_numbers=[PEOPLE[0]])], "+1")
    now = dialer.clock.now_ms()
    listed = ContactRow(row.place, row.fields, row.numbers, insert_as=ContactStatus.DO_NOT_CALL)
    upsert.store(dialer.table, dialer.queue, campaign, [listed], now, now)
    assert dialer.stats(campaign).contacts.do_not_call == 1
    assert dialer.run() == 0
    audit(dialer, campaign)


def test_a_paused_campaign_releases_and_calls_when_it_goes_on(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.hold(campaign, *PEOPLE)
    dialer.change(campaign, "pause")
    enqueue_held.enqueue(dialer.enqueue_ports, dialer.org, campaign.id)
    assert dialer.run() == 0
    dialer.change(campaign, "start")
    assert dialer.run() == 5


def test_a_closed_campaign_releases_nobody(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign()
    edge.hold(campaign, *PEOPLE)
    edge.change(campaign, "close")
    answer = api.post(f"/campaign/campaigns/{campaign.id}/release", None, 400)
    assert "closed" in answer["detail"]
    assert (
        enqueue_held.continue_enqueuing(edge.enqueue_ports, EnqueueOrder(edge.org, campaign.id, 5), lambda: True) == 0
    )
    assert statuses(edge, campaign.id) == ["held"] * 5


def test_what_takes_too_long_is_gone_on_with_by_a_worker_and_later_contacts_stay_held(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enqueue_held, "CONTACTS_AT_ONCE", 2)
    monkeypatch.setattr(enqueue_held, "ENQUEUING_MS", 0)
    campaign = dialer.campaign()
    dialer.hold(campaign, *PEOPLE)
    answer = enqueue_held.enqueue(dialer.enqueue_ports, dialer.org, campaign.id)
    assert (answer.status, answer.released, answer.held) == ("running", 0, 5)
    dialer.hold(campaign, number(8))
    turns = 0
    while dialer.enqueue_queue.sent:
        order = dialer.enqueue_queue.sent.pop()
        left = iter([True, False])
        enqueue_held.continue_enqueuing(dialer.enqueue_ports, order, lambda left=left: next(left))  # type: ignore[misc]
        turns += 1
    assert turns == 3
    assert statuses(dialer, campaign.id) == ["pending"] * 5 + ["held"]
    audit(dialer, campaign)


def test_a_release_that_dies_anywhere_is_asked_for_again_and_nobody_is_lost(dialer: Dialer) -> None:
    requests: list[Request] = []
    campaign = dialer.campaign()
    dialer.hold(campaign, *PEOPLE[:3])
    with dialer.interposed(after=requests.append):
        enqueue_held.enqueue(dialer.enqueue_ports, dialer.org, campaign.id)
    for point in range(len(requests)):
        campaign = dialer.campaign()
        dialer.hold(campaign, *PEOPLE[:3])
        left = [None] * point

        def die(_: Request, left: list[None] = left) -> None:
            if not left:
                raise DiedError
            left.pop()

        with pytest.raises(DiedError), dialer.interposed(after=die):
            enqueue_held.enqueue(dialer.enqueue_ports, dialer.org, campaign.id)
        audit(dialer, campaign)
        enqueue_held.enqueue(dialer.enqueue_ports, dialer.org, campaign.id)
        assert statuses(dialer, campaign.id) == ["pending"] * 3
        audit(dialer, campaign)


def test_two_releases_a_push_and_a_deletion_at_once_count_everybody_once(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    ids = dialer.hold(campaign, *PEOPLE)

    def ask() -> None:
        enqueue_held.enqueue(dialer.enqueue_ports, dialer.org, campaign.id)

    def push() -> None:
        dialer.hold(campaign, *PEOPLE[:2], enqueues=True)

    together([ask, ask, push, lambda: dialer.delete(campaign, ids[2])])
    assert statuses(dialer, campaign.id) == ["pending"] * 4
    audit(dialer, campaign)
    assert dialer.run() == 4


def test_counters_of_several_blocks_follow(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    counters.allocate(dialer.table, campaign.key, keys.BLOCK_SIZE - 2)
    dialer.hold(campaign, *PEOPLE)
    assert enqueue_held.enqueue(dialer.enqueue_ports, dialer.org, campaign.id).released == 5
    audit(dialer, campaign)
