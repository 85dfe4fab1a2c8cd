"""The do-not-call list by its routes: add, check, list, search, remove; and many at once."""

from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campanile.do_not_call import manage_do_not_call
from campanile.domain.errors import NotFoundError
from campanile.store import do_not_call, keys
from campanile.store.do_not_call import Entry
from campanile.store.table import Table
from tests.support.crashes import Crash, Crasher
from tests.support.dialer import Dialer, number
from tests.support.do_not_call import ACTOR, entry, events, put_on_list, take_off_list
from tests.support.gateway import Client, paths, problem
from tests.support.memory import Memory
from tests.support.threads import at_once, together

LIST = "/campaign/do-not-call"
ONE = "+442079460018"


def test_a_number_is_added_checked_and_removed_and_its_history_stays(edge: Dialer, api: Client) -> None:
    added = api.post(LIST, {"phone_numbers": [ONE, number(1)], "reason": " asked by letter "})
    assert (added["added"], added["already_listed"]) == (2, 0)
    [first, _] = added["entries"]
    assert (first["phone_number"], first["source"], first["reason"]) == (ONE, "api", "asked by letter")
    assert (first["created_at"], first["expires_at"]) == ("2026-07-01T17:00:00.000Z", None)
    assert first["actor"] == api.headers["Authorization"].removeprefix("Bearer ").partition(".")[0]
    edge.clock.advance(60)
    assert api("DELETE", f"{LIST}/%2B442079460018?reason=by%20mistake").status == 204
    checked = api.get(f"{LIST}/{ONE}")
    assert (checked["listed"], checked["entry"]) == (False, None)
    told = [(one["event"], one["reason"], one["at"]) for one in checked["history"]]
    assert told == [
        ("removed", "by mistake", "2026-07-01T17:01:00.000Z"),
        ("added", "asked by letter", "2026-07-01T17:00:00.000Z"),
    ]
    detail = problem(api("DELETE", f"{LIST}/{ONE}?reason=again"), 404)["detail"]
    assert ONE not in detail
    assert api.get(f"{LIST}/{number(1)}")["entry"]["phone_number"] == number(1)


@pytest.mark.parametrize("written", ["%2B442079460018", "+442079460018"])
def test_a_path_takes_the_number_with_its_plus_in_either_form(api: Client, written: str) -> None:
    api.post(LIST, {"phone_numbers": [ONE]})
    assert api.get(f"{LIST}/{written}")["entry"]["phone_number"] == ONE


def test_a_number_nobody_has_listed_is_found_not_to_be_listed(api: Client) -> None:
    assert api.get(f"{LIST}/{ONE}") == {"phone_number": ONE, "listed": False, "entry": None, "history": []}


@pytest.mark.parametrize("path", [f"{LIST}/12", f"{LIST}/Ada", f"{LIST}/%2B1%20415", f"{LIST}/2025550123"])
def test_a_path_that_is_no_number_is_refused(api: Client, path: str) -> None:
    assert paths(api("GET", path)) == ["phone_number"]
    assert paths(api("DELETE", f"{path}?reason=x")) == ["phone_number"]


def test_every_wrong_number_is_named_and_none_is_listed(edge: Dialer, api: Client) -> None:
    wanted = {"phone_numbers": [number(1), "4155550123", number(2), "+1 415 555 0123", "x"]}
    answer = api("POST", LIST, wanted)
    assert paths(answer) == ["phone_numbers[1]", "phone_numbers[3]", "phone_numbers[4]"]
    assert "415" not in answer.text.replace("+14155550123", "")
    assert (entry(edge, number(1)), entry(edge, number(2))) == (None, None)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "phone_numbers"),
        ({"phone_numbers": []}, "phone_numbers"),
        ({"phone_numbers": [ONE] * 1_001}, "phone_numbers"),
        ({"phone_numbers": [ONE], "expires_at": "2026-07-01T17:00:00Z"}, "expires_at"),
        ({"phone_numbers": [ONE], "expires_at": "2026-08-01T17:00:00"}, "expires_at"),
        ({"phone_numbers": [ONE], "reason": " "}, "reason"),
        ({"phone_numbers": [ONE], "reason": "x" * 501}, "reason"),
        ({"phone_numbers": [ONE], "source": "carrier"}, "source"),
    ],
)
def test_a_wrong_request_is_refused_by_name_and_lists_nothing(
    edge: Dialer, api: Client, body: dict[str, Any], path: str
) -> None:
    assert paths(api("POST", LIST, body)) == [path]
    assert entry(edge, ONE) is None


def test_a_removal_needs_a_reason(api: Client) -> None:
    api.post(LIST, {"phone_numbers": [ONE]})
    assert paths(api("DELETE", f"{LIST}/{ONE}")) == ["reason"]
    assert paths(api("DELETE", f"{LIST}/{ONE}?reason=")) == ["reason"]
    assert api.get(f"{LIST}/{ONE}")["listed"]


def test_a_thousand_numbers_are_listed_by_one_request_and_a_repeat_finds_them_listed(edge: Dialer, api: Client) -> None:
    wanted = {"phone_numbers": [number(n) for n in range(1_000)] + [number(0)]}
    assert paths(api("POST", LIST, wanted)) == ["phone_numbers"]
    wanted["phone_numbers"][-1:] = []
    assert api.post(LIST, wanted)["added"] == 1_000
    edge.clock.advance(1)
    again = api.post(LIST, {"phone_numbers": [*wanted["phone_numbers"][:999], number(0)]})
    assert (again["added"], again["already_listed"], len(again["entries"])) == (0, 999, 999)
    assert events(edge, number(0)) == ["added", "already_listed"]


# ---------------------------------------------------------------- an add never shortens


def test_an_entry_stays_when_it_lasts_as_long_and_is_prolonged_when_not(edge: Dialer, api: Client) -> None:
    def add(expires_at: str | None) -> tuple[int, str | None]:
        edge.clock.advance(1)
        answer = api.post(LIST, {"phone_numbers": [ONE], "expires_at": expires_at})
        return answer["added"], answer["entries"][0]["expires_at"]

    assert add("2026-08-01T00:00:00Z") == (1, "2026-08-01T00:00:00.000Z")
    assert add("2026-07-15T00:00:00Z") == (0, "2026-08-01T00:00:00.000Z")
    assert add("2026-09-01T00:00:00Z") == (1, "2026-09-01T00:00:00.000Z")
    assert add(None) == (1, None)
    assert add("2026-12-01T00:00:00Z") == (0, None)
    assert events(edge, ONE) == ["added", "already_listed", "added", "added", "already_listed"]


def test_an_entry_that_has_ended_is_not_listed_and_can_be_made_anew(edge: Dialer, api: Client) -> None:
    api.post(LIST, {"phone_numbers": [ONE], "expires_at": "2026-07-01T18:00:00Z"})
    item = edge.table.get(keys.do_not_call(edge.org, ONE))
    assert item
    assert item["ttl"] == item["expires_at"] // 1000
    edge.clock.advance(3_600)
    assert api.get(LIST) == {"entries": [], "next_cursor": None}
    assert not api.get(f"{LIST}/{ONE}")["listed"]
    problem(api("DELETE", f"{LIST}/{ONE}?reason=over"), 404)
    assert do_not_call.listed(edge.table, edge.org, [ONE], edge.clock.now_ms()) == set()
    assert api.post(LIST, {"phone_numbers": [ONE], "expires_at": "2026-07-01T19:00:00Z"})["added"] == 1


STEPS = st.lists(st.tuples(st.sampled_from(["add", "remove"]), st.sampled_from([None, 1, 5, 60])), max_size=12)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, waits=st.lists(st.integers(0, 30), min_size=12, max_size=12))
def test_whatever_happens_a_number_is_listed_until_the_last_end_somebody_asked_for(
    steps: list[tuple[str, int | None]], waits: list[int]
) -> None:
    table, now, until, lines = Memory().table(), 1_000_000, 0.0, 0
    for (step, seconds), wait in zip(steps, waits, strict=False):
        now += 1000 * wait
        told = Entry(ONE, "api", now, f"event {lines}", expires_at=None if seconds is None else now + 1000 * seconds)
        if step == "remove":
            assert do_not_call.remove(table, "acme", told) == (until > now)
            lines += until > now
            until = 0.0
        else:
            ends = float("inf") if seconds is None else now + 1000 * seconds
            [listing] = do_not_call.add(table, "acme", [told])
            assert listing.is_new == (ends > until)
            until, lines = max(until, ends), lines + 1
        for moment in (now, now + 1_000, now + 20_000):
            assert (do_not_call.get(table, "acme", ONE, moment) is not None) == (until > moment)
        assert len(do_not_call.history(table, "acme", ONE)) == lines


# ---------------------------------------------------------------- the list


def test_the_pages_of_the_list_together_are_all_numbers_in_order(edge: Dialer, api: Client) -> None:
    put_on_list(edge, *(number(n) for n in (5, 3, 1, 4, 2)), ONE)
    found: list[str] = []
    cursor = ""
    for _ in range(3):
        page = api.get(f"{LIST}?limit=2{cursor}")
        found += [one["phone_number"] for one in page["entries"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert found == sorted([*(number(n) for n in range(1, 6)), ONE])


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("%2B44", ["+442079460018"]),
        ("+44", ["+442079460018"]),
        ("44", ["+442079460018"]),
        ("%2B1212555", ["+12125550001", "+12125550010"]),
        ("00", ["+12125550001", "+12125550010", "+442079460018"]),
        ("0001", ["+12125550001"]),
        ("%2B0001", []),
        ("", ["+12125550001", "+12125550010", "+442079460018"]),
    ],
)
def test_a_search_is_for_a_part_or_behind_a_plus_for_the_beginning(
    edge: Dialer, api: Client, search: str, expected: list[str]
) -> None:
    put_on_list(edge, number(1), number(10), ONE)
    found = api.get(f"{LIST}?search={search}")
    assert ([one["phone_number"] for one in found["entries"]], found["next_cursor"]) == (expected, None)


@pytest.mark.parametrize("query", ["search=ada", "search=%2B", "search=1234567890123456", "cursor=x", "limit=201"])
def test_a_wrong_parameter_of_the_list_is_refused_by_name(api: Client, query: str) -> None:
    assert paths(api("GET", f"{LIST}?{query}")) == [query.partition("=")[0]]


def test_a_search_for_what_is_rare_ends_early_and_its_cursor_leads_on(
    edge: Dialer, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manage_do_not_call, "LOOKED_AT", 3)
    put_on_list(edge, *(number(n) for n in range(10)))
    first = api.get(f"{LIST}?search=5550007")
    assert (first["entries"], first["next_cursor"] is None) == ([], False)
    second = api.get(f"{LIST}?search=5550007&cursor={first['next_cursor']}")
    third = api.get(f"{LIST}?search=5550007&cursor={second['next_cursor']}")
    assert [one["phone_number"] for one in third["entries"]] == [number(7)]


def test_a_cursor_of_another_search_does_no_harm(edge: Dialer, api: Client) -> None:
    put_on_list(edge, number(1), ONE, "+4930123456")
    cursor = api.get(f"{LIST}?search=%2B4&limit=1")["next_cursor"]
    assert api.get(f"{LIST}?search=%2B1&cursor={cursor}") == {"entries": [], "next_cursor": None}
    assert len(api.get(f"{LIST}?search=%2B49&cursor={cursor}")["entries"]) == 1


# ---------------------------------------------------------------- many at once, and deaths


def test_of_many_that_list_one_number_one_adds_it_and_all_are_told_in_its_history(dialer: Dialer) -> None:
    listings = at_once(16, lambda n: put_on_list(dialer, number(n % 3), number(3))[1])
    assert [one.is_new for one in listings].count(True) == 1
    assert sorted(events(dialer, number(3))) == ["added"] + ["already_listed"] * 15


def test_of_many_that_remove_one_number_one_does(dialer: Dialer) -> None:
    put_on_list(dialer, ONE)
    dialer.clock.advance(1)

    def remove(_: int) -> int:
        try:
            take_off_list(dialer, ONE)
        except NotFoundError:
            return 0
        return 1

    assert sum(at_once(16, remove)) == 1
    assert events(dialer, ONE) == ["added", "removed"]


def is_added(dialer: Dialer, listed: str) -> bool:
    return put_on_list(dialer, listed)[0].is_new


def is_taken_off(dialer: Dialer, listed: str) -> bool:
    take_off_list(dialer, listed)
    return True


def test_additions_and_removals_at_once_leave_a_history_that_ends_as_the_list_does(dialer: Dialer) -> None:
    for trial in range(6):
        listed = number(trial)
        put_on_list(dialer, listed)
        dialer.clock.advance(1)
        [added, _] = together([partial(is_added, dialer, listed), partial(is_taken_off, dialer, listed)])
        assert (entry(dialer, listed) is not None) == added
        assert sorted(events(dialer, listed)) == sorted(["added", "removed", "added" if added else "already_listed"])


def test_a_request_that_dies_anywhere_leaves_no_entry_without_its_history_and_a_repeat_lists_all(
    dialer: Dialer,
) -> None:
    wanted = [number(n) for n in range(120)]
    for at in count(1):
        crasher, memory = Crasher(), Memory()
        mortal = Dialer(Table(crasher.around(memory), "table", None, lambda _: None))  # type: ignore[arg-type]
        crasher.arm(at, applied=True)
        with suppress(Crash):
            put_on_list(mortal, *wanted)
        crasher.disarm()
        if not crasher.died_at:
            assert at > 3
            return
        for one in wanted[::7]:
            assert (entry(mortal, one) is not None) == (events(mortal, one) == ["added"])
        listings = put_on_list(mortal, *wanted)
        assert [one.entry.number for one in listings] == wanted
        assert all(entry(mortal, one) for one in wanted)


def test_who_removed_is_told_and_what_was_there_is_not_forgotten(dialer: Dialer) -> None:
    put_on_list(dialer, ONE, reason="asked")
    dialer.clock.advance(1)
    take_off_list(dialer, ONE, "consent given anew")
    [removed, added] = do_not_call.history(dialer.table, dialer.org, ONE)
    assert (removed.entry.actor, removed.entry.reason, added.entry.reason) == (ACTOR, "consent given anew", "asked")


def test_two_events_of_one_millisecond_are_two_lines(dialer: Dialer) -> None:
    put_on_list(dialer, ONE)
    put_on_list(dialer, ONE)
    take_off_list(dialer, ONE)
    assert sorted(events(dialer, ONE)) == ["added", "already_listed", "removed"]


def test_no_number_of_the_list_is_logged(edge: Dialer, api: Client, caplog: pytest.LogCaptureFixture) -> None:
    api.post(LIST, {"phone_numbers": [ONE]})
    api.get(f"{LIST}/{ONE}")
    api.get(f"{LIST}?search=2079460018")
    api("DELETE", f"{LIST}/{ONE}?reason=asked")
    told = [repr(vars(record)) for record in caplog.records]
    assert len(told) == 4
    assert not [line for line in told if "2079460018" in line or "asked" in line]
