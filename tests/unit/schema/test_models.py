"""Requests as the API takes them: strict, limited, with the defaults of the design."""

from datetime import UTC, datetime
from typing import Any

import pytest

from campanile.domain.campaign import AgentFields
from campanile.domain.configuration import Configuration
from campanile.domain.lifecycle import Outcome
from campanile.domain.retry import RetryPolicy
from campanile.schema.agents import MAX_AGENT_CONFIG_BYTES
from campanile.schema.campaigns import CampaignInput
from campanile.schema.concurrency import ConcurrencyInput
from campanile.schema.configurations import ConfigurationInput, ConfigurationResponse
from campanile.schema.contacts import MAX_DATA_BYTES, STRUCTURED_FIELDS, ContactInput, ContactsInput
from campanile.schema.messages import Request
from tests.support.requests import CAMPAIGN, CONFIGURATION, CONFIGURATION_ID, CONTACT, refusals, taken

OFFICE_HOURS = {"days": ["mon"], "start": "09:00", "end": "17:00"}


# ---------------------------------------------------------------- strictness

WRONG_TYPES = [
    (ConfigurationInput, CONFIGURATION, "retry_attempts", "5"),
    (ConfigurationInput, CONFIGURATION, "retry_attempts", True),
    (ConfigurationInput, CONFIGURATION, "retry_attempts", 5.0),
    (ConfigurationInput, CONFIGURATION, "retry_delay_seconds", "60"),
    (ConfigurationInput, CONFIGURATION, "retry_outcomes", "busy"),
    (ConfigurationInput, CONFIGURATION, "name", 5),
    (ConfigurationInput, CONFIGURATION, "default_timezone", 5),
    (ConfigurationInput, CONFIGURATION, "default_timezone", None),
    (ConfigurationInput, CONFIGURATION, "default_windows", None),
    (ConfigurationInput, CONFIGURATION, "default_country_code", 1),
    (CampaignInput, CAMPAIGN, "unique_numbers", 1),
    (CampaignInput, CAMPAIGN, "unique_numbers", "true"),
    (CampaignInput, CAMPAIGN, "priority", "10"),
    (CampaignInput, CAMPAIGN, "priority", None),
    (CampaignInput, CAMPAIGN, "external_id", 4821),
    (ContactInput, CONTACT, "external_id", 4821),
    (ContactInput, CONTACT, "phone_numbers", "+14155550123"),
    (ContactInput, CONTACT, "data", [1]),
    (ContactInput, CONTACT, "data", "{}"),
    (ContactInput, CONTACT, "agent_config", "{}"),
    (ContactInput, CONTACT, "initial_context", {}),
    (ContactInput, CONTACT, "scheduled_at", 1_782_925_200),
    (ContactInput, CONTACT, "id", 7),
    (ConcurrencyInput, {}, "concurrency_limit", "10"),
    (ConcurrencyInput, {}, "concurrency_limit", 10.0),
    (ConcurrencyInput, {"concurrency_limit": 10}, "calls_per_second", "2"),
    (ConcurrencyInput, {"concurrency_limit": 10}, "calls_per_second", True),
]


@pytest.mark.parametrize(("model", "base", "name", "value"), WRONG_TYPES)
def test_a_value_of_another_type_is_refused_and_never_converted(
    model: type[Request], base: dict[str, Any], name: str, value: object
) -> None:
    assert list(refusals(model, base, **{name: value})) == [name]


def test_a_number_inside_a_list_of_phone_numbers_is_refused_with_its_place() -> None:
    body = {"contacts": [CONTACT, {"phone_numbers": ["+14155550123", 14155550123]}]}
    assert list(refusals(ContactsInput, body)) == ["contacts.1.phone_numbers.1"]


@pytest.mark.parametrize(
    ("model", "base", "path"),
    [
        (ConfigurationInput, {**CONFIGURATION, "retries": 1}, "retries"),
        (CampaignInput, {**CAMPAIGN, "status": "paused"}, "status"),
        (ContactsInput, {"contacts": [{**CONTACT, "phone": "+1"}]}, "contacts.0.phone"),
        (ContactsInput, {"contacts": [], "dry_run": True}, "dry_run"),
        (ConcurrencyInput, {"concurrency_limit": 1, "limit": 2}, "limit"),
        (
            ConfigurationInput,
            {**CONFIGURATION, "default_windows": [{**OFFICE_HOURS, "zone": "UTC"}]},
            "default_windows.0.zone",
        ),
    ],
)
def test_an_unknown_field_is_refused_with_its_path(model: type[Request], base: dict[str, Any], path: str) -> None:
    assert list(refusals(model, base)) == [path]


@pytest.mark.parametrize(
    ("model", "base", "missing"),
    [
        (ConfigurationInput, {}, ["name"]),
        (CampaignInput, {}, ["name", "configuration_id"]),
        (ContactsInput, {}, ["contacts"]),
        (ConcurrencyInput, {}, ["concurrency_limit"]),
    ],
)
def test_what_has_no_default_must_be_given(model: type[Request], base: dict[str, Any], missing: list[str]) -> None:
    assert list(refusals(model, base)) == missing


def test_every_wrong_field_is_named_at_once() -> None:
    found = refusals(ConfigurationInput, {"name": " ", "retry_attempts": 11, "default_timezone": "Mars/Base", "x": 1})
    assert set(found) == {"name", "retry_attempts", "default_timezone", "x"}


# ---------------------------------------------------------------- limits

RANGES: list[tuple[type[Request], dict[str, Any], str, float, float]] = [
    (CampaignInput, CAMPAIGN, "priority", 0, 999_999),
    (ConfigurationInput, CONFIGURATION, "retry_attempts", 0, 10),
    (ConfigurationInput, CONFIGURATION, "retry_delay_seconds", 1, 2_592_000),
    (ConcurrencyInput, {}, "concurrency_limit", 1, 10_000),
]


@pytest.mark.parametrize(("model", "base", "name", "low", "high"), RANGES)
def test_a_number_may_be_anywhere_in_its_range_and_nowhere_else(
    model: type[Request], base: dict[str, Any], name: str, low: int, high: int
) -> None:
    for value in (low, high):
        assert getattr(taken(model, base, **{name: value}), name) == value
    for value in (low - 1, high + 1):
        assert list(refusals(model, base, **{name: value})) == [name]


def test_calls_per_second_may_be_a_whole_number_or_a_fraction_but_no_infinity() -> None:
    base = {"concurrency_limit": 1}
    assert [taken(ConcurrencyInput, base, calls_per_second=rate).calls_per_second for rate in (0.1, 2, 500)] == [
        0.1,
        2,
        500,
    ]
    for rate in (0, 0.09, 500.1, float("nan"), float("inf")):
        assert list(refusals(ConcurrencyInput, base, calls_per_second=rate)) == ["calls_per_second"]


def object_of(size: int, character: str = "x") -> dict[str, str]:
    """An object of `size` bytes of JSON: `{"k":"xx…"}`."""
    value, rest = divmod(size - len('{"k":""}'), len(character.encode()))
    return {"k": character * value + "x" * rest}


@pytest.mark.parametrize("character", ["x", "é", "😀"])
@pytest.mark.parametrize(("name", "limit"), [("data", MAX_DATA_BYTES), ("agent_config", MAX_AGENT_CONFIG_BYTES)])
def test_an_object_may_have_so_many_bytes_of_json_whatever_its_alphabet(name: str, limit: int, character: str) -> None:
    fits, over = object_of(limit, character), object_of(limit + 1, character)
    assert getattr(taken(ContactInput, CONTACT, **{name: fits}), name) == fits
    message = refusals(ContactInput, CONTACT, **{name: over})[name]
    assert str(limit) in message
    assert str(limit + 1) in message


def test_the_limits_are_those_of_the_design() -> None:
    assert (MAX_DATA_BYTES, MAX_AGENT_CONFIG_BYTES) == (16_384, 8_192)


def test_an_initial_context_has_at_most_4000_characters() -> None:
    assert taken(ContactInput, CONTACT, initial_context="é" * 4_000).initial_context == "é" * 4_000
    assert list(refusals(ContactInput, CONTACT, initial_context="x" * 4_001)) == ["initial_context"]


def test_a_contact_has_one_to_ten_numbers() -> None:
    ten = [f"+141555501{n:02d}" for n in range(10)]
    assert taken(ContactInput, {}, phone_numbers=ten).phone_numbers == ten
    for numbers in ([], [*ten, "+14155550199"]):
        assert list(refusals(ContactInput, {}, phone_numbers=numbers)) == ["phone_numbers"]


# ---------------------------------------------------------------- defaults


def test_a_configuration_has_the_defaults_of_the_design() -> None:
    given_nothing = taken(ConfigurationInput, CONFIGURATION)
    shown = given_nothing.model_dump()
    shown["retry_outcomes"] = set(shown["retry_outcomes"])
    assert shown == {
        "name": "Weekdays",
        "default_timezone": "America/New_York",
        "default_windows": [],
        "overrides": [],
        "scheduled_windows": None,
        "scheduled_overrides": None,
        "default_country_code": "+1",
        "retry_attempts": 2,
        "retry_delay_seconds": 3600,
        "retry_outcomes": {"no_answer", "busy", "failed"},
        "retry_delays": {},
        "daily_attempts_per_number": None,
        "agent_id": None,
        "agent_version": None,
        "agent_number": None,
        "agent_config": None,
        "initial_context": None,
    }
    assert given_nothing.retry_policy == RetryPolicy()
    assert given_nothing.configuration(CONFIGURATION_ID, 0, 0) == Configuration(CONFIGURATION_ID, "Weekdays")


def test_a_campaign_has_priority_one_and_takes_a_number_twice_unless_told_otherwise() -> None:
    campaign = taken(CampaignInput, CAMPAIGN)
    assert (campaign.priority, campaign.unique_numbers, campaign.external_id) == (1, False, None)
    assert campaign.agent == AgentFields()


def test_the_agent_fields_of_a_request_are_taken_over_one_by_one() -> None:
    agent = AgentFields("agent", "3", "+14155550101", {"voice": "calm"}, "Renewal due next week.")
    for model, base in ((ContactInput, CONTACT), (CampaignInput, CAMPAIGN), (ConfigurationInput, CONFIGURATION)):
        assert taken(model, base, **agent.to_dict()).agent == agent


def test_what_a_contact_was_not_given_is_told_from_what_was_cleared() -> None:
    assert taken(ContactInput, CONTACT).model_fields_set == {"phone_numbers"}
    assert taken(ContactInput, CONTACT, timezone=None).model_fields_set == {"phone_numbers", "timezone"}


def test_the_structured_fields_are_those_of_seed_000() -> None:
    assert {
        "phone_numbers",
        "external_id",
        "timezone",
        "scheduled_at",
        "agent_id",
        "agent_config",
        "agent_number",
        "agent_version",
        "initial_context",
    } == STRUCTURED_FIELDS


# ---------------------------------------------------------------- retries and windows

RETRIED = ["voicemail", "no_answer", "busy", "failed", "canceled", "unknown"]


def test_outcomes_that_retrying_could_change_may_be_listed() -> None:
    policy = taken(ConfigurationInput, CONFIGURATION, retry_outcomes=RETRIED).retry_policy
    assert policy.retry_outcomes == {Outcome(name) for name in RETRIED}
    assert taken(ConfigurationInput, CONFIGURATION, retry_outcomes=[]).retry_policy.retry_outcomes == frozenset()


@pytest.mark.parametrize("name", ["answered", "invalid_number", "do_not_call", "callback_requested", "Busy", ""])
def test_outcomes_that_have_a_rule_of_their_own_may_not_be_listed(name: str) -> None:
    assert list(refusals(ConfigurationInput, CONFIGURATION, retry_outcomes=[name])) == ["retry_outcomes.0"]


def test_an_outcome_listed_twice_counts_once() -> None:
    assert taken(ConfigurationInput, CONFIGURATION, retry_outcomes=["busy", "busy"]).retry_outcomes == ["busy"]


def test_each_retried_outcome_and_a_callback_may_have_a_delay_of_its_own() -> None:
    delays = {name: 60 + n for n, name in enumerate([*RETRIED, "callback_requested"])}
    policy = taken(ConfigurationInput, CONFIGURATION, retry_delays=delays).retry_policy
    assert policy.retry_delays == {Outcome(name): delay for name, delay in delays.items()}


@pytest.mark.parametrize("delays", [{"answered": 60}, {"busy": 0}, {"busy": 2_592_001}, {"busy": "60"}, {"busy": None}])
def test_a_delay_is_for_a_retried_outcome_and_within_its_range(delays: dict[str, Any]) -> None:
    [path] = refusals(ConfigurationInput, CONFIGURATION, retry_delays=delays)
    assert path.startswith(f"retry_delays.{next(iter(delays))}")


def test_a_configuration_that_allows_calls_in_one_timezone_only_has_windows() -> None:
    override = {"timezones": ["Asia/Kolkata"], "windows": [OFFICE_HOURS]}

    def has_windows(**fields: Any) -> bool:
        wanted: ConfigurationInput = taken(ConfigurationInput, CONFIGURATION, **fields)
        return wanted.configuration(CONFIGURATION_ID, 0, 0).has_windows

    assert has_windows(overrides=[override])
    assert has_windows(scheduled_windows=[OFFICE_HOURS])
    assert not has_windows(overrides=[{**override, "windows": []}])
    assert not has_windows()


def test_null_scheduled_windows_and_an_empty_list_of_them_stay_apart() -> None:
    assert taken(ConfigurationInput, CONFIGURATION, scheduled_windows=None).schedule.scheduled_windows is None
    assert taken(ConfigurationInput, CONFIGURATION, scheduled_windows=[]).schedule.scheduled_windows == []


def test_a_stored_configuration_is_shown_as_it_was_given() -> None:
    wanted = taken(
        ConfigurationInput,
        CONFIGURATION,
        default_windows=[OFFICE_HOURS],
        retry_delays={"busy": 60},
        agent_config={"temperature": 0.7},
    )
    shown = ConfigurationResponse.of(wanted.configuration(CONFIGURATION_ID, 1_782_864_000_000, 1_782_864_000_000))
    now = datetime(2026, 7, 1, tzinfo=UTC)
    assert shown.model_dump() == {
        **wanted.model_dump(), "id": CONFIGURATION_ID, "created_at": now, "updated_at": now
    }  # fmt: skip
