"""Imports cost the same for each row whatever their number, and rows come into a campaign by one way only."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from campanile.imports import begin, inline_contacts, resume
from campanile.imports.run import ROWS_PER_WRITE, Batch, Run, always
from campanile.schema.campaigns import CampaignInput
from campanile.schema.contacts import ContactInput
from campanile.store.imports import Import
from tests.support.contacts import told
from tests.support.dialer import Dialer
from tests.support.dropping import counts, read, take, work_off
from tests.support.memory import Memory
from tests.support.meter import Meter

FEW, MANY = 1_000, 100_000
REQUEST = 10_000


def phone(n: int) -> str:
    """Valid for any n below ten million."""
    return f"+1212{n:07d}" if n >= 2_000_000 else f"+1212{n + 2_000_000:07d}"


def name(n: int) -> str:
    """An external id for every second row."""
    return f"lead-{n:06d}" if n % 2 else ""


def file_of(rows: int) -> str:
    return "external_id,phone,name\n" + "".join(f"{name(n)},{phone(n)},Ada {n:06d}\n" for n in range(rows))


def units_per_row(rows: int) -> float:
    meter = Meter(Memory())
    dialer = Dialer(meter.table("table"))
    campaign = dialer.campaign()
    done: list[Import] = []
    file = dialer.bucket.drop(campaign.id, file_of(rows))
    written, seen = meter.spend(lambda: done.append(take(dialer, file)))
    assert counts(done[0]) == {"rows": rows, "inserted": rows}
    print(f"{rows} rows: {written / rows:.4f} write units and {seen / rows:.4f} read units each")
    return written / rows


def test_a_row_costs_as_much_among_a_hundred_thousand_as_among_a_thousand() -> None:
    few, many = units_per_row(FEW), units_per_row(MANY)
    assert abs(many / few - 1) < 0.01


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What is taken by whatever run: the import, and how many rows at a time."""
    taken: list[tuple[str, int]] = []
    go = Run.go

    def noted(run: Run[Any], given: Iterable[Batch[Any]], may_go_on: Callable[[], bool] = always) -> Import:
        def each() -> Iterable[Batch[Any]]:
            for batch in given:
                taken.append((run.current.job, len(batch.records)))
                yield batch

        return go(run, each(), may_go_on)

    monkeypatch.setattr(Run, "go", noted)
    return taken


def test_a_large_request_and_a_file_of_the_same_rows_are_one_from_the_checkpoint_on(
    batches: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the rows have external ids. The request has time for none of them, so a worker writes both."""
    monkeypatch.setattr("campanile.imports.request_import.WRITING_MS", 0)
    dialer = Dialer(Memory().table())
    configuration = dialer.campaign().configuration_id
    people: list[dict[str, Any]] = [
        {
            "phone_numbers": [phone(n)],
            "data": {"name": f"Ada {n:06d}"},
            **({"external_id": name(n)} if name(n) else {}),
        }
        for n in range(REQUEST)
    ]
    wanted = CampaignInput(name="by request", configuration_id=str(configuration)).model_copy(
        update={"contacts": [ContactInput.model_validate(one) for one in people]}
    )
    answer = inline_contacts.create(dialer.import_ports, dialer.org, wanted, dialer.clock.now_ms())
    assert answer.contacts_import
    assert answer.contacts_import.counts.rows == 0
    by_request = work_off(dialer, answer.contacts_import.id)
    campaign = dialer.campaign()
    by_file = take(dialer, dialer.bucket.drop(campaign.id, file_of(REQUEST)))
    assert by_request.counts == by_file.counts
    assert counts(by_file) == {"rows": REQUEST, "inserted": REQUEST}
    sizes = [[rows for job, rows in batches if job == one.job] for one in (by_request, by_file)]
    assert sizes[0][-5:] == sizes[1] == [ROWS_PER_WRITE] * 5
    everyone = told(dialer.table, campaign.key)
    assert len(everyone) == REQUEST
    assert told(dialer.table, answer.id) == everyone


def test_a_file_is_gone_on_with_where_a_request_would_be(batches: list[tuple[str, int]]) -> None:
    """Both from the checkpoint: no row before it is looked at again."""
    dialer = Dialer(Memory().table())
    campaign = dialer.campaign()
    asked = iter([True, True, False])
    file = dialer.bucket.drop(campaign.id, file_of(7_000))
    job = begin.receive(dialer.import_ports, file).job
    resume.resume(dialer.import_ports, job, lambda: next(asked))
    half = read(dialer, job)
    assert (half.status, half.counts.rows) == ("running", 4_000)
    batches.clear()
    done = work_off(dialer, job)
    assert [rows for _, rows in batches] == [2_000, 1_000]
    assert counts(done) == {"rows": 7_000, "inserted": 7_000}
