"""Exports: asked for by one URL until they are there, every contact once, whatever dies when."""

import csv
import io
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from campanile.adapters.clock import Clock
from campanile.adapters.work_queue import ExportOrder
from campanile.contacts import export_contacts, list_contacts
from campanile.contacts.export_contacts import ExportPorts
from campanile.dialing import placing
from campanile.domain.campaign import Campaign
from campanile.domain.lifecycle import Outcome
from campanile.imports.run import always
from campanile.store import exports as stored_exports
from campanile.store import keys
from campanile.store.exports import Export, ExportTakenOverError
from campanile.store.table import Update
from tests.support.clock import at
from tests.support.crashes import Crash, Crasher
from tests.support.dialer import Dialer, number
from tests.support.gateway import Client, Response, paths, problem


def path(campaign: str, query: str = "") -> str:
    return f"/campaign/campaigns/{campaign}/export{query}"


def deliver(dialer: Dialer, ports: ExportPorts | None = None) -> None:
    """The queue delivers all its messages, at once ones first; one is gone when its worker has lived."""
    queue = dialer.export_queue
    while queue.sent:
        message = min(queue.sent, key=lambda one: one[1])
        export_contacts.continue_export(ports or dialer.export_ports, message[0], always)
        queue.sent.remove(message)


def text_of(dialer: Dialer, report: Any) -> str:
    """The file that the report links to."""
    url: str = report["url"] if isinstance(report, dict) else report.url
    return dialer.bucket.texts[url.removeprefix("memory://").partition("?")[0]]


def rows_of(dialer: Dialer, report: Any) -> list[dict[str, str]]:
    text = text_of(dialer, report)
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}id,external_id,phone,")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))


def exported(dialer: Dialer, campaign: Campaign) -> list[dict[str, str]]:
    """The rows of an export that is begun and written now."""
    export_contacts.request_export(dialer.export_ports, campaign, 0)
    deliver(dialer)
    report = export_contacts.request_export(dialer.export_ports, campaign)
    assert report.status == "completed"
    return rows_of(dialer, report)


# ---------------------------------------------------------------- asking


def test_an_export_is_asked_for_until_it_is_there(edge: Dialer, api: Client) -> None:
    campaign = api.campaign(external_id="spring")
    api.post(f"/campaign/campaigns/{campaign}/contacts", {"contacts": [{"phone_numbers": [number(1)]}]})
    begun = api("GET", path("spring"))
    assert begun.status == 202
    assert (begun.body["status"], begun.body["rows"], begun.body["total"]) == ("running", 0, 1)
    assert (begun.body["url"], begun.body["url_expires_at"]) == (None, None)
    again = api("GET", path(campaign, "?fresh=true"))
    assert (again.status, again.body) == (202, begun.body)

    deliver(edge)
    done = api.get(path("spring"))
    assert (done["id"], done["status"], done["rows"]) == (begun.body["id"], "completed", 1)
    assert done["url"].endswith("?name=spring 2026-07-01.csv&seconds=900")
    assert at(done["url_expires_at"]) == edge.clock.now_ms() + 900_000
    assert [row["phone"] for row in rows_of(edge, done)] == [number(1)]

    edge.clock.advance(299)
    assert api.get(path("spring"))["id"] == done["id"]
    edge.clock.advance(1)
    assert api("GET", path("spring")).body["id"] != done["id"]


def test_fresh_begins_another_one_at_once(edge: Dialer, api: Client) -> None:
    campaign = api.campaign()
    api("GET", path(campaign))
    deliver(edge)
    first = api.get(path(campaign, "?fresh=false"))
    second = api("GET", path(campaign, "?fresh=true"))
    assert (second.status, second.body["id"] != first["id"]) == (202, True)
    deliver(edge)
    assert api.get(path(campaign))["id"] == second.body["id"]


@pytest.mark.parametrize(
    ("query", "wrong"), [("?fresh=yes", "fresh"), ("?fresh=1", "fresh"), ("?format=csv", "format")]
)
def test_a_wrong_parameter_is_refused_by_name_and_begins_nothing(
    edge: Dialer, api: Client, query: str, wrong: str
) -> None:
    campaign = api.campaign()
    assert paths(api("GET", path(campaign, query))) == [wrong]
    assert edge.export_queue.sent == []


def test_an_unknown_campaign_has_no_export(edge: Dialer, api: Client) -> None:
    problem(api("GET", path("nobody")), 404)
    assert edge.export_queue.sent == []


def test_two_requests_at_once_begin_one_export(edge: Dialer, api: Client) -> None:
    campaign = api.campaign()
    others: list[Response] = []

    def come_first(request: Any) -> None:
        if request.operation == "write" and not others:
            others.append(api("GET", path(campaign)))

    with edge.interposed(before=come_first):
        mine = export_contacts.request_export(edge.export_ports, edge.read_campaign(campaign))
    assert (others[0].status, others[0].body["id"]) == (202, mine.id)
    deliver(edge)
    assert api.get(path(campaign))["id"] == mine.id
    assert len([key for key in edge.bucket.texts if key.endswith(".rows")]) == 1


def test_an_export_without_any_contact_is_a_header(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    assert exported(dialer, campaign) == []


def test_a_closed_campaign_can_be_exported(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    dialer.add_people(campaign, number(1))
    dialer.change(campaign, "close")
    [row] = exported(dialer, dialer.read_campaign(campaign.id))
    assert (row["status"], row["next_attempt_at"]) == ("pending", "")


def test_the_contacts_without_a_campaign_can_be_exported(edge: Dialer, api: Client) -> None:
    edge.add_people(edge.ad_hoc, number(1))
    edge.add_people(edge.campaign(), number(2))
    assert api("GET", path("default")).status == 202
    deliver(edge)
    done = api.get(path("default"))
    assert [row["phone"] for row in rows_of(edge, done)] == [number(1)]
    assert "name=default 2026-07-01.csv" in done["url"]


# ---------------------------------------------------------------- rows


def test_every_contact_is_a_row_as_the_api_shows_it_in_order_of_creation(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = dialer.campaign(retry_attempts=1, retry_delay_seconds=60)
    cold = {"story": "long " * 200 + "end", "list": [1, "two", {"three": 3.5}], "note": "=1+1"}
    for n, outcome in enumerate(["answered", "no_answer", "do_not_call", "invalid_number"]):
        dialer.add_people(campaign, number(n), external_id=f"lead-{n}", data=cold)
        dialer.call(outcome)
    dialer.clock.advance(60)
    dialer.call(Outcome.BUSY)  # the retry: exhausted
    dialer.add_people(campaign, number(10))
    dialer.run()
    dialer.add_people(campaign, number(11))
    with monkeypatch.context() as patched:
        patched.setattr(placing, "place", lambda *_: None)
        dialer.run()
    dialer.add(
        campaign, {"phone_numbers": [number(12), number(13)], "timezone": "Asia/Tokyo", "data": {"First Name": "A"}}
    )
    rows = exported(dialer, campaign)
    shown = [one.model_dump(mode="json") for one in dialer.page(campaign).contacts]
    wanted = ["completed", "exhausted", "do_not_call", "error", "in_progress", "locked", "pending"]
    assert [row["status"] for row in rows] == wanted
    for row, one in zip(rows, shown, strict=True):
        for name in ("id", "external_id", "timezone", "status", "last_outcome", "last_attempt_at", "next_attempt_at"):
            assert row[name] == (one[name] or ""), name
        assert [row["phone"], row["phone_2"]] == (one["phone_numbers"] + [""])[:2]
        assert row["attempts"] == str(len(one["attempts"]))
    assert [row["attempts"] for row in rows] == ["1", "2", "1", "1", "1", "0", "0"]
    assert (rows[0]["story"], rows[0]["note"]) == (cold["story"], "'=1+1")
    assert rows[0]["data"] == '{"list":[1,"two",{"three":3.5}]}'
    assert rows[-1]["data"] == '{"First Name":"A"}'


@pytest.fixture
def few_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three contacts a block, read two at once."""
    monkeypatch.setattr(keys, "BLOCK_SIZE", 3)
    monkeypatch.setattr(list_contacts, "READ_AT_ONCE", 2)


@pytest.mark.usefixtures("few_a_block")
def test_several_blocks_are_one_file_with_the_columns_of_all(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    ids = dialer.add(campaign, *({"phone_numbers": [number(n)], "data": {f"k{n}": "x"}} for n in range(10)))
    for contact_id in (ids[1], *ids[3:6]):
        dialer.delete(campaign, contact_id)
    rows = exported(dialer, campaign)
    assert [row["id"] for row in rows] == [ids[n] for n in (0, 2, 6, 7, 8, 9)]
    assert [name for name in rows[0] if name.startswith("k")] == ["k0", "k2", "k6", "k7", "k8", "k9"]
    assert rows[0]["k0"] == rows[-1]["k9"] == "x"


@pytest.mark.usefixtures("few_a_block")
def test_a_worker_whose_time_is_over_passes_the_export_on_and_its_progress_is_told(edge: Dialer, api: Client) -> None:
    campaign = api.campaign()
    ids = edge.add_people(edge.read_campaign(campaign), *(number(n) for n in range(7)))
    api("GET", path(campaign))
    (later, delay), (order, at_once) = edge.export_queue.sent
    assert (later, delay, at_once) == (order, export_contacts.TAKEN_UP_AFTER_SECONDS, 0)
    for rows in (3, 6, 7):
        edge.export_queue.sent.clear()
        unfinished = export_contacts.continue_export(edge.export_ports, order, iter([True, False]).__next__)
        assert unfinished
        assert edge.export_queue.sent == [(order, 0)]
        told = api("GET", path(campaign))
        assert (told.status, told.body["rows"], told.body["total"]) == (202, rows, 7)
    export_contacts.continue_export(
        edge.export_ports, order, lambda: False
    )  # only the file is left: it has the run's whole time
    assert [row["id"] for row in rows_of(edge, api.get(path(campaign)))] == ids


@pytest.mark.usefixtures("few_a_block")
def test_a_long_file_has_a_run_of_its_own_which_gives_signs_of_life(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_contacts, "ROWS_AT_ONCE", 6)
    campaign = dialer.campaign()
    dialer.add_people(campaign, *(number(n) for n in range(7)))
    export_contacts.request_export(dialer.export_ports, campaign)
    order = dialer.export_queue.sent[0][0]
    dialer.export_queue.sent.clear()
    written = export_contacts.continue_export(dialer.export_ports, order, always)
    assert written
    assert (written.status, written.rows, dialer.export_queue.sent) == ("running", 7, [(order, 0)])
    signs = count()
    made = export_contacts.continue_export(dialer.export_ports, order, lambda: next(signs) < 0)
    assert made
    assert (made.status, next(signs)) == ("completed", 3)  # one before each block's rows


@pytest.mark.usefixtures("few_a_block")
def test_contacts_that_come_later_do_not_keep_an_export_from_its_end(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    ids = dialer.add_people(campaign, *(number(n) for n in range(5)))
    export_contacts.request_export(dialer.export_ports, campaign)
    late = dialer.add_people(campaign, *(number(n) for n in range(5, 11)))
    deliver(dialer)
    report = export_contacts.request_export(dialer.export_ports, campaign)
    assert (report.status, report.rows, report.total) == ("completed", 6, 5)
    assert [row["id"] for row in rows_of(dialer, report)] == [*ids, late[0]]  # the rest of the block that was begun


# ---------------------------------------------------------------- what may go wrong


@pytest.mark.usefixtures("few_a_block")
@pytest.mark.parametrize("applied", [False, True])
def test_whatever_dies_when_the_export_is_written_and_equal(dialer: Dialer, applied: bool) -> None:
    """Request and worker die at each of their requests; the queue delivers what was not done, or it is asked again."""
    campaign = dialer.campaign()
    dialer.add(campaign, *({"phone_numbers": [number(n)], "data": {f"k{n}": "x", "n": n}} for n in range(5)))
    exported(dialer, campaign)
    whole = text_of(dialer, export_contacts.request_export(dialer.export_ports, campaign))
    for death in count(1):
        before = stored_exports.get(dialer.table, campaign.key)
        crasher = Crasher()
        clock: Clock = dialer.clock
        ports = ExportPorts(
            crasher.around(dialer.table), crasher.around(dialer.export_queue), crasher.around(dialer.bucket), clock
        )
        crasher.arm(death, applied)
        with suppress(Crash):
            export_contacts.request_export(ports, campaign, 0)
            deliver(dialer, ports)
        crasher.disarm()
        dialer.clock.advance(1)
        begun = stored_exports.get(dialer.table, campaign.key)
        deliver(dialer)
        report = export_contacts.request_export(dialer.export_ports, campaign)
        assert report.status == "completed"
        assert begun
        assert report.id == begun.id
        assert (text_of(dialer, report), report.rows, report.total) == (whole, 5, 5)
        if not crasher.died_at:
            assert before != begun
            break
    assert death > 12


def test_a_worker_that_comes_second_to_a_checkpoint_stops_and_cannot_touch_what_the_first_has_kept(
    dialer: Dialer,
) -> None:
    campaign = dialer.campaign()
    [contact_id] = dialer.add_people(campaign, number(1))
    export_contacts.request_export(dialer.export_ports, campaign)
    order = dialer.export_queue.sent[0][0]
    others: list[Export | None] = []

    def overtake(request: Any) -> None:
        if request.operation == "write" and isinstance(request.about, Update) and not others:
            others.append(None)
            others[0] = export_contacts.continue_export(dialer.export_ports, order, always)
            dialer.upsert(campaign, {"id": contact_id, "phone_numbers": [number(2), number(3)]})

    with dialer.interposed(before=overtake):
        mine = export_contacts.continue_export(dialer.export_ports, order, always)
    assert (mine, others[0] and others[0].status) == (None, "completed")
    [row] = rows_of(dialer, export_contacts.request_export(dialer.export_ports, campaign))
    assert (row["phone"], "phone_2" in row) == (number(1), False)


def test_a_message_that_comes_twice_or_late_does_nothing(dialer: Dialer) -> None:
    campaign = dialer.campaign()
    export_contacts.request_export(dialer.export_ports, campaign)
    order = dialer.export_queue.sent[0][0]
    deliver(dialer)
    dialer.bucket.texts.clear()
    assert export_contacts.continue_export(dialer.export_ports, order, always) is None
    export_contacts.request_export(dialer.export_ports, campaign, 0)
    assert export_contacts.continue_export(dialer.export_ports, order, always) is None
    nobodys = ExportOrder(dialer.org, campaign.id, "another")
    assert export_contacts.continue_export(dialer.export_ports, nobodys, always) is None
    assert dialer.bucket.texts == {}


def test_an_export_that_fails_at_its_last_try_says_so_and_is_begun_anew_a_minute_later(
    edge: Dialer, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = api.campaign()
    begun = api("GET", path(campaign)).body["id"]
    order = edge.export_queue.sent[0][0]
    with monkeypatch.context() as patched:
        patched.setattr(edge.bucket, "keep_stream", lambda *_: 1 / 0)
        for is_last_try, status in ((False, 202), (True, 200)):
            with pytest.raises(ZeroDivisionError):
                export_contacts.continue_export(edge.export_ports, order, always, is_last_try)
            assert api("GET", path(campaign)).status == status
    edge.clock.advance(59)
    failed = api.get(path(campaign))
    assert (failed["id"], failed["status"], failed["url"]) == (begun, "failed", None)
    assert "ask for it again" in failed["reason"]
    edge.clock.advance(1)
    anew = api("GET", path(campaign))
    assert (anew.status, anew.body["id"] != begun) == (202, True)
    deliver(edge)
    assert api.get(path(campaign))["status"] == "completed"


def test_an_export_that_has_lost_its_worker_is_begun_anew_after_an_hour_and_a_half(edge: Dialer, api: Client) -> None:
    campaign = api.campaign()
    begun = api("GET", path(campaign)).body["id"]
    edge.export_queue.sent.clear()
    edge.clock.advance(5_399)
    assert api("GET", path(campaign)).body["id"] == begun
    edge.clock.advance(1)
    assert api("GET", path(campaign)).body["id"] != begun
    deliver(edge)
    assert api.get(path(campaign))["status"] == "completed"


def test_a_checkpoint_whose_answer_was_lost_is_no_rivals(dialer: Dialer) -> None:
    """The SDK sends a request again when no answer comes: it then finds its own write in its way."""
    campaign = dialer.campaign()
    export_contacts.request_export(dialer.export_ports, campaign)
    seen = stored_exports.get(dialer.table, campaign.key)
    assert seen
    changed = replace(seen, parts=("0-mine",), rows=3)
    stored_exports.save(dialer.table, seen, changed)
    stored_exports.save(dialer.table, seen, changed)
    others = replace(changed, parts=("0-theirs",))
    with pytest.raises(ExportTakenOverError):
        stored_exports.save(dialer.table, seen, others)
