"""CSV files become contacts: once, whole, and with a report that accounts for every row (G10)."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from campanile.domain.campaign import Campaign
from campanile.domain.lifecycle import Outcome
from campanile.domain.stored_file import StoredFile
from campanile.imports import run, show_import
from campanile.imports.begin import NotOurFileError
from campanile.schema.import_responses import ImportResponse
from campanile.store.imports import Import
from tests.support import table as tables
from tests.support.audit import audit, every_contact
from tests.support.crashes import Crash, Crasher
from tests.support.dial_queue import DIAL
from tests.support.dialer import Dialer, number
from tests.support.dropping import counts, take
from tests.support.table import Request
from tests.support.uploads import Bucket

SEED_002 = """phone,first_name,last_name,email,company
+15551234567,Sarah,Johnson,sarah@example.com,Johnson Dental
+15559876543,Michael,Chen,michael@example.com,Chen Law Group
+15555551234,Emma,Williams,emma@example.com,Williams Realty
"""


@pytest.fixture
def bucket(dialer: Dialer) -> Bucket:
    return dialer.bucket


@pytest.fixture
def campaign(dialer: Dialer) -> Campaign:
    return dialer.campaign()


Drop = Callable[..., Import]


@pytest.fixture
def drop(dialer: Dialer, bucket: Bucket, campaign: Campaign) -> Drop:
    """Drop a file and import it; a moment passes before the next one."""

    def dropped(content: str | bytes, reference: str = "") -> Import:
        done = take(dialer, bucket.drop(reference or campaign.id, content))
        dialer.clock.advance(1)
        return done

    return dropped


def listed(dialer: Dialer, campaign: Campaign) -> list[ImportResponse]:
    return show_import.listed(dialer.table, campaign.key, dialer.clock.now_ms()).imports


def test_the_example_of_seed_002_is_imported_as_it_is(dialer: Dialer, campaign: Campaign, drop: Drop) -> None:
    done = drop(SEED_002)
    assert (done.status, counts(done), done.errors) == ("completed", {"rows": 3, "inserted": 3}, ())
    contacts = dialer.page(campaign).contacts
    assert [contact.phone_numbers for contact in contacts] == [["+15551234567"], ["+15559876543"], ["+15555551234"]]
    assert contacts[0].data == {
        "first_name": "Sarah",
        "last_name": "Johnson",
        "email": "sarah@example.com",
        "company": "Johnson Dental",
    }
    dialer.run()
    assert len(dialer.posts) == 3
    [report] = listed(dialer, campaign)
    assert (report.file_name, report.status, report.counts.inserted) == ("people.csv", "completed", 3)
    audit(dialer, campaign)


def test_a_campaign_is_addressed_by_its_external_id_too(dialer: Dialer, drop: Drop) -> None:
    campaign = dialer.campaign(external_id="spring")
    drop(SEED_002, reference="spring")
    assert dialer.page(campaign).total == 3


def test_ad_hoc_contacts_are_imported_into_default(dialer: Dialer, drop: Drop) -> None:
    assert drop(SEED_002, reference="default").status == "completed"
    dialer.run()
    assert len(dialer.posts) == 3
    assert len(listed(dialer, dialer.ad_hoc)) == 1


def test_structured_columns_become_fields_and_the_rest_data(dialer: Dialer, campaign: Campaign, drop: Drop) -> None:
    drop(
        "external_id,phone,mobile,timezone,scheduled_at,name\n"
        f"ana,{number(1)},{number(2)},Europe/Paris,2026-07-02T10:00:00Z,Ana\n"
    )
    contact = dialer.contact(campaign, "ana")
    assert (contact.phone_numbers, contact.timezone, contact.data) == (
        [number(1), number(2)],
        "Europe/Paris",
        {"name": "Ana"},
    )
    assert contact.scheduled_at
    assert contact.scheduled_at.isoformat() == "2026-07-02T10:00:00+00:00"


def test_bad_rows_are_reported_by_the_number_a_spreadsheet_shows_and_the_good_ones_imported(
    dialer: Dialer, campaign: Campaign, drop: Drop
) -> None:
    done = drop(
        "phone,timezone,scheduled_at\n"
        f"{number(1)},,\n"
        "12,,\n"
        f"{number(2)},Mars/Olympus,\n"
        f"{number(3)},,yesterday\n"
        ",Europe/Paris,\n"
        f"{number(4)},,\n"
    )
    assert done.status == "completed_with_errors"
    assert counts(done) == {"rows": 6, "inserted": 2, "invalid": 4}
    assert [(error.row, error.column) for error in done.errors] == [
        (3, "phone"),
        (4, "timezone"),
        (5, "scheduled_at"),
        (6, None),
    ]
    assert dialer.page(campaign).total == 2
    assert [error.model_dump() for error in listed(dialer, campaign)[0].errors] == [
        asdict(error) for error in done.errors
    ]


def test_the_report_quotes_no_phone_number(campaign: Campaign, drop: Drop) -> None:
    done = drop("phone\n+1212555000199999\nnot a number 5551234\n")
    told = " ".join(error.message for error in done.errors)
    assert "1212555" not in told
    assert "5551234" not in told


def test_only_the_first_hundred_errors_are_kept_and_all_are_counted(drop: Drop) -> None:
    done = drop("phone\n" + "12\n" * 150)
    assert (len(done.errors), done.counts.invalid, done.counts.inserted) == (100, 150, 0)


def test_a_number_twice_in_a_file_is_one_contact(dialer: Dialer, campaign: Campaign, drop: Drop) -> None:
    done = drop(f"phone,name\n{number(1)},Ana\n(212) 555-0001,Ana again\n{number(2)},Ben\n")
    assert counts(done) == {"rows": 3, "inserted": 2, "duplicates": 1}
    assert [contact.data for contact in dialer.page(campaign).contacts] == [{"name": "Ana"}, {"name": "Ben"}]


def test_the_numbers_of_an_earlier_file_are_skipped(dialer: Dialer, campaign: Campaign, drop: Drop) -> None:
    drop(SEED_002)
    again = drop(SEED_002 + f"{number(1)},New,,,\n")
    assert counts(again) == {"rows": 4, "inserted": 1, "duplicates": 3}
    assert dialer.page(campaign).total == 4
    assert [report.counts.inserted for report in listed(dialer, campaign)] == [1, 3], "newest first"


def test_a_file_with_external_ids_updates_what_is_there(dialer: Dialer, campaign: Campaign, drop: Drop) -> None:
    drop(f"external_id,phone,tier\nana,{number(1)},gold\n")
    done = drop("external_id,phone,tier\nana,,silver\n")
    assert counts(done) == {"rows": 1, "updated": 1}
    contact = dialer.contact(campaign, "ana")
    assert (contact.phone_numbers, contact.data) == ([number(1)], {"tier": "silver"})


def test_a_new_external_id_without_a_number_is_a_bad_row(dialer: Dialer, campaign: Campaign, drop: Drop) -> None:
    done = drop(f"external_id,phone\nana,\nben,{number(2)}\n")
    assert (done.status, counts(done)) == ("completed_with_errors", {"rows": 2, "inserted": 1, "invalid": 1})
    assert [error.row for error in done.errors] == [2]
    assert dialer.contact(campaign, "ben").status == "pending"


def test_a_row_whose_id_and_external_id_are_two_contacts_is_a_bad_row(
    dialer: Dialer, campaign: Campaign, drop: Drop
) -> None:
    ana, _ = dialer.add(
        campaign,
        {"external_id": "ana", "phone_numbers": [number(1)]},
        {"external_id": "ben", "phone_numbers": [number(2)]},
    )
    done = drop(f"id,external_id,phone\n{ana},ben,{number(3)}\n")
    assert (done.status, counts(done)) == ("completed_with_errors", {"rows": 1, "invalid": 1})
    assert [(error.row, error.code) for error in done.errors] == [(2, "identity_conflict")]


@pytest.mark.parametrize(
    "content",
    [
        "name,email\nAna,ana@example.com\n",
        "",
        b"\xff\xfe\x00binary\x00",
        'phone\n"+12125550001\n',
    ],
    ids=["no phone column", "empty", "not text", "open quote"],
)
def test_a_file_that_cannot_be_understood_imports_nothing_and_says_why(
    dialer: Dialer, campaign: Campaign, drop: Drop, content: str | bytes
) -> None:
    done = drop(content)
    assert (done.status, counts(done)) == ("failed", {})
    assert done.reason
    assert dialer.page(campaign).total == 0
    assert [report.reason for report in listed(dialer, campaign)] == [done.reason]


def test_a_closed_campaign_takes_no_file(dialer: Dialer, campaign: Campaign, drop: Drop) -> None:
    dialer.change(campaign, "close")
    done = drop(SEED_002)
    assert done.status == "failed"
    assert done.reason
    assert "closed" in done.reason
    assert dialer.page(campaign).total == 0


def test_a_file_for_an_unknown_campaign_fails_with_a_reason(drop: Drop) -> None:
    done = drop(SEED_002, reference="no-such-campaign")
    assert done.status == "failed"
    assert done.reason


@pytest.mark.parametrize("key", ["people.csv", "acme/people.csv", "a/b/c/people.csv", "a/b/people.xlsx", "//x.csv"])
def test_a_file_elsewhere_in_the_bucket_is_not_ours(dialer: Dialer, bucket: Bucket, key: str) -> None:
    with pytest.raises(NotOurFileError):
        take(dialer, StoredFile("uploads", key, "0", 10))


@pytest.mark.parametrize("reference", ["default", "no-such-campaign"])
def test_a_file_of_an_unknown_org_makes_no_contacts(dialer: Dialer, reference: str) -> None:
    bucket = Bucket("no-such-org")
    with pytest.raises(NotOurFileError):
        take(dialer, bucket.drop(reference, SEED_002))


def test_a_file_over_a_gigabyte_fails_unread(dialer: Dialer, bucket: Bucket, campaign: Campaign) -> None:
    done = take(dialer, replace(bucket.drop(campaign.id, SEED_002), size=1_000_000_001))
    assert (done.status, counts(done)) == ("failed", {})
    assert "1,000,000,000" in str(done.reason)


def test_an_event_delivered_twice_imports_once(dialer: Dialer, bucket: Bucket, campaign: Campaign) -> None:
    file = bucket.drop(campaign.id, SEED_002)
    first, second = take(dialer, file), take(dialer, file)
    assert first == second
    [report] = listed(dialer, campaign)
    assert (report.counts.rows, report.counts.inserted) == (3, 3)


def test_a_finished_contact_in_a_later_file_is_not_called_again(dialer: Dialer, campaign: Campaign, drop: Drop) -> None:
    drop(f"external_id,phone\nana,{number(1)}\n")
    dialer.call(Outcome.ANSWERED)
    drop(f"external_id,phone\nana,{number(1)}\n")
    dialer.run()
    assert len(dialer.posts) == 1


def people(count: int, header: str = "phone") -> str:
    if header == "phone":
        return "phone\n" + "".join(f"{number(n)}\n" for n in range(count))
    return "external_id,phone\n" + "".join(f"p{n},{number(n)}\n" for n in range(count))


@pytest.mark.parametrize("header", ["phone", "external_id"])
def test_an_import_that_dies_at_any_request_is_complete_when_its_event_comes_again(
    dynamodb: Any, shared_table: str, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setattr(run, "ROWS_PER_WRITE", 3)
    content = people(7, header) + ("12\n" if header == "phone" else "bad,12\n")
    for at in range(3, 60):
        for applied in (False, True):
            crasher = Crasher()
            dialer = Dialer(tables.open_table(crasher.around(dynamodb), shared_table))
            campaign, bucket = dialer.campaign(), dialer.bucket
            file = bucket.drop(campaign.id, content)
            crasher.arm(at, applied)
            try:
                done = take(dialer, file)
            except Crash:
                crasher.disarm()
                dialer.clock.advance(60)
                done = take(dialer, file)
            crasher.disarm()
            if done is None:
                assert applied, "only the last write, already made, may leave nothing to do"
            [report] = listed(dialer, campaign)
            shown = {name: count for name, count in report.counts.model_dump().items() if count}
            assert shown == {"rows": 8, "inserted": 7, "invalid": 1}, (at, applied, crasher.died_at)
            assert len(audit(dialer, campaign)) == 7
            if not crasher.died_at:
                return
            if crasher.died_at_a_read:
                break
    raise AssertionError("there are more requests than this test looks at")


def test_a_large_file_is_imported_in_chunks_in_the_order_of_its_rows(
    dialer: Dialer, campaign: Campaign, drop: Drop
) -> None:
    done = drop(people(1_200))
    assert counts(done) == {"rows": 1_200, "inserted": 1_200}
    everyone = every_contact(dialer.table, campaign.key)
    assert [one.phone_numbers[0] for one in everyone] == [number(n) for n in range(1_200)]


def test_an_import_taken_up_later_hints_at_the_time_it_writes(
    dialer: Dialer, bucket: Bucket, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hint older than the last pass is acknowledged unread: it must not bear the time of the first try."""
    monkeypatch.setattr(run, "ROWS_PER_WRITE", 2)
    file = bucket.drop(campaign.id, people(4))
    left = 1

    def die_at_the_second_chunk(request: Request) -> None:
        nonlocal left
        left -= request.operation == "transact"
        if left < 0:
            raise Crash

    with dialer.interposed(die_at_the_second_chunk), pytest.raises(Crash):
        take(dialer, file)
    dialer.serve_hints(30)
    dialer.queue.forget()
    dialer.clock.advance(600)
    before = len(dialer.posts)
    dialer.run()
    for post in list(dialer.telephony.live.values()):
        dialer.end(post, Outcome.ANSWERED)
    dialer.run()
    dialer.queue.forget()
    dialer.clock.advance(10)
    take(dialer, file)
    hints = [message.hint for message in dialer.queue.sent if message.queue == DIAL]
    assert hints
    assert min(hint.sent_at for hint in hints) >= dialer.clock.now_ms()
    dialer.run(dialer.queue.take())
    assert len(dialer.posts) > before
    assert listed(dialer, campaign)[0].updated_at.timestamp() * 1000 >= dialer.clock.now_ms() - 1_000
