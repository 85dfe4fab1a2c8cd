"""Many requests at once: every accepted row is exactly one contact (G10)."""

from campanile.schema.contacts import UpsertResponse
from campanile.store import counters
from tests.support.audit import audit, every_contact
from tests.support.dialer import Dialer, number
from tests.support.threads import at_once

THREADS = 32


def test_many_requests_with_one_external_id_make_one_contact(dialer: Dialer) -> None:
    campaign = dialer.campaign()

    def request(n: int) -> UpsertResponse:
        return dialer.upsert(campaign, {"external_id": "ana", "phone_numbers": [number(n)], "data": {"n": n}})

    answers = at_once(THREADS, request)
    assert sum(answer.inserted for answer in answers) == 1
    assert sum(answer.updated for answer in answers) == THREADS - 1
    assert len({answer.contact_ids[0] for answer in answers}) == 1
    [contact] = audit(dialer, campaign)
    assert contact.phone_numbers == (number(dict(dialer.stored(campaign, contact.id).data)["n"]),)


def test_the_same_large_request_sent_many_times_at_once_makes_its_contacts_once(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    rows = [{"external_id": f"person {n}", "phone_numbers": [number(n)]} for n in range(110)]
    answers = at_once(3, lambda _n: dialer.upsert(campaign, *rows))
    assert sum(answer.inserted for answer in answers) == 110
    assert len({tuple(answer.contact_ids) for answer in answers}) == 1
    assert len(audit(dialer, campaign)) == 110


def test_overlapping_requests_make_each_contact_once(dialer: Dialer) -> None:
    campaign = dialer.campaign()

    def request(n: int) -> UpsertResponse:
        names = range(5 * n, 5 * n + 20)
        return dialer.upsert(campaign, *({"external_id": f"p{one}", "phone_numbers": [number(one)]} for one in names))

    answers = at_once(8, request)
    assert sum(answer.inserted for answer in answers) == 55
    assert len(audit(dialer, campaign)) == 55


def test_a_rename_and_an_insert_of_one_name_give_it_one_owner(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    olds = dialer.add(
        campaign, *({"external_id": f"old {n}", "phone_numbers": [number(n)]} for n in range(THREADS // 2))
    )

    def request(n: int) -> UpsertResponse:
        if n % 2:
            return dialer.upsert(campaign, {"external_id": "new", "phone_numbers": [number(100 + n)]})
        return dialer.upsert(campaign, {"id": olds[n // 2], "external_id": "new"})

    answers = at_once(THREADS, request)
    owner = dialer.contact(campaign, "new").id
    renamed = [answer for n, answer in enumerate(answers) if n % 2 == 0]
    for answer, old in zip(renamed, olds, strict=True):
        assert (
            answer.contact_ids == [old]
            if old == owner
            else [row.code for row in answer.failed] == ["identity_conflict"]
        )
    everyone = every_contact(dialer.table, campaign.key)
    assert [one.id for one in everyone if one.external_id == "new"] == [owner]
    assert len(everyone) == len(olds) + sum(answer.inserted for answer in answers)
    audit(dialer, campaign)


def test_upserts_and_calls_at_once_lose_neither(dialer: Dialer) -> None:
    """Every update lands, every call ends, and no status is the upsert's."""
    campaign = dialer.campaign()
    names = [f"p{n}" for n in range(10)]
    dialer.add(campaign, *({"external_id": name, "phone_numbers": [number(n)]} for n, name in enumerate(names)))
    dialer.run()

    def act(n: int) -> None:
        if n % 2:
            dialer.end(dialer.posts[n // 2], "answered")
        else:
            dialer.upsert(campaign, {"external_id": names[n // 2], "data": {"n": n}})

    at_once(20, act)
    assert [one.status for one in audit(dialer, campaign)] == ["completed"] * 10
    assert [dialer.contact(campaign, name).data for name in names] == [{"n": n} for n in range(0, 20, 2)]


def test_creation_numbers_are_never_given_twice(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    firsts = at_once(THREADS, lambda _n: counters.allocate(dialer.table, campaign.key, 3))
    assert sorted(firsts) == list(range(0, 3 * THREADS, 3))
