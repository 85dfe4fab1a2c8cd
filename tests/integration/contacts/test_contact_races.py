"""Deletions at the same time as everything else: one wins, and nothing is left that belongs to nobody (G1, G6, G11).

Upserts that race each other are in test_upsert_races.py.
"""

from campanile.domain.campaign import Campaign
from campanile.domain.errors import ConflictError, NotFoundError
from campanile.domain.lifecycle import Outcome
from campanile.schema.contacts import UpsertResponse
from tests.support.audit import audit, audit_names
from tests.support.dialer import Dialer, number
from tests.support.threads import at_once

THREADS = 32
TRIALS = 8


def delete(dialer: Dialer, campaign: Campaign, name: str) -> int:
    """The status of the answer that the API would give."""
    try:
        dialer.delete(campaign, name)
    except NotFoundError:
        return 404
    except ConflictError:
        return 409
    return 204


def settled(dialer: Dialer, campaign: Campaign) -> int:
    """How many contacts there are, once everything about them agrees."""
    audit_names(dialer, campaign)
    return len(audit(dialer, campaign))


def test_of_many_deletions_one_deletes(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    names = ["ana", contact_id]
    statuses = at_once(THREADS, lambda n: delete(dialer, campaign, names[n % 2]))
    assert sorted(statuses) == [204] + [404] * (THREADS - 1)
    assert settled(dialer, campaign) == 0


def test_contacts_added_less_contacts_deleted_are_those_left(dialer: Dialer) -> None:
    """Many upsert and delete one name: an upsert never writes to a contact that is gone."""
    campaign = dialer.campaign()
    for _ in range(TRIALS):
        before = settled(dialer, campaign)

        def act(n: int) -> int:
            if n % 2:
                return -(delete(dialer, campaign, "ana") == 204)
            data = {"n": n, "text": "x" * (700 if n % 4 else 1)}
            row = {"external_id": "ana", "phone_numbers": [number(n)], "data": data}
            return dialer.upsert(campaign, row).inserted

        changes = at_once(THREADS // 2, act)
        assert settled(dialer, campaign) == before + sum(changes)


def test_a_contact_renamed_while_it_is_deleted_leaves_no_name_behind(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    for trial in range(TRIALS):
        [contact_id] = dialer.add(campaign, {"external_id": f"old {trial}", "phone_numbers": [number(1)]})

        def act(n: int, trial: int = trial, contact_id: str = contact_id) -> int | UpsertResponse:
            if n == 0:
                for _ in range(trial):  # an upsert has more to do before it writes
                    dialer.contact(campaign, contact_id)
                return delete(dialer, campaign, contact_id)
            return dialer.upsert(campaign, {"id": contact_id, "external_id": f"new {trial}.{n}"})

        assert at_once(8, act)[0] == 204
        assert settled(dialer, campaign) == 0
        row = {"external_id": f"old {trial}", "phone_numbers": [number(1)]}
        names = [row, *({**row, "external_id": f"new {trial}.{n}"} for n in range(1, 8))]
        assert dialer.upsert(campaign, *names).inserted == 8
        for name in names:
            dialer.delete(campaign, str(name["external_id"]))


def test_a_contact_is_either_deleted_or_called(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    for _ in range(TRIALS):
        ids = dialer.add_people(campaign, *(number(n) for n in range(10)))
        before = len(dialer.posts)

        def act(n: int, ids: list[str] = ids) -> int:
            return dialer.run() if n == 0 else delete(dialer, campaign, ids[n - 1])

        statuses = at_once(11, act)[1:]
        called = {post.contact_id for post in dialer.posts[before:]}
        assert {one for one, status in zip(ids, statuses, strict=True) if status == 409} <= called
        assert {one for one, status in zip(ids, statuses, strict=True) if status == 204}.isdisjoint(called)
        assert settled(dialer, campaign) == len(called)
        for post in dialer.posts[before:]:
            dialer.end(post, Outcome.ANSWERED)
            dialer.delete(campaign, post.contact_id)
        assert settled(dialer, campaign) == 0


def test_a_call_that_ends_while_its_contact_is_deleted_counts_or_is_gone(dialer: Dialer) -> None:
    campaign = dialer.campaign(retry_delay_seconds=3_600)
    ids = dialer.add_people(campaign, *(number(n) for n in range(10)))
    dialer.run()
    posts = {post.contact_id: post for post in dialer.posts}

    def act(n: int) -> int:
        if n % 2:
            return delete(dialer, campaign, ids[n // 2])
        return dialer.end(posts[ids[n // 2]], Outcome.NO_ANSWER)

    results = at_once(20, act)
    assert all(results[::2]), "every call's end is recorded"
    assert set(results[1::2]) <= {204, 409}
    assert settled(dialer, campaign) == results.count(409)
    assert dialer.stats(campaign).attempts.total == results.count(409)
    assert dialer.held() == []
