"""Pacing: calls are spread so that no provider ever has to queue one."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campanile.domain.pacing import MAX_OVERLAPPING_SENDS, next_free, overlap, send_times

NOW = 1_782_925_200_000
rates = st.floats(0.1, 500)


def test_calls_are_sent_evenly_from_now_on_when_the_account_is_free() -> None:
    assert send_times(0, NOW, 4, 10) == [NOW, NOW + 100, NOW + 200, NOW + 300]


def test_calls_wait_until_the_account_is_free() -> None:
    assert send_times(NOW + 750, NOW, 2, 2) == [NOW + 750, NOW + 1250]


def test_the_account_is_free_again_one_interval_after_the_last_send() -> None:
    assert next_free(send_times(0, NOW, 4, 10), 10) == NOW + 400


def test_less_than_one_call_a_second_is_possible() -> None:
    times = send_times(0, NOW, 2, 0.1)
    assert [*times, next_free(times, 0.1)] == [NOW, NOW + 10_000, NOW + 20_000]


@settings(deadline=None, derandomize=True)
@given(st.integers(0, 2 * NOW), st.integers(1, 50), rates)
def test_no_send_is_before_now_or_before_the_account_is_free(free_at: int, count: int, rate: float) -> None:
    times = send_times(free_at, NOW, count, rate)
    assert len(times) == count
    assert times == sorted(times)
    assert times[0] == max(free_at, NOW)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 32), min_size=2, max_size=60), rates)
def test_reservation_after_reservation_the_rate_is_never_exceeded(counts: list[int], rate: float) -> None:
    free_at = NOW
    sent: list[int] = []
    for count in counts:
        times = send_times(free_at, NOW, count, rate)
        free_at = next_free(times, rate)
        sent += times
    for k, time in enumerate(sent):
        # A millisecond of rounding within a reservation, but none that adds up from one to the next.
        assert time >= NOW + math.floor(k * 1000 / rate) - 1, f"call {k + 1} is sent too soon"


def test_as_many_calls_overlap_as_the_rate_starts_within_one_time_out() -> None:
    assert overlap(calls_per_second=2, post_timeout_seconds=5) == 10


def test_overlapping_calls_have_an_upper_bound() -> None:
    assert overlap(calls_per_second=500, post_timeout_seconds=5) == MAX_OVERLAPPING_SENDS == 32


@pytest.mark.parametrize("rate", [0.1, 0.19])
def test_at_the_slowest_rate_one_call_at_a_time_is_still_placed(rate: float) -> None:
    assert overlap(calls_per_second=rate, post_timeout_seconds=5) == 1
