"""Requests of many rows: what they cost, and that a guess which takes them all to be new is put right (section 9)."""

from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

import pytest

from campanile.contacts import check_rows, known_contacts, upsert
from campanile.contacts.rows import ContactRow
from campanile.domain.campaign import Campaign
from campanile.domain.lifecycle import Outcome
from campanile.edge.wiring import foundation
from campanile.schema.contacts import ContactInput, UpsertResponse
from campanile.store import contact_writes
from campanile.store.table import Table
from tests.support.audit import audit, audit_names
from tests.support.dialer import Dialer, number
from tests.support.gateway import Client
from tests.support.meter import Meter

MOST_REQUESTS = 23
MOST_UNITS = 4_060
LARGE = 1_000


def person(n: int, **fields: Any) -> dict[str, Any]:
    return {"phone_numbers": [number(n)], "external_id": f"person {n}", **fields}


@pytest.fixture
def meter(dynamodb: Any) -> Meter:
    return Meter(dynamodb)


def metered(dialer: Dialer, meter: Meter, campaign: Campaign, rows: Sequence[dict[str, Any]]) -> UpsertResponse:
    """Upsert rows over a metered table; `meter` then has the requests of this alone."""
    answers: list[UpsertResponse] = []
    checked = check_rows.validate([ContactInput.model_validate(row) for row in rows], "+1")
    current, now = dialer.read_campaign(campaign.id), dialer.clock.now_ms()
    table = meter.table(dialer.table.name)
    meter.spend(lambda: answers.append(upsert.upsert(table, dialer.queue, current, checked, now)))
    return answers[0]


# ---------------------------------------------------------------- the budget


@pytest.mark.parametrize("named", [True, False], ids=["named", "nameless"])
def test_a_thousand_new_contacts_stay_within_the_budget(
    edge: Dialer, api: Client, meter: Meter, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    """Everything that the request causes: campaign, configuration and lane included; the key is known already."""
    campaign = api.campaign(external_id="spring")
    edge.queue.forget()
    table = meter.table(edge.table.name)
    monkeypatch.setattr(foundation, "table", lambda: table)
    rows = [person(n, timezone="America/New_York", data={"note": "x" * 480}) for n in range(LARGE)]
    if not named:
        rows = [{name: value for name, value in row.items() if name != "external_id"} for row in rows]
    answers: list[dict[str, Any]] = []
    body = {"contacts": rows}
    units, _ = meter.spend(lambda: answers.append(api.post("/campaign/campaigns/spring/contacts", body)))
    assert (answers[0]["inserted"], len(set(answers[0]["contact_ids"]))) == (LARGE, LARGE)
    requests = meter.requests + len(edge.queue.sent)
    print(f"{LARGE} new contacts: {units} write units, {requests} AWS requests")
    assert units <= MOST_UNITS
    assert requests <= MOST_REQUESTS
    everyone = audit(edge, edge.read_campaign(campaign))
    assert [one.id for one in everyone] == answers[0]["contact_ids"]


@pytest.mark.parametrize("known", [0, 501, 999])
def test_one_known_contact_among_a_thousand_new_ones_costs_a_few_requests_more(
    dialer: Dialer, meter: Meter, known: int
) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(known))
    answer = metered(dialer, meter, campaign, [person(n, data={"n": n}) for n in range(LARGE)])
    assert (answer.inserted, answer.updated) == (LARGE - 1, 1)
    print(f"one known of {LARGE}: {sum(meter.writes)} write units, {meter.requests} requests")
    assert sum(meter.writes) <= MOST_UNITS + 300
    assert meter.requests <= MOST_REQUESTS + 6
    everyone = audit(dialer, dialer.read_campaign(campaign.id))
    assert [one.id for one in everyone[1:]] == [one for one in answer.contact_ids if one != everyone[0].id]
    assert [dict(one.data) for one in everyone[1:]] == [{"n": n} for n in range(LARGE) if n != known]


def test_contacts_that_are_all_known_are_read_at_once_and_written_once(dialer: Dialer, meter: Meter) -> None:
    campaign = dialer.campaign()
    rows = [person(n) for n in range(300)]
    dialer.add(campaign, *rows)
    answer = metered(dialer, meter, campaign, [{**row, "data": {"a": 1}} for row in rows])
    assert answer.updated == 300
    assert len(meter.writes) <= 300 + 2
    assert len(meter.reads) == 3


def test_the_rows_of_a_large_request_that_are_there_already_are_updated(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, *(person(n) for n in range(0, 250, 5)))
    answer = dialer.upsert(campaign, *(person(n, data={"n": n}) for n in range(250)))
    assert (answer.inserted, answer.updated) == (200, 50)
    assert len(set(answer.contact_ids)) == 250
    audit(dialer, campaign)


# ---------------------------------------------------------------- the guess


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request reads one of its contacts and takes the others to be as new as that one."""
    monkeypatch.setattr(known_contacts, "PROBED_CONTACTS", 1)


@pytest.mark.usefixtures("blind")
def test_a_known_contact_behind_a_new_one_is_found_all_the_same(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1, data={"old": True}))
    dialer.call(Outcome.ANSWERED)
    answer = dialer.upsert(campaign, person(0), person(1, timezone="Europe/Paris"), person(2))
    assert (answer.inserted, answer.updated) == (2, 1)
    assert [(notice.code, notice.index) for notice in answer.warnings] == [("not_requeued", 1)]
    contact = dialer.contact(campaign, "person 1")
    assert (contact.data, contact.timezone, contact.status) == ({"old": True}, "Europe/Paris", "completed")
    assert [one.external_id for one in audit(dialer, campaign)] == ["person 1", "person 0", "person 2"]


@pytest.mark.usefixtures("blind")
def test_a_row_without_numbers_is_never_taken_for_a_new_contact(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add(campaign, person(1))
    answer = dialer.upsert(campaign, person(0), {"external_id": "person 1", "data": {"a": 1}})
    assert (answer.inserted, answer.updated, answer.failed) == (1, 1, [])


@pytest.mark.usefixtures("blind")
def test_an_id_and_an_external_id_of_two_known_contacts_conflict_all_the_same(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    ana, _ = dialer.add(campaign, person(1), person(2))
    answer = dialer.upsert(campaign, person(0), person(2, id=ana))
    assert [(row.index, row.code) for row in answer.failed] == [(1, "identity_conflict")]


@pytest.mark.usefixtures("blind")
def test_a_known_id_beside_the_name_of_a_new_contact_conflicts_all_the_same(dialer: Dialer) -> None:
    """No insert would tell that the id is known, as the row takes part in the other contact's."""
    campaign = dialer.campaign()
    [ana] = dialer.add(campaign, person(1))
    new = {"id": str(UUID(int=1)), "phone_numbers": [number(0)]}
    answer = dialer.upsert(campaign, new, person(2), person(2, id=ana))
    assert [(row.index, row.code) for row in answer.failed] == [(2, "identity_conflict")]
    assert (answer.inserted, answer.warnings) == (2, [])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rounds", [1, contact_writes.CHUNK_ROUNDS])
@pytest.mark.usefixtures("blind")
def test_a_request_does_what_its_rows_do_one_after_another(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch, seed: int, rounds: int
) -> None:
    """Twin campaigns: one gets whole requests, of which a guess may be wrong, the other row after row."""
    monkeypatch.setattr(contact_writes, "CHUNK_ROUNDS", rounds)
    random = Random(seed)
    whole, singly = dialer.campaign(), dialer.campaign()
    for _ in range(4):
        rows = [random_row(random, with_both=seed % 2 == 0) for _ in range(random.randint(1, 9))]
        answer = dialer.upsert(whole, *rows)
        answers = [dialer.upsert(singly, row) for row in rows]
        assert said(answer) == sorted(one for index, each in enumerate(answers) for one in said(each, index))
        assert answer.inserted == sum(each.inserted for each in answers)
        assert answer.updated == sum(each.updated for each in answers)
        assert people(dialer, whole) == people(dialer, singly)
        audit_names(dialer, whole)


def random_row(random: Random, with_both: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"phone_numbers": [number(random.randrange(50))], "data": {"n": random.randrange(9)}}
    names = [{"id": str(UUID(int=random.randrange(6)))}, {"external_id": f"e{random.randrange(6)}"}, {}]
    row |= random.choice(names)
    if with_both and random.random() < 0.3:
        row |= names[0] | names[1]
    if len(row) > 2 and random.random() < 0.2:
        del row["phone_numbers"]
    return row


def said(answer: UpsertResponse, first: int = 0) -> list[tuple[int, str]]:
    """What an answer says of each row, less the ids, which differ from campaign to campaign."""
    told = [(row.index + first, row.code) for row in answer.failed]
    told += [(notice.index + first, notice.code) for notice in answer.warnings if notice.index is not None]
    told += [(index + first, "stored") for index, one in enumerate(answer.contact_ids) if one]
    return sorted(told)


def people(dialer: Dialer, campaign: Campaign) -> list[tuple[Any, ...]]:
    """A campaign's contacts in order of creation."""
    return [(one.phone_numbers, one.external_id, dict(one.data), len(one.aliases)) for one in audit(dialer, campaign)]


# ---------------------------------------------------------------- rows that come again


def repeated(table: Table, dialer: Dialer, campaign: Campaign, *rows: ContactRow) -> UpsertResponse:
    return upsert.upsert(table, dialer.queue, dialer.read_campaign(campaign.id), rows, dialer.clock.now_ms())


def nameless(index: int, repeatable_id: str, **fields: Any) -> ContactRow:
    given = ContactInput.model_validate({"phone_numbers": [number(index)], **fields})
    return ContactRow(index, given, (number(index),), repeatable_id=repeatable_id)


def test_a_row_with_a_repeatable_id_finds_its_contact_when_it_comes_again(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    ids = [str(UUID(int=n)) for n in range(150)]
    rows = [nameless(n, one, data={"n": n}) for n, one in enumerate(ids)]
    first = repeated(dialer.table, dialer, campaign, *rows[:120])
    second = repeated(dialer.table, dialer, campaign, *rows)
    assert (first.inserted, second.inserted, second.updated, second.warnings) == (120, 30, 120, [])
    assert second.contact_ids == ids
    assert [one.id for one in audit(dialer, campaign)] == ids
    dialer.limit(1)
    dialer.call(Outcome.ANSWERED)
    assert [notice.code for notice in repeated(dialer.table, dialer, campaign, rows[0]).warnings] == ["not_requeued"]


def test_a_repeatable_id_stands_back_behind_a_rows_own_names(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    own, spare = str(UUID(int=1)), str(UUID(int=2))
    answer = repeated(dialer.table, dialer, campaign, nameless(0, spare, id=own), nameless(1, spare, external_id="ana"))
    assert answer.inserted == 2
    assert spare not in answer.contact_ids
    assert own in answer.contact_ids
