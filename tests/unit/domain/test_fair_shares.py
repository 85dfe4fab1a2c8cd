"""The global limit is shared by largest remainder, wholly, and so that nobody is left out for long (G2)."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campanile.domain.fair_shares import ASKED_MS, TURN_MS, Share, allowance, entitlement, fair_shares, living

NOW = 1_793_000_000_000
WANTS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 200), max_size=12)


@pytest.mark.parametrize(
    ("total", "wants", "shares"),
    [
        (50, {"a": 10, "b": 20}, {"a": 10, "b": 20}),
        (50, {"a": 40, "b": 40}, {"a": 25, "b": 25}),
        (6, {"a": 8, "b": 4}, {"a": 4, "b": 2}),
        (10, {"a": 100, "b": 1}, {"a": 9, "b": 1}),
        (10, {"a": 0, "b": 100}, {"b": 10}),
        (0, {"a": 3}, {}),
    ],
)
def test_shares_are_as_large_as_wanted_or_in_proportion(
    total: int, wants: Mapping[str, int], shares: Mapping[str, int]
) -> None:
    assert {org: share for org, share in fair_shares(total, wants, NOW).items() if share} == shares


@given(total=st.integers(0, 300), wants=WANTS)
def test_all_of_it_is_shared_and_nobody_gets_more_than_wanted(total: int, wants: dict[str, int]) -> None:
    shares = fair_shares(total, wants, NOW)
    assert sum(shares.values()) == min(total, sum(wants.values()))
    assert all(0 <= share <= wants[org] for org, share in shares.items())


@given(total=st.integers(1, 300), wants=WANTS)
def test_where_there_is_enough_everyone_who_wants_gets_at_least_one(total: int, wants: dict[str, int]) -> None:
    wanting = {org for org, want in wants.items() if want}
    if len(wanting) <= total:
        assert {org for org, share in fair_shares(total, wants, NOW).items() if share} == wanting


@given(total=st.integers(13, 300), wants=WANTS)
def test_beyond_that_one_a_share_is_within_one_of_its_proportion(total: int, wants: dict[str, int]) -> None:
    wanting = {org: want for org, want in wants.items() if want}
    if sum(wanting.values()) > total:
        rest, beyond = total - len(wanting), sum(wanting.values()) - len(wanting)
        shares = fair_shares(total, wants, NOW)
        assert all(abs(shares[org] - 1 - rest * (want - 1) / beyond) < 1 for org, want in wanting.items())


def test_where_there_is_not_one_for_each_the_turn_goes_round() -> None:
    wants = {f"org-{n}": 5 for n in range(6)}
    served = {org for turn in range(60) for org in fair_shares(2, wants, NOW + turn * TURN_MS)}
    assert served == set(wants)


def test_of_what_is_free_an_org_may_have_what_it_lacks() -> None:
    shares = {"a": Share(granted=3, wants=8, asked_at=NOW), "b": Share(granted=0, wants=4, asked_at=NOW)}
    assert allowance(6, shares, "b", NOW) == 2
    assert allowance(6, shares, "a", NOW) == 3 + 1


def test_what_is_lacking_is_shared_alike_when_less_is_free() -> None:
    full = {"idle": Share(granted=8, wants=8, asked_at=NOW - ASKED_MS)}
    shares = {**full, "a": Share(wants=10, asked_at=NOW), "b": Share(wants=10, asked_at=NOW)}
    assert [allowance(10, shares, org, NOW) for org in ("a", "b")] == [1, 1]


def test_nothing_can_be_claimed_of_a_limit_that_is_used_up() -> None:
    assert allowance(5, {"a": Share(7, 7, NOW), "b": Share(0, 3, NOW)}, "b", NOW) == 0


def test_a_part_that_still_drains_allows_no_more_than_the_fair_share() -> None:
    assert allowance(6, {"a": Share(6, 8, NOW), "b": Share(0, 8, NOW)}, "a", NOW) == 3


@given(
    total=st.integers(0, 60),
    granted=st.dictionaries(st.sampled_from("abcde"), st.integers(0, 20), min_size=1),
    asks=st.lists(st.sampled_from("abcde"), max_size=8),
)
def test_claims_one_after_another_never_take_more_than_there_is(
    total: int, granted: dict[str, int], asks: list[str]
) -> None:
    shares = {org: Share(part, 20, NOW) for org, part in granted.items()}
    before = sum(granted.values())
    for org in asks:
        part = shares.get(org, Share(0, 20, NOW))
        shares[org] = part
        shares[org] = Share(max(part.granted, allowance(total, shares, org, NOW)), 20, NOW)
    assert sum(share.granted for share in shares.values()) <= max(total, before)


def test_only_shares_that_hold_or_want_something_are_kept() -> None:
    silent, asking, holding = Share(0, 9, NOW - ASKED_MS), Share(0, 9, NOW), Share(2, 9, 0)
    assert living({"a": silent, "b": asking, "c": holding}, NOW) == {"b": asking, "c": holding}


def test_an_org_is_entitled_to_its_fair_share_among_those_that_ask() -> None:
    shares = {"asks": Share(6, 8, NOW), "silent": Share(40, 40, NOW - ASKED_MS)}
    assert entitlement(6, shares, "new", 4, NOW) == 2
    assert entitlement(6, shares, "asks", 8, NOW) == 6
    assert entitlement(6, {}, "new", 4, NOW) == 4
