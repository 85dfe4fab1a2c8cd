"""Akol's statuses (seed 002): each pair of status and last outcome is seen in exactly one way."""

from collections.abc import Sequence
from itertools import product
from typing import get_args

import pytest

from campanile.domain.lifecycle import ContactStatus, Outcome
from campanile.domain.retry import RetryPolicy
from campanile.domain.shown_status import VIEWS, view
from campanile.schema.field_types import OutcomeName, StatusName

STATUSES = get_args(StatusName)
OUTCOMES = (None, *get_args(OutcomeName))
FAILURES = ("busy", "failed", "invalid_number", "canceled", "unknown", "answered", "do_not_call")
EXPECTED: dict[str, list[tuple[str, Sequence[str | None]]]] = {
    # view: the statuses and outcomes seen so, in words of the seed
    "pending": [("pending held", [None])],
    "rescheduled": [("pending held", ["callback_requested"])],
    "no_answer": [
        ("pending held", ["no_answer", "voicemail"]),
        ("exhausted", ["no_answer", "voicemail", "callback_requested"]),
    ],
    "failed": [("error", OUTCOMES), ("pending held", FAILURES), ("exhausted", [None, *FAILURES])],
    "in_progress": [("locked in_progress", OUTCOMES)],
    "completed": [("completed", OUTCOMES)],
    "do_not_call": [("do_not_call", OUTCOMES)],
}


def test_every_status_and_outcome_are_seen_in_exactly_one_way() -> None:
    listed = [
        ((status, outcome), name)
        for name, groups in EXPECTED.items()
        for statuses, outcomes in groups
        for status, outcome in product(statuses.split(), outcomes)
    ]
    assert len(listed) == len(dict(listed)) == len(STATUSES) * len(OUTCOMES)
    assert {pair: view(*pair) for pair in product(STATUSES, OUTCOMES)} == dict(listed)
    assert set(EXPECTED) == set(VIEWS)


def test_the_pairs_are_those_there_are() -> None:
    assert {str(one) for one in ContactStatus} - {"active"} | {"locked", "in_progress"} == set(STATUSES)
    assert {str(one) for one in Outcome} == set(OUTCOMES) - {None}


@pytest.mark.parametrize("status", ["", "active", "Pending"])
def test_what_is_no_status_of_the_api_is_seen_in_no_way(status: str) -> None:
    with pytest.raises(KeyError):
        view(status, None)


def test_akols_retries_are_the_default() -> None:
    assert (RetryPolicy().retry_attempts, RetryPolicy().retry_delay_seconds) == (2, 60 * 60)
