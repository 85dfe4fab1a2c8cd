"""An import that is cut short anywhere, comes twice, or in pieces, ends as one that nothing happens to (G10).

The event of a file and the messages of the import queue are delivered until each was worked off once without dying, as
S3 and SQS do. Contacts, report and file of failing rows are then compared with those of a run that is left alone.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

import pytest

from campanile.domain.campaign import Campaign
from campanile.domain.stored_file import StoredFile
from campanile.imports import begin, file_import, resume, run
from campanile.imports.run import ImportPorts, always
from campanile.store import keys
from campanile.store.table import Table
from tests.support import table as tables
from tests.support.audit import audit, audit_names
from tests.support.contacts import told
from tests.support.crashes import Crash, Crasher
from tests.support.dialer import Dialer, number
from tests.support.dropping import counts, read
from tests.support.table import Request
from tests.support.uploads import Bucket, TricklingBucket


@dataclass(frozen=True, slots=True)
class Case:
    """A file, who is in the campaign before it, and what its counts must be."""

    content: str
    counts: Mapping[str, int]
    before: Sequence[Mapping[str, Any]] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    status: str = "completed"
    unique_numbers: bool = False


def lines(header: str, *rows: str) -> str:
    """A file; `#3` is the third number."""
    text = "\n".join([header, *rows]) + "\n"
    for n in range(9):
        text = text.replace(f"#{n}", number(n))
    return text


ANA = {"external_id": "ana", "phone_numbers": [number(1)], "data": {"tier": "gold"}}
CASES = {
    "numbers only": Case(
        lines("phone", "#0", "#2", "#1", "#0", "#3"), {"rows": 5, "inserted": 3, "duplicates": 2}, [ANA]
    ),
    "external ids": Case(
        lines("external_id,phone,tier", "ana,,silver", "ben,#2,a", "cy,#3,b", "ben,#4,c", "ana,#5,", "dan,#3,d"),
        {"rows": 6, "inserted": 3, "updated": 1, "duplicates": 2},
        [ANA],
    ),
    "two phone columns": Case(
        lines("name,phone,mobile", "a,#0,#2", "b,#3,", "c,#4,#0", "d,#2,", "e,#5,#6", "f,#1,#7"),
        {"rows": 6, "inserted": 3, "duplicates": 3},
        [ANA],
    ),
    "strict good": Case(
        lines("phone,name", "#0,a", "#2,b", "#0,c", "#3,d"),
        {"rows": 4, "inserted": 3, "duplicates": 1},
        metadata={"mode": "strict"},
    ),
    "strict bad": Case(
        lines("phone,name", "#0,a", "12,b", "#2,c", "n/a,d", "#3,e"),
        {"rows": 5, "invalid": 2},
        metadata={"mode": "strict"},
        status="failed",
    ),
    "bad rows": Case(
        lines("phone,timezone", "#0,", "12,", "#2,Mars/Olympus", "#3,Europe/Paris", "n/a,", "#4,"),
        {"rows": 6, "inserted": 3, "invalid": 3},
        status="completed_with_errors",
    ),
    "unique numbers": Case(
        lines(
            "external_id,phone,mobile",
            "ana,#5,",
            "cy,#1,#6",
            "dan,#1,",
            ",#2,",
            "eve,#3,#2",
            ",#6,",
            "fay,#3,",
            "ana,#7,",
        ),
        {"rows": 8, "inserted": 3, "updated": 1, "duplicates": 4},
        [ANA],
        unique_numbers=True,
    ),
}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
rows_of_each_kind = pytest.mark.parametrize(
    "case",
    [CASES["external ids"], CASES["two phone columns"], CASES["bad rows"], CASES["unique numbers"]],
    ids=["ids", "numbers", "bad rows", "unique"],
)


@pytest.fixture(autouse=True)
def _many_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ROWS_PER_WRITE", 2)
    monkeypatch.setattr(file_import, "BATCHES_PER_CHECK", 1)


@dataclass(frozen=True, slots=True)
class Drop:
    """A file that was dropped for a campaign of its own."""

    dialer: Dialer
    campaign: Campaign
    file: StoredFile

    def event(self, ports: ImportPorts | None = None) -> str:
        """The event of the file is delivered; answers the import."""
        return begin.receive(ports or self.dialer.import_ports, self.file).job

    def messages(
        self, ports: ImportPorts | None = None, wait: Callable[[], Callable[[], bool]] = lambda: always
    ) -> int:
        """Messages are worked off, each with time of its own, until none is left; answers how many."""
        sent = self.dialer.import_queue.sent
        for taken in count():
            if not sent:
                return taken
            resume.resume(ports or self.dialer.import_ports, sent[0][0], wait())
            sent.pop(0)
        raise AssertionError

    def result(self) -> dict[str, Any]:
        """All that is left behind, times and ids aside."""
        done = read(self.dialer, self.event())
        people = told(self.dialer.table, self.campaign.key)
        audit(self.dialer, self.campaign)
        audit_names(self.dialer, self.campaign)
        return {
            "status": done.status,
            "reason": done.reason,
            "counts": dict(counts(done)),
            "errors": [asdict(error) for error in done.errors],
            "rows": self.dialer.bucket.texts[done.report_key] if done.report_key else "",
            "people": sorted(json.dumps(one, sort_keys=True) for one in people),
        }


def dropped(dialer: Dialer, case: Case) -> Drop:
    dialer.import_queue.sent.clear()
    campaign = dialer.campaign(unique_numbers=case.unique_numbers)
    if case.before:
        dialer.add(campaign, *case.before)
    dialer.clock.advance(1)
    return Drop(dialer, campaign, dialer.bucket.drop(campaign.id, case.content, **case.metadata))


def left_alone(dialer: Dialer, case: Case) -> dict[str, Any]:
    drop = dropped(dialer, case)
    drop.event()
    drop.messages()
    result = drop.result()
    assert (result["status"], result["counts"]) == (case.status, case.counts)
    assert len(result["people"]) == len(case.before) + case.counts.get("inserted", 0)
    return result


def deaths(dialer: Dialer, crasher: Crasher, case: Case) -> Iterator[tuple[Drop, str]]:
    """The same drop again and again, each time taken up once the process has died at its next request."""
    for at in count(1):
        for applied in (False, True):
            drop = dropped(dialer, case)
            ports = ImportPorts(
                dialer.table,
                dialer.queue,
                crasher.around(dialer.import_queue),
                crasher.around(dialer.bucket),
                dialer.clock,
            )
            crasher.arm(at, applied)
            with suppress(Crash):
                drop.event(ports)
                drop.messages(ports)
            crasher.disarm()
            if not crasher.died_at:
                return
            dialer.clock.advance(60)
            drop.event()
            drop.messages()
            yield drop, f"request {at}, {crasher.died_at}, {'after' if applied else 'before'} it took effect"
            if crasher.died_at_a_read:
                break


@pytest.fixture
def crasher() -> Crasher:
    return Crasher()


@pytest.fixture
def mortal(dynamodb: Any, shared_table: str, crasher: Crasher) -> Dialer:
    """An org whose processes die at the crasher's word."""
    return Dialer(tables.open_table(crasher.around(dynamodb), shared_table))


@each_case
def test_an_import_that_dies_at_any_request_ends_as_one_left_alone(
    mortal: Dialer, crasher: Crasher, case: Case
) -> None:
    expected = left_alone(mortal, case)
    died = 0
    for drop, where in deaths(mortal, crasher, case):
        assert drop.result() == expected, where
        died += 1
    assert died > 20, "there are more requests than that"


@rows_of_each_kind
def test_a_batch_of_several_transactions_that_dies_among_them_ends_as_one_left_alone(
    mortal: Dialer, crasher: Crasher, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contacts of different blocks are written at once, so any of them may be there when the process dies."""
    monkeypatch.setattr(run, "ROWS_PER_WRITE", 6)
    monkeypatch.setattr(keys, "BLOCK_SIZE", 2)
    expected = left_alone(mortal, case)
    for drop, where in deaths(mortal, crasher, case):
        assert drop.result() == expected, where


@rows_of_each_kind
@pytest.mark.parametrize("batches", [1, 2])
def test_an_import_that_is_passed_on_at_every_checkpoint_ends_as_one_left_alone(
    dialer: Dialer, case: Case, batches: int
) -> None:
    expected = left_alone(dialer, case)

    def time_for_some() -> Callable[[], bool]:
        asked = count()
        return lambda: next(asked) < batches

    drop = dropped(dialer, case)
    drop.event()
    assert drop.messages(wait=time_for_some) >= 2
    assert drop.result() == expected


@rows_of_each_kind
@pytest.mark.parametrize("is_hurried", [False, True], ids=["to its end", "for one batch"])
def test_of_two_workers_at_once_each_row_is_written_by_one(dialer: Dialer, case: Case, is_hurried: bool) -> None:
    """The event comes twice; at each request of the first worker the second one runs, to its end or for one batch."""
    expected = left_alone(dialer, case)
    for at in count(1):
        drop = dropped(dialer, case)
        made = count(1)
        came: list[str] = []

        def second(
            _: Request, drop: Drop = drop, made: Iterator[int] = made, came: list[str] = came, at: int = at
        ) -> None:
            if next(made) == at:
                came.append(drop.event())
                asked = count()
                resume.resume(dialer.import_ports, came[0], lambda: not is_hurried or next(asked) < 2)

        with dialer.interposed(second):
            drop.event()
            drop.messages()
        if not came:
            return
        drop.messages()
        assert drop.result() == expected, f"the second came at request {at}"


@each_case
def test_messages_delivered_again_when_all_is_done_change_nothing(dialer: Dialer, case: Case) -> None:
    drop = dropped(dialer, case)
    job = drop.event()
    drop.messages()
    before, done = drop.result(), read(dialer, job)
    dialer.import_queue.send_import(job)
    drop.messages()
    assert (drop.result(), read(dialer, job)) == (before, done)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1)])
def test_files_whose_events_come_in_any_order_or_at_once_bring_each_number_once(
    dialer: Dialer, order: Sequence[int]
) -> None:
    """Three versions of a growing list; the batches of their imports alternate."""
    campaign = dialer.campaign()
    people = [number(n) for n in range(7)]
    files = [dialer.bucket.drop(campaign.id, "phone\n" + "\n".join(people[:size])) for size in (3, 5, 7)]
    jobs = [begin.receive(dialer.import_ports, files[index]).job for index in order]
    sent = dialer.import_queue.sent
    while sent:
        job, _ = sent.pop(0)
        asked = count()
        resume.resume(dialer.import_ports, job, lambda asked=asked: next(asked) < 1)  # type: ignore[misc]
    reports = [read(dialer, job) for job in jobs]
    assert [one.status for one in reports] == ["completed"] * 3
    assert sum(one.counts.inserted for one in reports) == 7
    assert sum(one.counts.duplicates for one in reports) == 8
    assert sorted(one["phones"][0] for one in told(dialer.table, campaign.key)) == sorted(people)
    audit(dialer, campaign)


@rows_of_each_kind
@pytest.mark.parametrize("block_bytes", [1, 7, 64])
def test_however_small_the_blocks_of_the_bucket_the_import_ends_as_one_left_alone(
    dialer: Dialer, case: Case, block_bytes: int
) -> None:
    expected = left_alone(dialer, case)
    dialer.bucket = TricklingBucket(dialer.org)
    dialer.bucket.block_bytes = block_bytes
    assert left_alone(dialer, case) == expected


@pytest.mark.parametrize("block_bytes", [65_536, 65_537, 1_000_000])
def test_a_file_of_many_blocks_is_read_whole_from_any_checkpoint(dialer: Dialer, block_bytes: int) -> None:
    """Cells of several lines and characters of several bytes lie across the blocks."""
    notes = [f"{n}: " + "é€😀\r\n" * 700 for n in range(20)]
    dialer.bucket.block_bytes = block_bytes
    campaign = dialer.campaign()
    content = "phone,note\r\n" + "".join(f'{number(n)},"{note}"\r\n' for n, note in enumerate(notes))
    drop = Drop(dialer, campaign, dialer.bucket.drop(campaign.id, content))
    assert drop.file.size > 2 * 65_536
    drop.event()

    def time_for_one() -> Callable[[], bool]:
        asked = count()
        return lambda: next(asked) < 1

    drop.messages(wait=time_for_one)
    assert drop.result()["counts"] == {"rows": 20, "inserted": 20}
    assert [one["data"]["note"] for one in told(dialer.table, campaign.key)] == [note.strip() for note in notes]


def test_of_a_table_that_fails_the_import_is_tried_again_and_in_the_end_says_so(dialer: Dialer) -> None:
    """Never half an import that is called a success, nor one that is left running for ever."""
    drop = dropped(dialer, CASES["numbers only"])
    job = drop.event()
    made = count()

    def fail(request: Request) -> None:
        if request.operation == "transact" and next(made) >= 1:
            raise RuntimeError("the table is out of order")

    with dialer.interposed(fail), pytest.raises(RuntimeError):
        resume.resume(dialer.import_ports, job, always)
    assert read(dialer, job).status == "running"
    made = count(1)
    with dialer.interposed(fail), pytest.raises(RuntimeError):
        resume.resume(dialer.import_ports, job, always, is_last_try=True)
    done = read(dialer, job)
    assert done.status == "failed"
    assert "several tries" in (done.reason or "")
    assert done.counts.inserted == len(told(dialer.table, drop.campaign.key)) - 1


def test_a_bucket_that_fails_leaves_the_import_to_be_tried_again(
    dialer: Dialer, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = dropped(dialer, CASES["bad rows"])
    job = drop.event()
    with monkeypatch.context() as broken:
        broken.setattr(Bucket, "keep", lambda *_: (_ for _ in ()).throw(OSError("no bucket")))
        with pytest.raises(OSError, match="no bucket"):
            drop.messages()
    assert read(dialer, job).status == "running"
    drop.messages()
    assert drop.result() == left_alone(dialer, CASES["bad rows"])
