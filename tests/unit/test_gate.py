"""The gate: every reason not to place a call has a name, and everything else passes (G3)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from campanile.aftermath import after_refusal
from campanile.calling_window import Schedule, ScheduleOverride, TimeWindow
from campanile.entities import Attempt, Contact, LaneKind
from campanile.field_types import milliseconds
from campanile.gate import Reading, Refused, opening, refuse
from campanile.lifecycle import CampaignStatus, ContactStatus, Outcome, Refusal

WEDNESDAY_NOON = milliseconds(datetime(2026, 7, 1, 16, 0, tzinfo=UTC))  # 12:00 in New York
WEDNESDAY_9_PM = milliseconds(datetime(2026, 7, 2, 1, 0, tzinfo=UTC))
THURSDAY_9_AM = milliseconds(datetime(2026, 7, 2, 13, 0, tzinfo=UTC))
WEDNESDAY_9_AM_IN_LA = milliseconds(datetime(2026, 7, 1, 16, 0, tzinfo=UTC))
OFFICE_HOURS = TimeWindow(days=["mon", "tue", "wed", "thu", "fri"], start="09:00", end="17:00")
EVENINGS = TimeWindow(days=["wed"], start="20:00", end="22:00")
SCHEDULE = Schedule(default_windows=[OFFICE_HOURS])
OPEN = Reading(is_ad_hoc=False, campaign_status=CampaignStatus.ACTIVE, schedule=SCHEDULE, number_listed=False)
AD_HOC = Reading(is_ad_hoc=True, campaign_status=None, schedule=None, number_listed=False)
CONTACT = Contact(
    campaign_key="0197b2a0-5c3e-7d41-9f02-6b1d2c3e4f50",
    id="9d3b7c10-2a4e-4f68-8b91-0c1d2e3f4a5b",
    number=0,
    status=ContactStatus.ACTIVE,
    phone_numbers=("+14155550123",),
    created_at=WEDNESDAY_NOON - 60_000,
    due=WEDNESDAY_NOON,
    kind=LaneKind.FIRST,
)


def test_a_due_contact_of_an_active_campaign_inside_its_window_may_be_called() -> None:
    assert refuse(OPEN, CONTACT, WEDNESDAY_NOON) is None


def test_a_person_who_asked_not_to_be_called_is_not_called_on_another_number() -> None:
    asked = Attempt("an id", 1, "+14155550124", Outcome.DO_NOT_CALL, WEDNESDAY_NOON - 9, WEDNESDAY_NOON - 5)
    assert refuse(OPEN, replace(CONTACT, attempts=(asked,)), WEDNESDAY_NOON) == Refused(Refusal.DO_NOT_CALL)
    assert refuse(AD_HOC, replace(CONTACT, attempts=(asked,)), WEDNESDAY_NOON) == Refused(Refusal.DO_NOT_CALL)


def test_a_paused_campaign_is_not_dialed() -> None:
    paused = replace(OPEN, campaign_status=CampaignStatus.PAUSED)
    assert refuse(paused, CONTACT, WEDNESDAY_NOON) == Refused(Refusal.CAMPAIGN_PAUSED)


@pytest.mark.parametrize("status", [CampaignStatus.CLOSED, None])
def test_a_closed_or_vanished_campaign_is_not_dialed(status: CampaignStatus | None) -> None:
    closed = replace(OPEN, campaign_status=status)
    assert refuse(closed, CONTACT, WEDNESDAY_NOON) == Refused(Refusal.CAMPAIGN_CLOSED)


def test_without_a_configuration_nobody_is_called() -> None:
    assert refuse(replace(OPEN, schedule=None), CONTACT, WEDNESDAY_NOON) is not None


def test_outside_the_window_a_contact_waits_until_it_opens() -> None:
    expected = Refused(Refusal.OUTSIDE_CALLING_WINDOW, THURSDAY_9_AM)
    assert refuse(OPEN, CONTACT, WEDNESDAY_9_PM) == expected


def test_without_windows_a_contact_waits_for_somebody_to_set_one() -> None:
    never = replace(OPEN, schedule=Schedule())
    assert refuse(never, CONTACT, WEDNESDAY_NOON) == Refused(Refusal.OUTSIDE_CALLING_WINDOW, None)


def test_the_window_is_that_of_the_contacts_own_timezone() -> None:
    an_hour_earlier = WEDNESDAY_9_AM_IN_LA - 3_600_000
    in_los_angeles = replace(CONTACT, timezone="America/Los_Angeles", due=0)
    expected = Refused(Refusal.OUTSIDE_CALLING_WINDOW, WEDNESDAY_9_AM_IN_LA)
    assert refuse(OPEN, in_los_angeles, an_hour_earlier) == expected
    assert refuse(OPEN, replace(in_los_angeles, timezone=None), an_hour_earlier) is None


def test_a_stored_est_is_open_when_new_york_and_a_place_without_summer_time_are_and_nonsense_is_never() -> None:
    office = Schedule(default_windows=[TimeWindow(days=["mon"], start="09:00", end="17:00")])
    at = {hour: milliseconds(datetime(2026, 7, 6, hour, tzinfo=UTC)) for hour in (13, 14, 20, 21)}
    assert opening(office, "EST", False, at[13]) == at[14]
    assert opening(office, "EST", False, at[20]) == at[20]
    assert opening(office, "EST", False, at[21]) == at[14] + 7 * 86_400_000
    assert opening(office, "PST", False, at[14]) is None


def test_an_override_binds_the_timezones_it_names() -> None:
    closed_there = ScheduleOverride(timezones=["America/Los_Angeles"], windows=[])
    reading = replace(OPEN, schedule=Schedule(default_windows=[OFFICE_HOURS], overrides=[closed_there]))
    there = replace(CONTACT, timezone="America/Los_Angeles")
    assert refuse(reading, there, WEDNESDAY_NOON + 7_200_000) == Refused(Refusal.OUTSIDE_CALLING_WINDOW)


@pytest.mark.parametrize("reading", [OPEN, AD_HOC])
def test_nobody_is_called_before_the_due_time(reading: Reading) -> None:
    later = replace(CONTACT, due=WEDNESDAY_NOON + 1)
    assert refuse(reading, later, WEDNESDAY_NOON) == Refused(Refusal.NOT_YET_DUE, WEDNESDAY_NOON + 1)


@pytest.mark.parametrize("reading", [OPEN, AD_HOC])
def test_a_listed_number_is_not_called(reading: Reading) -> None:
    assert refuse(replace(reading, number_listed=True), CONTACT, WEDNESDAY_NOON) == Refused(Refusal.DO_NOT_CALL)


def test_an_ad_hoc_contact_has_neither_window_nor_campaign() -> None:
    assert refuse(AD_HOC, CONTACT, WEDNESDAY_9_PM) is None


def test_only_the_first_call_of_a_scheduled_contact_uses_the_scheduled_windows() -> None:
    reading = replace(OPEN, schedule=Schedule(default_windows=[OFFICE_HOURS], scheduled_windows=[EVENINGS]))
    scheduled = replace(CONTACT, kind=LaneKind.SCHEDULED, scheduled_at=WEDNESDAY_NOON)
    assert refuse(reading, scheduled, WEDNESDAY_9_PM) is None
    assert refuse(reading, scheduled, WEDNESDAY_NOON) is not None
    for kind in (LaneKind.RETRY, LaneKind.CALLBACK, LaneKind.FIRST):
        assert refuse(reading, replace(scheduled, kind=kind), WEDNESDAY_NOON) is None
        assert refuse(reading, replace(scheduled, kind=kind), WEDNESDAY_9_PM) is not None


EVERY_READING = [
    *(
        Reading(False, status, schedule, listed)
        for status in (*CampaignStatus, None)
        for schedule in (SCHEDULE, Schedule(), None)
        for listed in (False, True)
    ),
    replace(AD_HOC, number_listed=True),
    AD_HOC,
]


@pytest.mark.parametrize("reading", EVERY_READING)
@pytest.mark.parametrize("now", [WEDNESDAY_NOON - 1, WEDNESDAY_NOON, WEDNESDAY_9_PM])
def test_a_call_passes_only_if_nothing_at_all_forbids_it(reading: Reading, now: int) -> None:
    in_window = reading.schedule == SCHEDULE and now != WEDNESDAY_9_PM
    allowed = reading.is_ad_hoc or (reading.campaign_status is CampaignStatus.ACTIVE and in_window)
    may = allowed and not reading.number_listed and now >= CONTACT.due
    assert (refuse(reading, CONTACT, now) is None) == may


@pytest.mark.parametrize("reading", EVERY_READING)
def test_until_names_a_time_in_the_future_or_nothing(reading: Reading) -> None:
    refused = refuse(reading, CONTACT, WEDNESDAY_9_PM)
    assert refused is None or refused.until is None or refused.until > WEDNESDAY_9_PM


@pytest.mark.parametrize("code", Refusal)
def test_a_refusal_is_no_attempt_and_consumes_nothing(code: Refusal) -> None:
    called = replace(CONTACT, phone_numbers=("+14155550123", "+14155550199"), attempt_count=2, budget_used=1)
    called = replace(called, callbacks_used=1, attempt_id="attempt", kind=LaneKind.RETRY, rev=7)
    after = after_refusal(called, "+14155550123", code, WEDNESDAY_NOON, until=None)
    assert after.status is ContactStatus.PENDING
    assert (after.attempt_count, after.budget_used, after.callbacks_used) == (2, 1, 1)
    assert (after.attempts, after.last_outcome, after.attempt_id) == ((), None, None)
    assert (after.due, after.kind) == (called.due, called.kind)
    assert after.last_refusal is not None
    assert (after.last_refusal.code, after.last_refusal.at) == (str(code), WEDNESDAY_NOON)


def test_inside_a_window_the_opening_is_now() -> None:
    assert opening(SCHEDULE, None, False, WEDNESDAY_NOON) == WEDNESDAY_NOON


def test_before_a_window_the_opening_is_its_start_and_without_windows_there_is_none() -> None:
    assert opening(SCHEDULE, None, False, WEDNESDAY_9_PM) == THURSDAY_9_AM
    assert opening(Schedule(), None, False, WEDNESDAY_9_PM) is None
