"""Attacks on imports and exports: each test is a promise that broke once."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from campanile.campaigns import manage_configurations
from campanile.csv_files.records import Record
from campanile.domain.campaign import Campaign
from campanile.domain.contact import MAX_ALIASES
from campanile.edge.wiring import imports
from campanile.imports import begin, contacts_file, file_import, resume, run, work
from campanile.schema.configurations import ConfigurationPatch
from campanile.store import imports as stored
from campanile.store.imports import Import
from campanile.store.table import Update
from functions.imports.work import app
from tests.support.crashes import Crash
from tests.support.dialer import Dialer, number
from tests.support.dropping import counts, read, take, work_off
from tests.support.gateway import Client, Context
from tests.support.table import Request

IMPORTS = "/campaign/campaigns/default/imports"


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    return dialer.campaign()


def drop(dialer: Dialer, campaign: Campaign, content: str | bytes, **metadata: str) -> Import:
    """Drop a file and import it; a moment passes before the next one."""
    done = take(dialer, dialer.bucket.drop(campaign.id, content, **metadata))
    dialer.clock.advance(1)
    return done


def begun(dialer: Dialer, campaign: Campaign, content: str) -> str:
    """Drop a file; answers the id of its import, which no worker has taken up."""
    dialer.clock.advance(1)
    return begin.receive(dialer.import_ports, dialer.bucket.drop(campaign.id, content)).job


def kill_worker(dialer: Dialer, job: str, at: Callable[[Request], bool]) -> None:
    """Run a worker until the request at which it dies."""

    def die(request: Request) -> None:
        if at(request):
            raise Crash

    with dialer.interposed(die), pytest.raises(Crash):
        resume.resume(dialer.import_ports, job, run.always)


def is_checkpoint(request: Request) -> bool:
    """Behind the first batch of rows; the one before ends the check of the file."""
    return isinstance(request.about, Update) and request.about.values.get(":checkpoint", 0) > 0


def has_many_names(dialer: Dialer, campaign: Campaign) -> str:
    """A contact that has as many names as it may."""
    [contact_id] = dialer.add(campaign, {"external_id": "ben", "phone_numbers": [number(5)]})
    for n in range(MAX_ALIASES):
        dialer.add(campaign, {"id": contact_id, "external_id": f"ben{n}"})
    return contact_id


# -------------------------------------------------------------------- an import ends, whoever dies


def test_a_checkpoint_whose_answer_was_lost_is_no_rivals(dialer: Dialer, campaign: Campaign) -> None:
    seen = read(dialer, begun(dialer, campaign, "phone\n"))
    changed = replace(seen, checkpoint=7)
    assert stored.save(dialer.table, seen, changed) == stored.save(dialer.table, seen, changed)
    with pytest.raises(stored.ImportTakenOverError):
        stored.save(dialer.table, seen, replace(seen, checkpoint=8))


def test_an_import_goes_on_when_the_worker_that_came_first_dies_after_the_second_has_stopped(
    dialer: Dialer, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one acknowledges its message, which may be the first one's too."""
    monkeypatch.setattr(run, "ROWS_PER_WRITE", 2)
    job = begun(dialer, campaign, "phone\n" + "".join(f"{number(n)}\n" for n in range(6)))
    dialer.import_queue.sent.clear()
    overtaken: list[str] = []

    def overtake(request: Request) -> None:
        if request.operation == "transact" and not overtaken:
            overtaken.append(job)
            kill_worker(dialer, job, lambda other: other.operation == "transact" and read(dialer, job).checkpoint > 0)
            dialer.clock.advance(1)

    with dialer.interposed(overtake):
        assert resume.resume(dialer.import_ports, job, run.always) is None
    assert read(dialer, job).status == "running"
    [(again, delay)] = dialer.import_queue.sent
    assert (again, delay > 150) == (job, True)
    assert counts(work_off(dialer, job)) == {"rows": 6, "inserted": 6}


def test_an_import_whose_every_worker_was_killed_ends_as_failed(edge: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    job = begun(edge, edge.campaign(), f"phone\n{number(1)}\n")

    def deliver(tries: int) -> None:
        attributes = {"ApproximateReceiveCount": str(tries)}
        body = json.dumps({"import": job})
        app.work(SQSRecord({"body": body, "attributes": attributes, "receiptHandle": "r"}), Context())

    def die(request: Request) -> None:
        raise Crash

    for tries in range(1, work.TRIES + 1):
        with edge.interposed(die):
            monkeypatch.setattr(imports, "import_ports", lambda ports=edge.import_ports: ports)
            with pytest.raises(Crash):
                deliver(tries)
        assert read(edge, job).status == "running"
    monkeypatch.setattr(imports, "import_ports", lambda: edge.import_ports)
    with pytest.raises(TimeoutError):
        deliver(work.TRIES + 1)
    assert read(edge, job).status == "failed"


@pytest.mark.parametrize("zone", ["America", "US", "a" * 300])
def test_one_cell_with_a_strange_timezone_does_not_end_the_import(
    dialer: Dialer, campaign: Campaign, zone: str
) -> None:
    done = drop(dialer, campaign, f"phone,timezone,scheduled_at\n{number(1)},{zone},2026-07-02T10:00\n{number(2)},,\n")
    assert counts(done) == {"rows": 2, "inserted": 1, "invalid": 1}
    assert [(error.row, error.column) for error in done.errors] == [(2, "timezone")]


@pytest.mark.parametrize("name", ["LIST.TSV", "LIST.TXT", "people.Csv"])
def test_a_file_of_any_spelling_that_a_form_takes_is_one_that_the_bucket_tells_of(
    edge: Dialer, api: Client, name: str
) -> None:
    upload = api.post(IMPORTS, {"file_name": name}, 201)["upload"]
    assert upload["fields"]["key"].endswith((".csv", ".tsv", ".txt"))


# -------------------------------------------------------------------- all or nothing in strict mode


def test_strict_stores_nothing_of_a_file_with_a_contact_of_too_many_names(dialer: Dialer, campaign: Campaign) -> None:
    ben = has_many_names(dialer, campaign)
    done = drop(dialer, campaign, f"id,external_id,phone\n,ana,{number(1)}\n{ben},benjamin,\n", mode="strict")
    assert (done.status, counts(done)) == ("failed", {"rows": 2, "invalid": 1})
    assert dialer.page(campaign).total == 1


@pytest.mark.parametrize("mode", ["strict", "lenient"])
def test_a_row_that_gives_a_contact_the_name_of_an_earlier_rows_is_an_error(
    dialer: Dialer, campaign: Campaign, mode: str
) -> None:
    [ben] = dialer.add(campaign, {"external_id": "ben", "phone_numbers": [number(2)]})
    done = drop(dialer, campaign, f"id,external_id,phone\n,ana,{number(1)}\n{ben},ana,\n", mode=mode)
    assert [(error.row, error.code) for error in done.errors] == [(3, "identity_conflict")]
    assert counts(done) == (
        {"rows": 2, "inserted": 1, "invalid": 1} if mode == "lenient" else {"rows": 2, "invalid": 1}
    )


# -------------------------------------------------------------------- nobody is lost as a duplicate


def test_a_number_that_only_a_duplicate_brought_is_still_new(dialer: Dialer, campaign: Campaign) -> None:
    done = drop(dialer, campaign, f"external_id,phone\nana,{number(1)}\nana,{number(2)}\n,{number(2)}\n")
    assert counts(done) == {"rows": 3, "inserted": 2, "duplicates": 1}
    assert [one.phone_numbers for one in dialer.page(campaign).contacts] == [[number(1)], [number(2)]]


def test_a_number_that_only_a_bad_row_brought_is_still_new(dialer: Dialer, campaign: Campaign) -> None:
    ben = has_many_names(dialer, campaign)
    done = drop(dialer, campaign, f"id,external_id,phone\n{ben},benjamin,{number(2)}\n,,{number(2)}\n")
    assert counts(done) == {"rows": 2, "inserted": 1, "invalid": 1}


def test_a_number_that_a_contact_had_before_is_new(dialer: Dialer, campaign: Campaign) -> None:
    drop(dialer, campaign, f"phone\n{number(1)}\n")
    [contact] = dialer.page(campaign).contacts
    dialer.add(campaign, {"id": contact.id, "phone_numbers": [number(2)]})
    assert counts(drop(dialer, campaign, f"phone\n{number(1)}\n")) == {"rows": 1, "inserted": 1}


# -------------------------------------------------------------------- others act meanwhile


def test_a_contact_deleted_between_the_check_of_its_row_and_the_write_stays_deleted(
    dialer: Dialer, campaign: Campaign
) -> None:
    [ben] = dialer.add(campaign, {"phone_numbers": [number(2)]})
    job = begun(dialer, campaign, f"id,phone\n{ben},{number(3)}\n")
    deleted: list[str] = []

    def delete(request: Request) -> None:
        if not deleted and request.operation == "batch_get" and ben in str(request.about):
            deleted.append(ben)
            dialer.delete(campaign, ben)

    with dialer.interposed(after=delete):
        done = work_off(dialer, job)
    assert deleted
    assert [(error.row, error.code) for error in done.errors] == [(2, "unknown_id")]
    assert dialer.page(campaign).total == 0


def test_an_import_that_fails_after_a_crash_tells_that_rows_were_stored(dialer: Dialer, campaign: Campaign) -> None:
    job = begun(dialer, campaign, f"phone\n{number(1)}\n{number(2)}\n")
    kill_worker(dialer, job, is_checkpoint)
    dialer.change(campaign, "close")
    assert "stored" in str(work_off(dialer, job).reason)


def test_a_row_is_one_contact_though_the_country_code_changes_in_mid_import(dialer: Dialer, campaign: Campaign) -> None:
    job = begun(dialer, campaign, "phone\n2125550001\n")
    kill_worker(dialer, job, is_checkpoint)
    patch = ConfigurationPatch(default_country_code="+49")
    assert campaign.configuration_id
    manage_configurations.change(
        dialer.table, dialer.queue, dialer.org, campaign.configuration_id, patch, dialer.clock.now_ms()
    )
    work_off(dialer, job)
    assert dialer.page(campaign).total == 1


# -------------------------------------------------------------------- the file of failing rows


@pytest.mark.parametrize(
    "mapping",
    [
        {"mobile": "ignore"},
        {"mobile": "data"},
        {"tel": "data.mobile", "mobile": "ignore"},
        {"note": "ignore"},
        {"note": "data.mobile"},
        {"note": "data.timezone"},
        {"timezone": "data"},
        {"note": "data.data"},
        {"note": "timezone", "timezone": "ignore"},
    ],
    ids=str,
)
def test_failing_rows_are_corrected_and_dropped_without_the_mapping_that_they_came_with(
    dialer: Dialer, campaign: Campaign, mapping: Mapping[str, str]
) -> None:
    """Nobody is called on a number that the mapping kept from being one."""
    note = "Europe/Rome" if "timezone" in mapping.values() else "hello"
    content = f"phone,mobile,note,timezone,tel\n{{}},{number(8)},{note},Europe/Paris,{number(9)}\n"
    told = json.dumps(mapping)
    failed = drop(dialer, campaign, content.format("12"), mapping=told)
    assert failed.report_key
    drop(dialer, campaign, dialer.bucket.texts[failed.report_key].replace(",12,", f",{number(1)},"))
    other = dialer.campaign()
    drop(dialer, other, content.format(number(1)), mapping=told)
    [again], [direct] = dialer.page(campaign).contacts, dialer.page(other).contacts
    assert (again.phone_numbers, again.data, again.timezone) == (direct.phone_numbers, direct.data, direct.timezone)


@pytest.mark.parametrize("cell", ["=1+1", "@x", "\uff1d1+1", "\uff20x", "\uff0bx", " =1", "'=1"])
def test_no_cell_and_no_header_of_failing_rows_is_a_formula(dialer: Dialer, campaign: Campaign, cell: str) -> None:
    done = drop(dialer, campaign, f"phone,{cell}\n12,{cell}\n")
    assert done.report_key
    for row in csv.reader(io.StringIO(dialer.bucket.texts[done.report_key])):
        assert row[-1].startswith("'")


def test_the_report_quotes_no_cell_of_whatever_column(dialer: Dialer, campaign: Campaign) -> None:
    name = "Ana Johnson"
    done = drop(
        dialer,
        campaign,
        "id,external_id,phone,timezone,scheduled_at,data\n"
        f"{name},,,,,\n,{name}/,{number(1)},,,\n,,{name},,,\n,,{number(1)},{name},,\n,,{number(1)},,{name},\n"
        f",,{number(1)},,,{name}\n,,{number(1)},+1 212 555 0123,,\n",
    )
    assert counts(done) == {"rows": 7, "invalid": 7}
    assert "Johnson" not in repr(done.errors)
    assert "0123" not in repr(done.errors)


def test_a_misspelled_timezone_is_still_told_the_right_one(dialer: Dialer, campaign: Campaign) -> None:
    done = drop(dialer, campaign, f"phone,timezone\n{number(1)},america/new york\n")
    assert "America/New_York" in done.errors[0].message


# -------------------------------------------------------------------- sizes


def test_a_header_that_an_item_could_not_hold_is_refused_in_words(dialer: Dialer, campaign: Campaign) -> None:
    dialer.bucket.block_bytes = 4_194_304
    header = ",".join(f"{n:03d}" + "\N{GRINNING FACE}" * 247 for n in range(499))
    done = drop(dialer, campaign, f"phone,{header}\n{number(1)}\n")
    assert done.status == "failed"
    assert "bytes" in str(done.reason)


@pytest.mark.parametrize(
    "mapping",
    [
        {"": "ignore"},
        {"x" * 500_000: "ignore"},
        {"x" * 390_000: "ignore"},
        {"x": "data." + "k" * 390_000},
        {"\ud800": "ignore"},
        {"x": "data.\ud800"},
    ],
    ids=["nameless", "huge", "almost too huge", "huge key", "half a character", "key of half a character"],
)
def test_a_mapping_that_cannot_be_kept_is_refused_by_name(
    edge: Dialer, api: Client, mapping: Mapping[str, str]
) -> None:
    answer = api("POST", IMPORTS, {"mapping": mapping})
    assert (answer.status, "mapping" in answer.text) == (422, True)


@pytest.mark.parametrize("mapping", ["[" * 2_000, '{"": "ignore"}', '{"x": "data.\\ud800"}'])
def test_wrong_metadata_of_a_dropped_file_is_told_with_its_import(
    dialer: Dialer, campaign: Campaign, mapping: str
) -> None:
    done = drop(dialer, campaign, f"phone,x\n{number(1)},y\n", mapping=mapping)
    assert done.status == "failed"
    assert "x-amz-meta-mapping" in str(done.reason)


@pytest.mark.parametrize("mode", ["lenient", "strict"])
def test_long_rows_are_worked_on_few_at_once(
    dialer: Dialer, campaign: Campaign, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """Two thousand rows of a megabyte each are more than a worker's memory."""
    monkeypatch.setattr(file_import, "MAX_BATCH_CHARACTERS", 2_000)
    checked: list[int] = []
    check = contacts_file.RowChecks.check

    def counting(self: contacts_file.RowChecks, records: list[Record]) -> object:
        checked.append(len(records))
        return check(self, records)

    monkeypatch.setattr(contacts_file.RowChecks, "check", counting)
    content = "phone,note\n" + "".join(f"{number(n)},{'x' * 900}\n" for n in range(10))
    assert counts(drop(dialer, campaign, content, mode=mode)) == {"rows": 10, "inserted": 10}
    assert max(checked) <= 3


def test_a_row_of_hundreds_of_numbers_is_refused_unread(dialer: Dialer, campaign: Campaign) -> None:
    """Five hundred numbers a row would take longer than a worker may be silent."""
    content = ",".join(["phone"] * 500) + "\n" + ",".join(["x"] * 500) + "\n"
    assert [error.code for error in drop(dialer, campaign, content).errors] == ["too_many_numbers"]
