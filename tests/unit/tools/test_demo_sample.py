"""The demo's sample: it has to show every behaviour of the simulated carrier, at any hour, in about a minute."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campanile.csv_files.rows import CsvRow
from campanile.domain import gate, phone
from campanile.domain.times import milliseconds
from campanile.schema.configurations import ConfigurationInput
from campanile.schema.contacts import ContactsInput
from campanile.simulated_carrier.behaviour import MAGIC, magic_behaviour
from tests.support.csv_files import read
from tools.demo.__main__ import CONTACTS, SAMPLE
from tools.demo.summary import closed_until_tomorrow

HALF_HOUR = timedelta(minutes=30)
CONFIGURATION = json.loads((SAMPLE / "configuration.json").read_text())
READ = read(CONTACTS.read_bytes())
ROWS = [row for row in READ if isinstance(row, CsvRow)]
NUMBERS = [[phone.normalize(raw).e164 for raw in row.phone_numbers] for row in ROWS]
WAITING = ContactsInput.model_validate_json((SAMPLE / "waiting_contacts.json").read_text())
ANY_MOMENT = st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_there_are_at_least_sixty_contacts_and_no_row_is_wrong() -> None:
    assert len(ROWS) >= 60
    assert len(ROWS) == len(READ)
    assert all(row.phone_numbers and row.external_id and (row.data or {})["first_name"] for row in ROWS)


def test_every_behaviour_of_the_carrier_is_there() -> None:
    assert {magic_behaviour(numbers[0]) for numbers in NUMBERS} == set(MAGIC)


def test_a_second_number_rescues_contacts_whose_first_one_is_invalid_or_not_answered() -> None:
    rescued = {magic_behaviour(first) for first, *rest in NUMBERS if rest and magic_behaviour(rest[0]) == "answered"}
    assert rescued >= {"invalid_number", "no_answer", "failed"}
    assert any(magic_behaviour(only) == "invalid_number" for only, *rest in NUMBERS if not rest)


def test_no_number_occurs_twice_and_all_are_reserved_for_fiction() -> None:
    numbers = [number for of_contact in NUMBERS for number in of_contact]
    numbers += [number for one in WAITING.contacts for number in one.phone_numbers or []]
    assert Counter(numbers).most_common(1)[0][1] == 1
    assert [number for number in numbers if not re.fullmatch(r"\+1[2-9]\d\d55501\d\d", number)] == []


def test_contacts_live_on_several_continents_some_at_half_an_hours_offset_some_anywhere() -> None:
    zones = {row.timezone for row in ROWS}
    assert None in zones
    assert {(zone or "").partition("/")[0] for zone in zones} >= {"America", "Europe", "Asia", "Australia"}
    now = datetime(2026, 7, 1, tzinfo=UTC)
    offsets = {now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta() for zone in zones if zone}
    assert any(offset % timedelta(hours=1) == HALF_HOUR for offset in offsets)


def test_scheduled_contacts_are_due_already() -> None:
    times = [datetime.fromisoformat(row.scheduled_at) for row in ROWS if row.scheduled_at]
    assert times
    assert max(times) < datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("behaviour", ["callback_first", "silent_end", "held_response", "refused_first"])
def test_what_takes_long_is_dialed_early_so_that_nothing_holds_up_the_end(behaviour: str) -> None:
    assert behaviour not in {magic_behaviour(numbers[0]) for numbers in NUMBERS[12:]}


@given(ANY_MOMENT)
def test_the_campaign_may_call_at_any_moment(moment: datetime) -> None:
    configuration = ConfigurationInput.model_validate(CONFIGURATION)
    now = milliseconds(moment)
    assert all(gate.opening(configuration.schedule, row.timezone, False, now) == now for row in ROWS[:20])


@given(ANY_MOMENT)
def test_the_second_campaigns_window_stays_closed_for_hours_at_any_moment(moment: datetime) -> None:
    windows = closed_until_tomorrow(moment, CONFIGURATION["default_timezone"])
    configuration = ConfigurationInput.model_validate({**CONFIGURATION, "default_windows": windows})
    opens = gate.opening(configuration.schedule, None, False, milliseconds(moment))
    assert opens is not None
    assert timedelta(hours=8) <= timedelta(milliseconds=opens - milliseconds(moment)) <= timedelta(hours=34)
