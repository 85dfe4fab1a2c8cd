"""`unique_numbers`: no two contacts of the campaign have one number, whoever writes when (seed 002)."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from campanile.contacts import known_contacts
from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact
from campanile.domain.errors import NotFoundError
from campanile.schema.contacts import UpsertResponse
from campanile.store import contacts, keys
from tests.support.audit import audit, audit_names
from tests.support.dialer import Dialer, number
from tests.support.dropping import counts, take
from tests.support.gateway import Client
from tests.support.meter import Meter
from tests.support.table import Request
from tests.support.threads import at_once


def person(*numbers: int, **fields: Any) -> dict[str, Any]:
    return {"phone_numbers": [number(one) for one in numbers], **fields}


def owners(dialer: Dialer, campaign: Campaign) -> dict[str, str]:
    """Who has which number; what has to be true of the campaign's items is checked on the way."""
    audit_names(dialer, campaign)
    return {one: contact.id for contact in audit(dialer, campaign) for one in contact.phone_numbers}


def told(answer: UpsertResponse) -> tuple[int, int, int]:
    return answer.inserted, answer.updated, answer.duplicates


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    return dialer.campaign(unique_numbers=True)


# ---------------------------------------------------------------- what becomes of a row


def test_a_number_that_is_there_makes_no_contact_and_answers_the_one_that_has_it(
    dialer: Dialer, campaign: Campaign
) -> None:
    [ana] = dialer.add(campaign, person(1, external_id="ana"))
    answer = dialer.upsert(campaign, person(1), person(2), person(3, 1, external_id="ben"))
    assert told(answer) == (1, 0, 2)
    assert (answer.contact_ids[0], answer.contact_ids[2], answer.failed) == (ana, ana, [])
    assert [(one.code, one.index) for one in answer.warnings] == [("duplicate_number", 0), ("duplicate_number", 2)]
    assert set(owners(dialer, campaign)) == {number(1), number(2)}
    with pytest.raises(NotFoundError):
        dialer.contact(campaign, "ben")


def test_a_number_twice_in_a_request_is_one_contact_also_beside_others(dialer: Dialer, campaign: Campaign) -> None:
    answer = dialer.upsert(campaign, person(1, 2), person(3), person(2, 4), person(3, 3))
    assert told(answer) == (2, 0, 2)
    assert answer.contact_ids[2:] == answer.contact_ids[:2]
    assert set(owners(dialer, campaign)) == {number(1), number(2), number(3)}


def test_an_update_to_another_contacts_number_fails_and_names_that_contact(dialer: Dialer, campaign: Campaign) -> None:
    ana, ben = dialer.add(campaign, person(1, external_id="ana"), person(2, external_id="ben"))
    answer = dialer.upsert(campaign, person(3, 1, id=ben, data={"a": 1}), person(2, 4, external_id="ben"))
    assert [(one.index, one.code) for one in answer.failed] == [(0, "duplicate_number")]
    assert ana in answer.failed[0].message
    assert number(1) not in answer.failed[0].message
    assert (told(answer), answer.contact_ids) == ((0, 1, 0), [None, ben])
    assert owners(dialer, campaign) == {number(1): ana, number(2): ben, number(4): ben}


def test_a_number_given_up_or_deleted_is_free_again(dialer: Dialer, campaign: Campaign) -> None:
    ana, ben = dialer.add(campaign, person(1, 2), person(3))
    dialer.upsert(campaign, person(2, 5, id=ana))
    dialer.delete(campaign, ben)
    answer = dialer.upsert(campaign, person(1), person(3), person(2))
    assert told(answer) == (2, 0, 1)
    assert answer.contact_ids[2] == ana
    assert set(owners(dialer, campaign)) == {number(one) for one in (1, 2, 3, 5)}


def test_rows_are_worked_off_in_order_also_when_they_pass_numbers_on(dialer: Dialer, campaign: Campaign) -> None:
    """A swap needs three steps, and nobody has a number of two contacts in between."""
    ana, ben = dialer.add(campaign, person(1), person(2))
    swap = [person(3, id=ana), person(1, id=ben), person(2, id=ana), person(3), person(1)]
    answer = dialer.upsert(campaign, *swap)
    assert told(answer) == (1, 3, 1)
    has = owners(dialer, campaign)
    assert (has[number(1)], has[number(2)]) == (ben, ana)
    assert answer.contact_ids == [ana, ben, ana, has[number(3)], ben]


def test_a_number_leads_to_its_contact_as_a_name_does(dialer: Dialer, campaign: Campaign) -> None:
    """The key of a claim is an id of the contact, as that of its external id is: odd, and harmless."""
    [ana] = dialer.add(campaign, person(1))
    claim = keys.number_claim(campaign.key, number(1))
    assert dialer.contact(campaign, claim).id == ana
    assert dialer.upsert(campaign, {"id": claim, "data": {"a": 1}}).contact_ids == [ana]
    dialer.delete(campaign, claim)
    assert owners(dialer, campaign) == {}


def test_an_id_that_is_the_key_of_a_claim_does_no_harm(dialer: Dialer, campaign: Campaign) -> None:
    first, second = (keys.number_claim(campaign.key, number(one)) for one in (1, 2))
    dialer.add(campaign, person(1, id=first), person(5, id=second))
    answer = dialer.upsert(campaign, person(1), person(2), person(5), person(6, id=first))
    assert (told(answer), answer.contact_ids) == ((0, 1, 3), [first, second, second, first])
    assert {one.id: one.phone_numbers for one in audit(dialer, campaign)} == {
        first: (number(6),),
        second: (number(5),),
    }
    dialer.delete(campaign, first)
    assert dialer.upsert(campaign, person(1), person(6)).inserted == 2


def test_other_campaigns_and_campaigns_without_the_setting_share_nothing(dialer: Dialer, campaign: Campaign) -> None:
    for other in (dialer.campaign(unique_numbers=True), dialer.campaign()):
        dialer.add(campaign, person(1))
        assert told(dialer.upsert(other, person(1))) == (1, 0, 0)
    repeating = dialer.campaign()
    assert told(dialer.upsert(repeating, person(1), person(1))) == (2, 0, 0)
    audit_names(dialer, repeating)


@pytest.mark.parametrize("known", [0, 57, 149])
def test_a_known_number_among_many_new_ones_is_found(
    dialer: Dialer, campaign: Campaign, monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    """Also when none of the contacts that are read beforehand is there."""
    monkeypatch.setattr(known_contacts, "PROBED_CONTACTS", 1)
    [ana] = dialer.add(campaign, person(known))
    answer = dialer.upsert(campaign, *(person(n, external_id=f"p{n}") for n in range(150)))
    assert (told(answer), answer.contact_ids[known]) == ((149, 0, 1), ana)
    assert len(owners(dialer, campaign)) == 150


def test_a_claim_costs_two_units_a_number_and_only_where_numbers_are_unique(dynamodb: Any, dialer: Dialer) -> None:
    meter = Meter(dynamodb)
    spent = {}
    rows = [person(2 * n, 2 * n + 1, external_id=f"p{n}") for n in range(40)]
    for is_unique in (False, True):
        campaign = dialer.campaign(unique_numbers=is_unique)
        dialer.add(campaign, person(9999))
        production, dialer.table = dialer.table, meter.table(dialer.table.name)
        spent[is_unique], _ = meter.spend(lambda campaign=campaign: dialer.upsert(campaign, *rows))  # type: ignore[misc]
        dialer.table = production
    # A transaction more, as not as many contacts fit one, and with it a counter block's write.
    assert 160 <= spent[True] - spent[False] <= 160 + 8


def test_in_a_long_chain_of_numbers_passed_on_each_round_costs_the_same(dynamodb: Any, dialer: Dialer) -> None:
    """Everybody moves on to the next one's number: a row each waits for the one before it."""
    meter = Meter(dynamodb)
    reads = {}
    for count in (40, 80):
        campaign = dialer.campaign(unique_numbers=True)
        ids = dialer.add(campaign, *(person(n) for n in range(count)))
        rows = [person(n + 1, id=ids[n]) for n in reversed(range(count))]
        production, dialer.table = dialer.table, meter.table(dialer.table.name)
        _, reads[count] = meter.spend(lambda campaign=campaign, rows=rows: dialer.upsert(campaign, *rows))  # type: ignore[misc]
        dialer.table = production
        assert owners(dialer, campaign) == {number(n + 1): ids[n] for n in range(count)}
    assert reads[80] < 2.5 * reads[40]


# ---------------------------------------------------------------- files


def test_a_file_makes_no_second_contact_of_a_number_and_an_update_to_one_is_a_duplicate(
    dialer: Dialer, campaign: Campaign
) -> None:
    ana, ben = dialer.add(campaign, person(1, external_id="ana"), person(2, external_id="ben"))
    content = (
        f"external_id,phone,mobile\nana,{number(2)},\nben,{number(5)},\ncy,{number(2)},\n,{number(1)},\n"
        f",{number(6)},{number(1)}\ndan,{number(6)},{number(7)}\n,{number(7)},\n"
    )
    done = take(dialer, dialer.bucket.drop(campaign.id, content))
    assert counts(done) == {"rows": 7, "inserted": 2, "updated": 1, "duplicates": 4}
    has = owners(dialer, campaign)
    assert (has[number(1)], has[number(5)]) == (ana, ben)
    assert has[number(2)] == dialer.contact(campaign, "cy").id
    assert has[number(6)] == has[number(7)] == dialer.contact(campaign, "dan").id


def test_a_number_that_its_imported_contact_gave_up_is_imported_again(dialer: Dialer, campaign: Campaign) -> None:
    """Whoever was imported by a number keeps the id made of it, so the next one needs another."""
    content = f"phone\n{number(1)}\n"
    take(dialer, dialer.bucket.drop(campaign.id, content))
    [imported] = set(owners(dialer, campaign).values())
    dialer.upsert(campaign, person(2, id=imported))
    dialer.clock.advance(1)
    assert counts(take(dialer, dialer.bucket.drop(campaign.id, content)))["inserted"] == 1
    dialer.clock.advance(1)
    assert counts(take(dialer, dialer.bucket.drop(campaign.id, content))) == {"rows": 1, "duplicates": 1}
    assert len(set(owners(dialer, campaign).values())) == 2


def test_contacts_within_a_campaigns_request_share_no_number_either(edge: Dialer, api: Client) -> None:
    created = api.campaign(unique_numbers=True, contacts=[person(1, external_id="ana"), person(2), person(1)])
    [report] = api.get(f"/campaign/campaigns/{created}/imports")["imports"]
    assert (report["status"], report["counts"]["inserted"], report["counts"]["duplicates"]) == ("completed", 2, 1)
    body = {"contacts": [person(2, external_id="ana"), person(3), person(2, 4)]}
    changed = api("PATCH", f"/campaign/campaigns/{created}", body).body["contacts_import"]
    assert changed["counts"] | {"inserted": 1, "duplicates": 1, "invalid": 1} == changed["counts"]
    assert [(one["row"], one["code"]) for one in changed["errors"]] == [(1, "duplicate_number")]
    assert set(owners(edge, edge.read_campaign(created))) == {number(1), number(2), number(3)}


# ---------------------------------------------------------------- races


def test_many_requests_with_one_number_make_one_contact(dialer: Dialer, campaign: Campaign) -> None:
    names: Sequence[dict[str, Any]] = [{}, {"external_id": "a"}, {"external_id": "b"}]
    answers = at_once(16, lambda n: dialer.upsert(campaign, person(1, 100 + n, **names[n % 3])))
    [owner] = {contact_id for answer in answers for contact_id in answer.contact_ids if contact_id}
    assert sum(answer.inserted for answer in answers) == 1
    assert owners(dialer, campaign)[number(1)] == owner


def test_updates_and_inserts_at_once_give_a_number_to_one_of_them(dialer: Dialer, campaign: Campaign) -> None:
    known = dialer.add(campaign, *(person(100 + n) for n in range(8)))

    def act(n: int) -> UpsertResponse:
        return dialer.upsert(campaign, person(1, id=known[n // 2]) if n % 2 else person(1))

    answers = at_once(16, act)
    owner = owners(dialer, campaign)[number(1)]
    inserted = sum(answer.inserted for answer in answers)
    assert inserted + sum(answer.updated for answer in answers) == 1
    for n, answer in enumerate(answers):
        assert answer.contact_ids == ([owner] if n % 2 == 0 or known[n // 2] == owner else [None])
        assert [one.code for one in answer.failed] == ([] if answer.contact_ids[0] else ["duplicate_number"])


def test_a_number_given_up_while_it_is_inserted_ends_with_one_owner(dialer: Dialer, campaign: Campaign) -> None:
    """Deletions and updates that free a number, against inserts of it."""
    for round_ in range(6):
        [held] = dialer.add(campaign, person(1))

        def act(n: int, held: str = held, round_: int = round_) -> UpsertResponse | None:
            if n:
                return dialer.upsert(campaign, person(1, external_id=f"{round_} {n}"))
            if round_ % 2:
                dialer.upsert(campaign, person(50 + round_, id=held))
            else:
                dialer.delete(campaign, held)
            return None

        answers = [one for one in at_once(4, act) if one]
        assert sum(one.inserted for one in answers) <= 1
        has = owners(dialer, campaign)
        if number(1) in has:
            dialer.delete(campaign, has[number(1)])


def test_two_files_and_a_request_at_once_share_no_number(dialer: Dialer, campaign: Campaign) -> None:
    rows = range(40)
    plain = dialer.bucket.drop(campaign.id, "phone\n" + "".join(f"{number(n)}\n" for n in rows))
    named = dialer.bucket.drop(
        campaign.id, "external_id,tel,mobile\n" + "".join(f"p{n},{number(n + 20)},{number(n)}\n" for n in rows)
    )

    def act(n: int) -> Any:
        if n == 2:
            return dialer.upsert(campaign, *(person(one, external_id=f"q{one}") for one in range(10, 50)))
        return take(dialer, (plain, named)[n])

    first, second, answer = at_once(3, act)
    made = first.counts.inserted + second.counts.inserted + answer.inserted
    everyone = audit(dialer, campaign)
    assert len(everyone) == made
    owners(dialer, campaign)


@pytest.mark.parametrize("others", ["insert", "update", "delete"])
def test_what_comes_between_reading_and_writing_is_seen(dialer: Dialer, campaign: Campaign, others: str) -> None:
    [ana] = dialer.add(campaign, person(1))
    done: list[bool] = []

    def between(request: Request) -> None:
        if request.operation == "transact" and not done:
            done.append(True)
            if others == "insert":
                dialer.add(campaign, person(2, external_id="ben"))
            elif others == "update":
                dialer.upsert(campaign, person(2, id=ana))
            else:
                dialer.delete(campaign, ana)

    with dialer.interposed(between):
        answer = dialer.upsert(campaign, person(2, external_id="cy"), person(1, external_id="dan"))
    has = owners(dialer, campaign)
    assert answer.contact_ids[0] == has[number(2)]
    # The other row was told what was true when it was read.
    assert (answer.contact_ids[1], answer.inserted) == (ana, 1 if others == "delete" else 0)


# ---------------------------------------------------------------- any requests, one after another


@pytest.mark.parametrize("seed", range(8))
def test_requests_do_what_their_rows_do_one_after_another(
    dialer: Dialer, campaign: Campaign, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Beside a dictionary that knows the rule in plain words: of few numbers, names and deletions."""
    monkeypatch.setattr(known_contacts, "PROBED_CONTACTS", 1)
    random = Random(seed)
    people: dict[str, list[int]] = {}
    for _ in range(8):
        rows = [random_row(random, sorted(people)) for _ in range(random.randint(1, 7))]
        answer = dialer.upsert(campaign, *(person(*numbers, external_id=name) for name, numbers in rows))
        expected = [becomes(people, name, numbers) for name, numbers in rows]
        failed = {one.index for one in answer.failed}
        by_name = {name: dialer.contact(campaign, name).id for name in people}
        for index, (what, owner) in enumerate(expected):
            assert (index in failed) == (what == "failed"), (index, rows)
            assert answer.contact_ids[index] == (None if what == "failed" else by_name[owner])
        assert told(answer) == tuple(
            sum(what == one for what, _ in expected) for one in ("new", "changed", "duplicate")
        )
        whole: list[Contact] = audit(dialer, campaign)
        assert {str(one.external_id): list(one.phone_numbers) for one in whole} == {
            name: [number(one) for one in numbers] for name, numbers in people.items()
        }
        if people and random.random() < 0.5:
            gone = random.choice(sorted(people))
            del people[gone]
            dialer.delete(campaign, gone)
        audit_names(dialer, campaign)


def random_row(random: Random, names: Sequence[str]) -> tuple[str, list[int]]:
    name = random.choice([*names, *"abcdef"])
    return name, random.sample(range(7), random.choice([1, 1, 1, 2]))


def becomes(people: dict[str, list[int]], name: str, numbers: list[int]) -> tuple[str, str]:
    """What the row does to the people, and whom it means."""
    holder = next((one for n in numbers for one, has in people.items() if n in has and one != name), None)
    if holder is None:
        what = "changed" if name in people else "new"
        people[name] = numbers
        return what, name
    return ("failed", name) if name in people else ("duplicate", holder)


def test_claims_are_hidden_where_contacts_are_read(dialer: Dialer, campaign: Campaign) -> None:
    [ana] = dialer.add(campaign, person(1, 2))
    assert [one.id for one in dialer.page(campaign).contacts] == [ana]
    claims = [keys.number_claim(campaign.key, number(n)) for n in (1, 2, 3)]
    assert {one.id for one in contacts.get_many(dialer.table, campaign.key, claims).values()} == {ana}
