"""Files for the do-not-call list: dropped or uploaded, read, reported, and each number listed once whatever dies."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from campanile.imports import begin, file_import, resume, run
from campanile.imports.run import always
from campanile.store import do_not_call, keys
from campanile.store.imports import Import
from campanile.store.table import Table
from tests.support.crashes import Crash, Crasher
from tests.support.dialer import Dialer, number
from tests.support.do_not_call import entry, events, put_on_list
from tests.support.dropping import counts, read, take, work_off
from tests.support.gateway import Client, paths, problem
from tests.support.memory import Memory
from tests.support.table import Request

IMPORTS = "/campaign/do-not-call/imports"
FILE = (
    "Phone;Mobile;Reason;Expires At\n"
    "+1 (212) 555-0001;;asked by letter;\n"
    "0044 20 7946 0018;+12125550002;;2027-01-01T00:00:00Z\n"
    "4155550123;;no country;\n"
    ";;nobody;\n"
    "+12125550001;;again;2026-12-01T00:00:00Z\n"
    "+12125550003;;late;2026-01-01T00:00:00Z\n"
    "+12125550003;;unclear;tomorrow\n"
    f"+12125550004;;{'x' * 501};\n"
)


def drop(dialer: Dialer, content: str, **metadata: str) -> Import:
    return take(dialer, dialer.bucket.drop("do-not-call", content, "opted out.csv", **metadata))


def listed(dialer: Dialer) -> dict[str, tuple[str | None, int | None]]:
    """Reason and end by number, of all that is on the list."""
    numbers = list(do_not_call.numbers(dialer.table, dialer.org, "+", None, 10_000))
    found = do_not_call.entries(dialer.table, dialer.org, numbers, dialer.clock.now_ms())
    return {one.number: (one.reason, one.expires_at) for one in found}


def test_the_numbers_of_a_dropped_file_are_listed_and_its_bad_rows_reported(edge: Dialer, api: Client) -> None:
    done = drop(edge, FILE)
    assert (done.status, counts(done)) == (
        "completed_with_errors",
        {"rows": 8, "inserted": 2, "duplicates": 1, "invalid": 5},
    )
    assert [(one.row, one.column, one.code) for one in done.errors] == [
        (4, "Phone", "not_e164"),
        (5, None, "no_number"),
        (7, "Expires At", "past"),
        (8, "Expires At", "value_error"),
        (9, "Reason", "string_too_long"),
    ]
    assert listed(edge) == {
        number(1): ("asked by letter", None),
        number(2): (None, 1_798_761_600_000),
        "+442079460018": (None, 1_798_761_600_000),
    }
    of_first = entry(edge, number(1))
    assert of_first
    assert (of_first.source, of_first.actor) == ("import", done.job)
    [report] = api.get(IMPORTS)["imports"]
    assert (report["id"], report["file_name"], report["counts"]["inserted"]) == (done.job, "opted out.csv", 2)
    shown = api.get(f"{IMPORTS}/{done.job}")
    assert shown["failed_rows_url"]
    assert number(1) not in str(shown)


def test_the_file_of_failing_rows_can_be_mended_and_dropped_again(edge: Dialer) -> None:
    content = f"Rufnummer,Grund,Notiz\n{number(1)},a,x\n4155550123,b,y\n"
    mapping = '{"Rufnummer": "phone", "Grund": "reason", "Notiz": "ignore"}'
    done = drop(edge, content, mapping=mapping)
    assert done.report_key
    failing = edge.bucket.texts[done.report_key]
    assert failing.splitlines()[0].endswith(",phone,reason,campanile:ignore")
    again = drop(edge, failing.replace("4155550123", "+14155550123"))
    assert counts(again) == {"rows": 1, "inserted": 1}
    assert listed(edge) == {number(1): ("a", None), "+14155550123": ("b", None)}


def test_a_file_is_uploaded_by_a_form(edge: Dialer, api: Client) -> None:
    asked = api.post(IMPORTS, {"mode": "strict", "mapping": {"Handy": "phone", "Warum": "reason"}}, 201)
    assert (asked["status"], asked["file_name"]) == ("awaiting_upload", "do-not-call.csv")
    file = edge.bucket.store(asked["upload"]["fields"]["key"], f"Handy,Warum\n{number(1)},asked\n")
    assert begin.receive(edge.import_ports, file).job == asked["id"]
    assert work_off(edge, asked["id"]).status == "completed"
    assert listed(edge) == {number(1): ("asked", None)}
    assert api.get(f"{IMPORTS}/{asked['id']}")["counts"]["inserted"] == 1


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"mapping": {"Handy": "external_id"}}, "mapping"),
        ({"mapping": {"Handy": "data.reason"}}, "mapping"),
        ({"mode": "loose"}, "mode"),
        ({"file_name": "x.exe"}, "file_name"),
    ],
)
def test_a_wrong_wish_for_an_upload_is_refused_by_name(api: Client, body: dict[str, Any], path: str) -> None:
    assert paths(api("POST", IMPORTS, body)) == [path]


def test_a_strict_file_with_a_bad_row_lists_nobody(dialer: Dialer) -> None:
    done = drop(dialer, FILE, mode="strict")
    assert (done.status, counts(done)) == ("failed", {"rows": 8, "invalid": 5})
    assert listed(dialer) == {}


@pytest.mark.parametrize(
    ("content", "metadata", "word"),
    [
        ("name,reason\nAda,asked\n", {}, "phone"),
        ("id,reason\n4f1c6a52-8d0e-4b7a-9c35-1e2f3a4b5c6d,asked\n", {}, "phone"),
        ("phone\n", {}, "no row"),
        (f"phone\n{number(1)}\n", {"mapping": '{"phone": "timezone"}'}, "mapping"),
    ],
)
def test_a_file_that_cannot_be_read_lists_nobody_and_says_why(
    edge: Dialer, api: Client, content: str, metadata: Mapping[str, str], word: str
) -> None:
    done = drop(edge, content, **metadata)
    assert done.status == "failed"
    assert word in (done.reason or "")
    assert [one["status"] for one in api.get(IMPORTS)["imports"]] == ["failed"]
    assert listed(edge) == {}


def test_an_export_of_contacts_lists_all_their_numbers(dialer: Dialer) -> None:
    header = "id,external_id,phone,phone_2,status,data\n"
    some_id = "4f1c6a52-8d0e-4b7a-9c35-1e2f3a4b5c6d"
    done = drop(dialer, header + f'{some_id},ana,{number(1)},{number(2)},pending,"{{""plan"": 5}}"\n')
    assert counts(done) == {"rows": 1, "inserted": 1}
    assert set(listed(dialer)) == {number(1), number(2)}


def test_imports_of_the_list_and_of_campaigns_are_apart(edge: Dialer, api: Client) -> None:
    campaign = edge.campaign()
    to_campaign = take(edge, edge.bucket.drop(campaign.id, f"phone\n{number(1)}\n"))
    to_list = drop(edge, f"phone\n{number(2)}\n")
    problem(api("GET", f"{IMPORTS}/{to_campaign.job}"), 404)
    problem(api("GET", f"/campaign/campaigns/{campaign.id}/imports/{to_list.job}"), 404)
    assert [one["id"] for one in api.get(IMPORTS)["imports"]] == [to_list.job]
    assert set(listed(edge)) == {number(2)}


def test_of_rows_with_one_number_the_first_is_counted_and_the_longest_end_kept(dialer: Dialer) -> None:
    put_on_list(dialer, number(2), reason="before")
    dialer.clock.advance(1)
    rows = [
        f"{number(1)},one,2026-08-01T00:00:00Z",
        f"{number(1)},two,2026-09-01T00:00:00Z",
        f"{number(1)},three,2026-07-15T00:00:00Z",
        f"{number(2)},four,",
    ]
    done = drop(dialer, "\n".join(["phone,reason,expires_at", *rows]))
    assert counts(done) == {"rows": 4, "inserted": 1, "duplicates": 3}
    assert listed(dialer) == {number(1): ("two", 1_788_220_800_000), number(2): ("before", None)}
    assert events(dialer, number(2)) == ["added", "already_listed"]


# ---------------------------------------------------------------- interruptions (G10)

LARGE = "phone,mobile,reason\n" + "".join(
    f"{number(n)},{number(n + 4) if n % 3 == 0 else ''},row {n}\n" if n % 5 else f"12,,row {n}\n"
    for n in (*range(12), *range(4))
)
COUNTED = {"rows": 16, "inserted": 8, "duplicates": 4, "invalid": 4}


@pytest.fixture
def _many_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ROWS_PER_WRITE", 3)
    monkeypatch.setattr(file_import, "BATCHES_PER_CHECK", 1)


def result(dialer: Dialer, job: str) -> dict[str, Any]:
    done = read(dialer, job)
    found = listed(dialer)
    return {
        "status": done.status,
        "counts": counts(done),
        "errors": done.errors,
        "rows": dialer.bucket.texts[done.report_key] if done.report_key else "",
        "listed": found,
        "history": {one: events(dialer, one) for one in found},
    }


def deliver(dialer: Dialer, job: str) -> None:
    """The messages of the queue, each until it was worked off."""
    while dialer.import_queue.sent:
        resume.resume(dialer.import_ports, dialer.import_queue.sent[0][0], always)
        dialer.import_queue.sent.pop(0)
    assert read(dialer, job).status != "running"


def deaths(content: str) -> Iterator[tuple[Dialer, str, str]]:
    """The file dropped again and again, each time taken up once the process has died at its next request."""
    for at in count(1):
        for applied in (False, True):
            crasher = Crasher()
            dialer = Dialer(Table(crasher.around(Memory()), "table", None, lambda _: None))  # type: ignore[arg-type]
            put_on_list(dialer, number(7), reason="before")
            dialer.clock.advance(1)
            file = dialer.bucket.drop("do-not-call", content)
            mortal = replace(
                dialer.import_ports,
                work_queue=crasher.around(dialer.import_queue),
                bucket=crasher.around(dialer.bucket),
            )
            crasher.arm(at, applied)
            with suppress(Crash):
                resume.resume(mortal, begin.receive(mortal, file).job, always)
            crasher.disarm()
            job = begin.receive(dialer.import_ports, file).job
            dialer.clock.advance(60)
            deliver(dialer, job)
            yield dialer, job, f"request {at}, {crasher.died_at}, {'after' if applied else 'before'} it took effect"
            if not crasher.died_at:
                return
            if crasher.died_at_a_read:
                break


@pytest.mark.usefixtures("_many_checkpoints")
def test_a_file_killed_anywhere_and_taken_up_again_lists_each_number_once() -> None:
    quiet = Dialer(Memory().table())
    put_on_list(quiet, number(7), reason="before")
    quiet.clock.advance(1)
    expected = result(quiet, take(quiet, quiet.bucket.drop("do-not-call", LARGE)).job)
    assert expected["counts"] == COUNTED
    died = 0
    for dialer, job, where in deaths(LARGE):
        left = result(dialer, job)
        for lines in left["history"].values():  # asking again for what is listed is told again
            assert lines.count("added") == 1, where
        assert {**left, "history": 0} == {**expected, "history": 0}, where
        died += 1
    assert died > 20


@pytest.mark.usefixtures("_many_checkpoints")
@pytest.mark.parametrize("is_hurried", [False, True], ids=["to its end", "for one batch"])
def test_of_two_workers_at_once_each_number_is_listed_by_one(is_hurried: bool) -> None:
    """At each request of the first worker the second one runs, to its end or for one batch."""
    for at in count(1):
        dialer = Dialer(Memory().table())
        job = begin.receive(dialer.import_ports, dialer.bucket.drop("do-not-call", LARGE)).job
        made, came = count(1), count()

        def second(
            _: Request,
            dialer: Dialer = dialer,
            job: str = job,
            made: Iterator[int] = made,
            came: Iterator[int] = came,
            at: int = at,
        ) -> None:
            if next(made) == at:
                next(came)
                asked = count()
                resume.resume(dialer.import_ports, job, lambda: not is_hurried or next(asked) < 2)

        with dialer.interposed(second):
            resume.resume(dialer.import_ports, job, always)
        if not next(came):
            return
        deliver(dialer, job)
        assert (counts(read(dialer, job)), len(listed(dialer))) == (COUNTED, 11), f"the second came at request {at}"


def test_the_key_of_the_lists_imports_is_no_campaigns() -> None:
    assert keys.do_not_call_imports("acme") == "do-not-call@acme"
