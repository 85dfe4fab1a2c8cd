"""Rows of one file that have to do with each other: the first one wins, whatever its import is cut into."""

from collections.abc import Callable

import pytest

from campanile.domain.campaign import Campaign
from campanile.imports import begin
from campanile.store.imports import Import
from tests.support.dialer import Dialer, number
from tests.support.dropping import counts, take, work_off


@pytest.fixture(autouse=True)
def _few_rows_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campanile.imports.run.ROWS_PER_WRITE", 2)


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    return dialer.campaign()


def in_pieces(dialer: Dialer, campaign: Campaign, content: str) -> Import:
    """Imported with a new worker for every batch."""
    begun = begin.receive(dialer.import_ports, dialer.bucket.drop(campaign.id, content))
    return work_off(dialer, begun.job, alternating())


def alternating() -> Callable[[], bool]:
    asked: list[bool] = []

    def may_go_on() -> bool:
        asked.append(len(asked) % 3 != 2)
        return asked[-1]

    return may_go_on


def whole(dialer: Dialer, campaign: Campaign, content: str) -> Import:
    return take(dialer, dialer.bucket.drop(campaign.id, content))


@pytest.mark.parametrize("run", [whole, in_pieces])
def test_a_number_that_a_row_frees_is_free_for_the_rows_behind_it(
    dialer: Dialer, campaign: Campaign, run: Callable[[Dialer, Campaign, str], Import]
) -> None:
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    done = run(dialer, campaign, f"external_id,phone\nana,{number(2)}\n,{number(3)}\n,{number(1)}\n,{number(2)}\n")
    assert counts(done) == {"rows": 4, "inserted": 2, "updated": 1, "duplicates": 1}
    assert [one.phone_numbers[0] for one in dialer.page(campaign).contacts] == [number(2), number(3), number(1)]


@pytest.mark.parametrize("run", [whole, in_pieces])
def test_a_number_that_a_second_contact_has_stays_taken_when_one_gives_it_up(
    dialer: Dialer, campaign: Campaign, run: Callable[[Dialer, Campaign, str], Import]
) -> None:
    both = [{"external_id": name, "phone_numbers": [number(1)]} for name in ("ana", "ben")]
    dialer.add(campaign, *both)
    done = run(dialer, campaign, f"external_id,phone\nana,{number(2)}\n,{number(3)}\n,{number(1)}\n")
    assert counts(done) == {"rows": 3, "inserted": 1, "updated": 1, "duplicates": 1}


@pytest.mark.parametrize("run", [whole, in_pieces])
def test_of_rows_that_mean_one_contact_the_first_is_stored_also_when_an_id_and_a_name_mean_it(
    dialer: Dialer, campaign: Campaign, run: Callable[[Dialer, Campaign, str], Import]
) -> None:
    [ana] = dialer.add(campaign, {"external_id": "ana", "phone_numbers": [number(1)]})
    done = run(dialer, campaign, f"id,external_id,phone,tier\n,ana,,gold\n{ana},,,silver\n,cy,{number(2)},x\n,cy,,y\n")
    assert counts(done) == {"rows": 4, "inserted": 1, "updated": 1, "duplicates": 2}
    assert [one.data for one in dialer.page(campaign).contacts] == [{"tier": "gold"}, {"tier": "x"}]


def test_a_strict_file_that_gives_one_name_to_two_contacts_stores_nothing(dialer: Dialer, campaign: Campaign) -> None:
    ana, ben = dialer.add_people(campaign, number(1), number(2))
    before = [one.model_dump() for one in dialer.page(campaign).contacts]
    content = f"id,external_id,tier\n{ana},x,gold\n{ben},x,gold\n"
    done = take(dialer, dialer.bucket.drop(campaign.id, content, mode="strict"))
    assert (done.status, counts(done)) == ("failed", {"rows": 2, "invalid": 1})
    assert [(error.row, error.code) for error in done.errors] == [(3, "identity_conflict")]
    assert [one.model_dump() for one in dialer.page(campaign).contacts] == before


def test_failing_rows_are_taken_with_the_mapping_they_had_and_without(dialer: Dialer, campaign: Campaign) -> None:
    mapping = '{"Handy": "phone", "Plan": "data.tier"}'
    done = take(dialer, dialer.bucket.drop(campaign.id, "Handy,Plan\n12,gold\n13,silver\n", mapping=mapping))
    assert counts(done) == {"rows": 2, "invalid": 2}
    mended = (
        dialer.bucket.texts[str(done.report_key)].replace(",12,", f",{number(1)},").replace(",13,", f",{number(2)},")
    )
    assert counts(take(dialer, dialer.bucket.drop(campaign.id, mended, mapping=mapping))) == {"rows": 2, "inserted": 2}
    assert counts(take(dialer, dialer.bucket.drop(campaign.id, mended))) == {"rows": 2, "duplicates": 2}
    assert [one.data for one in dialer.page(campaign).contacts] == [{"tier": "gold"}, {"tier": "silver"}]


def test_the_report_does_not_quote_what_stands_in_a_column_of_timezones(dialer: Dialer, campaign: Campaign) -> None:
    done = whole(dialer, campaign, f"phone,timezone\n{number(1)},+14155550123\n")
    assert [(error.column, "4155550123" in error.message) for error in done.errors] == [("timezone", False)]
