"""Deletion of a contact: what it takes along, what it refuses, and what comes too late for it (design, section 5)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from campanile.dialing import placing
from campanile.domain.campaign import Campaign
from campanile.domain.errors import ConflictError, NotFoundError
from campanile.domain.lifecycle import DELETABLE, ContactStatus, Outcome
from campanile.store import contact_actions, contact_writes, counters, keys, tombstones
from campanile.store.table import TransactionCanceledError, Update
from campanile.telephony.port import Refused
from tests.support.audit import audit, audit_names
from tests.support.dialer import Dialer, number
from tests.support.gateway import Client, problem
from tests.support.late_reports import is_listed
from tests.support.reports import report
from tests.support.table import Request
from tests.support.telephony import Post

OWN_ID = "11111111-2222-4333-8444-555555555555"
ENDINGS: dict[ContactStatus, Outcome] = {
    ContactStatus.COMPLETED: Outcome.ANSWERED,
    ContactStatus.EXHAUSTED: Outcome.CANCELED,
    ContactStatus.ERROR: Outcome.INVALID_NUMBER,
    ContactStatus.DO_NOT_CALL: Outcome.DO_NOT_CALL,
}


def person(n: int, **fields: Any) -> dict[str, Any]:
    return {"phone_numbers": [number(n)], **fields}


def hold(dialer: Dialer, campaign: Campaign, contact_id: str) -> None:
    """Make a pending contact a held one."""
    held = Update(
        keys.contact(campaign.key, contact_id),
        "SET #status = :held, #bucket = :bucket REMOVE #lane, #lane_sort",
        values={":held": "held", ":bucket": "held.-"},
    )
    dialer.table.transact([held, counters.moving(campaign.key, 0, "pending.-", "held.-")])


def bring_to(dialer: Dialer, campaign: Campaign, status: ContactStatus) -> str:
    """A contact in a status that a contact can be deleted in."""
    [contact_id] = dialer.add(campaign, person(1, external_id="ana", data={"text": "x" * 2_000}))
    if status is ContactStatus.HELD:
        hold(dialer, campaign, contact_id)
    elif status in ENDINGS:
        dialer.call(ENDINGS[status], notes="a note")
    return contact_id


def listed(dialer: Dialer, *numbers: str) -> list[str]:
    """Those of the numbers that are on the do-not-call list."""
    found = dialer.table.batch_get([keys.do_not_call(dialer.org, one) for one in numbers])
    return sorted(keys.number_of(item) for item in found.values())


# ---------------------------------------------------------------- what goes


@pytest.mark.parametrize("status", sorted(DELETABLE))
def test_a_contact_nobody_is_calling_is_deleted_with_all_it_counted(dialer: Dialer, status: ContactStatus) -> None:
    campaign = dialer.campaign()
    contact_id = bring_to(dialer, campaign, status)
    assert [one.status for one in audit(dialer, campaign)] == [status]
    dialer.delete(campaign, "ana")
    assert audit(dialer, campaign) == []
    stats = dialer.stats(campaign)
    assert (stats.contacts.total, stats.attempts.total) == (0, 0)
    assert dialer.page(campaign).contacts == []
    audit_names(dialer, campaign)
    with pytest.raises(NotFoundError):
        dialer.contact(campaign, contact_id)


def test_the_attempts_of_others_stay_counted(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=1, retry_attempts=9)
    dialer.add(campaign, person(1, external_id="ana"))
    for _ in range(3):
        dialer.call(Outcome.NO_ANSWER)
        dialer.clock.advance(1)
    dialer.add(campaign, person(2, external_id="ben", scheduled_at="2026-07-01T17:00:01Z"))
    dialer.limit(2)
    dialer.run()
    for post in dialer.posts[-2:]:
        dialer.end(post, Outcome.ANSWERED)
    assert dialer.stats(campaign).attempts.total == 5
    dialer.delete(campaign, "ana")
    assert dialer.stats(campaign).attempts.total == 1
    assert [one.external_id for one in audit(dialer, campaign)] == ["ben"]


@pytest.mark.parametrize("by", ["id", "ID", "external_id", "former", "oldest"])
def test_a_contact_is_deleted_by_any_of_its_names_and_all_are_free_again(dialer: Dialer, by: str) -> None:
    campaign = dialer.campaign()
    given = "0190f3c2-0000-7000-8000-00000000000a"
    dialer.add(campaign, person(1, id=given, external_id="oldest"))
    for name in ("former", "external_id"):
        dialer.upsert(campaign, {"id": given, "external_id": name})
    audit_names(dialer, campaign)
    dialer.delete(campaign, {"id": given, "ID": given.upper()}.get(by, by))
    names = ["oldest", "former", "external_id"]
    answer = dialer.upsert(
        campaign, person(2, id=given), *(person(3 + n, external_id=n_) for n, n_ in enumerate(names))
    )
    assert (answer.inserted, len(set(answer.contact_ids))) == (4, 4)
    assert [one.external_id for one in audit(dialer, campaign)] == [None, *names]
    audit_names(dialer, campaign)


def test_a_name_of_another_contact_is_not_freed(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    ana, ben = dialer.add(campaign, person(1, external_id="ana"), person(2, external_id="ben"))
    assert dialer.upsert(campaign, {"id": ana, "external_id": "ben"}).failed
    dialer.delete(campaign, ana)
    assert dialer.contact(campaign, "ben").id == ben


def test_a_deleted_contact_that_comes_again_is_a_new_one(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana", data={"old": True}))
    dialer.call(Outcome.ANSWERED)
    dialer.delete(campaign, "ana")
    assert dialer.upsert(campaign, person(1, external_id="ana")).inserted == 1
    contact = dialer.contact(campaign, "ana")
    assert (contact.status, contact.data, contact.attempts) == ("pending", {}, [])
    dialer.call(Outcome.ANSWERED)
    audit(dialer, campaign)


def test_the_rest_of_a_list_moves_up(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "BLOCK_SIZE", 4)
    campaign = dialer.campaign()
    ids = dialer.add_people(campaign, *(number(n) for n in range(12)))
    for gone in (ids[0], ids[5], ids[6], ids[11]):
        dialer.delete(campaign, gone)
    left = [one.id for one in audit(dialer, campaign)]
    assert left == [ids[n] for n in (1, 2, 3, 4, 7, 8, 9, 10)]
    pages = [[one.id for one in dialer.page(campaign, 3, offset).contacts] for offset in (0, 3, 6)]
    assert pages == [left[:3], left[3:6], left[6:]]


def test_contacts_of_a_closed_campaign_and_ad_hoc_ones_can_be_deleted(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana"))
    dialer.add(dialer.ad_hoc, person(2, external_id="ana"))
    dialer.change(campaign, "close")
    dialer.delete(dialer.read_campaign(campaign.id), "ana")
    assert audit(dialer, campaign) == []
    assert len(audit(dialer, dialer.ad_hoc)) == 1
    dialer.delete(dialer.ad_hoc, "ana")
    assert audit(dialer, dialer.ad_hoc) == []


# ---------------------------------------------------------------- what stays


@pytest.mark.parametrize("phase", ["locked", "in_progress"])
def test_a_contact_is_not_deleted_under_its_call(dialer: Dialer, monkeypatch: pytest.MonkeyPatch, phase: str) -> None:
    """G11."""
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, external_id="ana"))
    with monkeypatch.context() as patched:
        if phase == "locked":
            patched.setattr(placing, "place", lambda *_: None)
        dialer.run()
    assert dialer.contact(campaign, "ana").status == phase
    for name in (contact_id, "ana"):
        with pytest.raises(ConflictError, match="in progress"):
            dialer.delete(campaign, name)
    stored = dialer.stored(campaign, contact_id)
    assert not contact_writes.delete(dialer.table, campaign, stored, dialer.clock.now_ms()), "the write itself refuses"
    assert dialer.contact(campaign, "ana").status == phase
    audit(dialer, campaign)


def test_nobody_is_deleted_by_a_name_that_nobody_has(dialer: Dialer) -> None:
    campaign, other = dialer.campaign(), dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, external_id="ana"))
    for place, name in ((campaign, "ben"), (other, "ana"), (other, contact_id)):
        with pytest.raises(NotFoundError):
            dialer.delete(place, name)
    assert len(audit(dialer, campaign)) == 1


def test_a_contact_that_was_renamed_since_it_was_read_is_deleted_with_its_new_name(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, external_id="ana"))
    renamed: list[bool] = []

    def rename(request: Request) -> None:
        if request.operation == "transact" and not renamed:
            renamed.append(True)
            dialer.upsert(campaign, {"id": contact_id, "external_id": "ben"})

    with dialer.interposed(rename):
        dialer.delete(campaign, "ana")
    audit_names(dialer, campaign)
    assert dialer.upsert(campaign, person(1, external_id="ana"), person(2, external_id="ben")).inserted == 2


# ---------------------------------------------------------------- the dialer


def test_a_pass_that_had_seen_the_contact_calls_the_next(dialer: Dialer) -> None:
    """Between the reading of the lanes and LOCK, whose condition fails."""
    campaign = dialer.campaign()
    dialer.limit(1)
    dialer.add(campaign, person(1, external_id="ana"), person(2, external_id="ben"))
    deleted: list[bool] = []

    def delete(request: Request) -> None:
        if request.operation == "transact" and not deleted:
            deleted.append(True)
            dialer.delete(campaign, "ana")

    with dialer.interposed(delete):
        dialer.run()
    assert [post.to for post in dialer.posts] == [number(2)]
    assert dialer.table.get(keys.number_lock(dialer.org, number(1))) is None
    audit(dialer, campaign)


# ---------------------------------------------------------------- events that come too late


def late(dialer: Dialer, post: Post, outcome: Outcome) -> None:
    assert not dialer.end(post, outcome)


def test_the_event_of_a_deleted_contact_changes_nothing(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, external_id="ana"))
    post = dialer.call(Outcome.NO_ANSWER)
    dialer.delete(campaign, "ana")
    for outcome in set(Outcome) - {Outcome.DO_NOT_CALL}:
        late(dialer, post, outcome)
    assert listed(dialer, number(1)) == []
    assert audit(dialer, campaign) == []


def test_a_deleted_contacts_request_not_to_be_called_is_honoured(dialer: Dialer) -> None:
    """For the number of that call only, however many calls there were."""
    campaign = dialer.campaign(retry_delay_seconds=1, retry_attempts=10, retry_outcomes=["no_answer"])
    numbers = [number(1), number(2)]
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": numbers})
    posts = []
    for _ in range(10):
        posts.append(dialer.call(Outcome.NO_ANSWER))
        dialer.clock.advance(1)
    dialer.upsert(campaign, {"external_id": "ana", "phone_numbers": [number(3)]})
    dialer.delete(campaign, "ana")
    late(dialer, posts[0], Outcome.DO_NOT_CALL)
    assert listed(dialer, *numbers, number(3)) == [number(1)]
    late(dialer, posts[-1], Outcome.DO_NOT_CALL)
    assert listed(dialer, *numbers, number(3)) == numbers


def test_a_request_not_to_be_called_outlives_the_second_deletion_of_a_name(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    posts = []
    for n in (1, 2):
        dialer.add(campaign, person(n, external_id="ana"))
        posts.append(dialer.call(Outcome.ANSWERED))
        dialer.delete(campaign, "ana")
    dialer.add(campaign, person(3, external_id="ana"))
    late(dialer, posts[0], Outcome.DO_NOT_CALL)
    assert listed(dialer, number(1), number(2), number(3)) == [number(1)]
    assert dialer.contact(campaign, "ana").status == "pending"


def test_a_call_that_was_thought_not_to_exist_lists_every_number_of_its_deleted_contact(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    numbers = [number(1), number(2)]
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": numbers})
    dialer.telephony.answer = lambda _post: Refused("busy", 30)
    dialer.run()
    dialer.delete(campaign, "ana")
    dialer.add(campaign, person(3, id="0190f3c2-0000-7000-8000-00000000000b"))
    dialer.upsert(campaign, {"id": "0190f3c2-0000-7000-8000-00000000000b", "external_id": "ana"})
    late(dialer, dialer.posts[0], Outcome.DO_NOT_CALL)
    assert listed(dialer, *numbers, number(3)) == numbers


def test_nothing_is_remembered_of_a_contact_that_was_never_dialed(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, external_id="ana"))
    dialer.delete(campaign, "ana")
    assert dialer.table.get(keys.contact_tombstone(campaign.key, contact_id)) is None


def test_of_a_contact_that_was_dialed_only_its_numbers_are_remembered_for_a_week(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, person(1, external_id="ana", data={"name": "Ana"}))
    post = dialer.call(Outcome.ANSWERED, notes="a note")
    dialer.delete(campaign, "ana")
    item = dialer.table.get(keys.contact_tombstone(campaign.key, contact_id))
    assert item
    remembered = {name: value for name, value in item.items() if name not in ("PK", "SK")}
    attempt = post.attempt_id.replace("-", "")
    ttl = dialer.clock.now_ms() // 1000 + tombstones.KEPT_SECONDS
    assert remembered == {"phones": [number(1)], f"dialed_{attempt}": number(1), "ttl": ttl}


@pytest.mark.parametrize("name", ["ana", "anna", OWN_ID])
def test_a_request_not_to_be_called_is_heard_of_a_deleted_contact_by_any_of_its_names(
    dialer: Dialer, name: str
) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, id=OWN_ID, external_id="anna"))
    dialer.add(campaign, {"id": OWN_ID, "external_id": "ana"})
    post = dialer.call(Outcome.ANSWERED)
    dialer.delete(campaign, "ana")
    told = report(dialer, campaign, post, contact=name, do_not_call=True)
    assert (told.contact_id, told.number_listed) == (OWN_ID, True)
    assert is_listed(dialer, number(1))


# ---------------------------------------------------------------- the API


def test_the_route_answers_204_then_404_and_409_while_a_call_is_in_progress(
    edge: Dialer, api: Client, key: Callable[..., Client]
) -> None:
    campaign = api.campaign(external_id="spring")
    path = "/campaign/campaigns/spring/contacts"
    api.post(path, {"contacts": [person(1, external_id="ana é"), person(2, external_id="ben")]})
    answer = api("DELETE", f"{path}/ana%20%C3%A9")
    assert (answer.status, answer.text) == (204, "")
    assert "not found" in problem(api("DELETE", f"{path}/ana%20%C3%A9"), 404)["title"].lower()
    edge.run()
    detail = problem(api("DELETE", f"{path}/ben"), 409)["detail"]
    assert "in progress" in detail
    assert "again" in detail
    problem(key(frozenset({"campaigns:read"}))("DELETE", f"{path}/ben"), 403)
    edge.end(edge.posts[-1], Outcome.ANSWERED)
    api.post(f"/campaign/campaigns/{campaign}/close")
    assert api("DELETE", f"{path}/ben").status == 204
    assert api.get(path)["total"] == 0


def test_default_takes_ad_hoc_contacts(edge: Dialer, api: Client) -> None:
    path = "/campaign/campaigns/default/contacts"
    [contact_id] = api.post(path, {"contacts": [person(1)]})["contact_ids"]
    assert api("DELETE", f"{path}/{contact_id}").status == 204
    assert api.get(path)["total"] == 0


def test_what_was_read_of_a_deleted_contact_changes_none_that_came_under_its_name(dialer: Dialer) -> None:
    """Both have one id and revision 0; only the creation number tells them apart."""
    campaign = dialer.campaign()
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    former = dialer.stored(campaign, keys.contact_id_for(campaign.key, "ana"))
    dialer.delete(campaign, "ana")
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(2)]})
    stale = [
        contact_actions.locking(former, "attempt", dialer.clock.now_ms()),
        *contact_actions.updating(former, replace(former, data={"who": "the former"}), ad_hoc=False),
        *contact_actions.deleting(former),
    ]
    for action in stale:
        with pytest.raises(TransactionCanceledError):
            dialer.table.transact([action])
    [ana] = audit(dialer, campaign)
    assert (ana.phone_numbers, ana.data, ana.rev) == ((number(2),), {}, 0)
