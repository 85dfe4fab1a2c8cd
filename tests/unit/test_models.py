"""Requests as the API takes them: strict, limited, with the defaults of the design; times in and out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from campanile.entities import AgentFields
from campanile.field_types import OutcomeName, StatusName
from campanile.lifecycle import ContactStatus, Outcome
from campanile.models import (
    MAX_AGENT_CONFIG_BYTES,
    MAX_DATA_BYTES,
    STRUCTURED_FIELDS,
    CampaignAnswer,
    CampaignInput,
    ConcurrencyInput,
    Configuration,
    ConfigurationInput,
    ContactInput,
    ContactsInput,
    RefusalAnswer,
    Request,
)
from campanile.retry import RetryPolicy

CONFIGURATION_ID = "4f1c6a52-8d0e-4b7a-9c35-1e2f3a4b5c6d"
CAMPAIGN = {"name": "Spring outreach", "configuration_id": CONFIGURATION_ID}
CONFIGURATION = {"name": "Weekdays"}
CONTACT = {"phone_numbers": ["+14155550123"]}
OFFICE_HOURS = {"days": ["mon"], "start": "09:00", "end": "17:00"}


def taken(model: type[Request], base: dict[str, Any], **fields: Any) -> Any:
    return model.model_validate({**base, **fields})


def refusals(model: type[Request], base: dict[str, Any], **fields: Any) -> dict[str, str]:
    """Where and why a request is refused; the words are for the caller."""
    with pytest.raises(ValidationError) as refused:
        taken(model, base, **fields)
    errors = refused.value.errors(include_input=False)
    return {".".join(map(str, error["loc"])): error["msg"] for error in errors}


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


@pytest.mark.parametrize(("model", "base"), [(CampaignInput, CAMPAIGN), (ContactInput, CONTACT)])
@pytest.mark.parametrize("value", ["x", "ä" * 255, "crm 4821", "7.5%?#&=+", "CN#1", "..", "名前"])
def test_an_external_id_may_be_nearly_any_text(model: type[Request], base: dict[str, Any], value: str) -> None:
    assert taken(model, base, external_id=value).external_id == value


@pytest.mark.parametrize(("model", "base"), [(CampaignInput, CAMPAIGN), (ContactInput, CONTACT)])
@pytest.mark.parametrize("value", ["", "x" * 256, "a/b", "/", "a\nb", "\t", "\0", "a\x7f", "a\x85b", "\ud800"])
def test_an_external_id_is_neither_empty_nor_too_long_nor_has_slashes_or_control_characters(
    model: type[Request], base: dict[str, Any], value: str
) -> None:
    assert list(refusals(model, base, external_id=value)) == ["external_id"]


def test_default_names_the_ad_hoc_contacts_and_no_campaign() -> None:
    assert "ad-hoc" in refusals(CampaignInput, CAMPAIGN, external_id="default")["external_id"]
    assert taken(ContactInput, CONTACT, external_id="default").external_id == "default"
    assert taken(CampaignInput, CAMPAIGN, external_id="Default").external_id == "Default"


@pytest.mark.parametrize("name", ["agent_id", "agent_version"])
def test_an_agent_is_named_by_1_to_255_characters(name: str) -> None:
    assert getattr(taken(CampaignInput, CAMPAIGN, **{name: "x" * 255}), name) == "x" * 255
    for value in ("", "x" * 256):
        assert list(refusals(CampaignInput, CAMPAIGN, **{name: value})) == [name]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "14155550101",
        "+0415555",
        "+14155",
        "+1415555010112345",
        "+1 415 555 0101",
        "+1\u0664\u0661\u0665\u0665\u0665\u0665\u0660\u0661\u0660\u0661",
        "+1\n",
    ],
)
def test_a_caller_id_is_e164_and_nothing_else(value: str) -> None:
    assert list(refusals(CampaignInput, CAMPAIGN, agent_number=value)) == ["agent_number"]
    assert taken(CampaignInput, CAMPAIGN, agent_number="+14155550101").agent_number == "+14155550101"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_json_cannot_say_is_refused_inside_data_too(value: float) -> None:
    assert list(refusals(ContactInput, CONTACT, data={"deep": [{"x": value}]})) == ["data"]


def test_data_nested_beyond_reason_is_refused_in_words() -> None:
    nested: dict[str, Any] = {}
    for _ in range(1_500):
        nested = {"a": nested}
    assert list(refusals(ContactInput, CONTACT, data=nested)) == ["data"]


def test_half_a_character_is_refused_as_it_cannot_be_stored() -> None:
    assert list(refusals(ContactInput, CONTACT, data={"x": "\ud800"})) == ["data"]


def test_a_name_is_trimmed_and_not_blank() -> None:
    assert taken(CampaignInput, CAMPAIGN, name="  Spring  ").name == "Spring"
    for value in ("", "  ", "x" * 256):
        assert list(refusals(CampaignInput, CAMPAIGN, name=value)) == ["name"]


# ---------------------------------------------------------------- identifiers


@pytest.mark.parametrize("value", [CONFIGURATION_ID.upper(), CONFIGURATION_ID])
def test_a_uuid_is_one_and_the_same_in_either_case(value: str) -> None:
    assert taken(CampaignInput, CAMPAIGN, configuration_id=value).configuration_id == CONFIGURATION_ID
    assert taken(ContactInput, CONTACT, id=value).id == CONFIGURATION_ID


@pytest.mark.parametrize(
    "value", ["", "crm-4821", CONFIGURATION_ID.replace("-", ""), f"{{{CONFIGURATION_ID}}}", f"{CONFIGURATION_ID}\n"]
)
def test_an_id_of_another_form_is_refused(value: str) -> None:
    assert list(refusals(ContactInput, CONTACT, id=value)) == ["id"]


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
        "agent_id": None,
        "agent_version": None,
        "agent_number": None,
        "agent_config": None,
        "initial_context": None,
    }
    assert given_nothing.retry_policy == RetryPolicy()
    assert given_nothing.has_windows is False


def test_a_campaign_has_priority_one_and_takes_a_number_twice_unless_told_otherwise() -> None:
    campaign = taken(CampaignInput, CAMPAIGN)
    assert (campaign.priority, campaign.unique_numbers, campaign.external_id) == (1, False, None)
    assert campaign.agent == AgentFields()


def test_the_agent_fields_of_a_request_are_taken_over_one_by_one() -> None:
    agent = AgentFields("agent", "3", "+14155550101", {"voice": "calm"}, "Renewal due next week.")
    fields = {name: getattr(agent, name) for name in AgentFields.__dataclass_fields__}
    for model, base in ((ContactInput, CONTACT), (CampaignInput, CAMPAIGN), (ConfigurationInput, CONFIGURATION)):
        assert taken(model, base, **fields).agent == agent


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
    assert taken(ConfigurationInput, CONFIGURATION, overrides=[override]).has_windows
    assert taken(ConfigurationInput, CONFIGURATION, scheduled_windows=[OFFICE_HOURS]).has_windows
    assert not taken(ConfigurationInput, CONFIGURATION, overrides=[{**override, "windows": []}]).has_windows


def test_null_scheduled_windows_and_an_empty_list_of_them_stay_apart() -> None:
    assert taken(ConfigurationInput, CONFIGURATION, scheduled_windows=None).schedule.scheduled_windows is None
    assert taken(ConfigurationInput, CONFIGURATION, scheduled_windows=[]).schedule.scheduled_windows == []


def test_a_configuration_survives_being_stored_as_json() -> None:
    wanted = taken(
        ConfigurationInput,
        CONFIGURATION,
        default_windows=[OFFICE_HOURS],
        retry_delays={"busy": 60},
        agent_config={"temperature": 0.7},
    )
    now = datetime(2026, 7, 1, tzinfo=UTC)
    whole = Configuration(**wanted.model_dump(), id=CONFIGURATION_ID, created_at=now, updated_at=now)
    assert Configuration.model_validate_json(whole.model_dump_json(exclude_defaults=True)) == whole


# ---------------------------------------------------------------- times


def scheduled(value: object) -> datetime:
    moment = taken(ContactInput, CONTACT, scheduled_at=value).scheduled_at
    assert isinstance(moment, datetime)
    return moment


@pytest.mark.parametrize(
    "value",
    [
        "2026-07-01T17:00:00Z",
        "2026-07-01t17:00:00z",
        "2026-07-01 17:00:00+00:00",
        "2026-07-01T17:00Z",
        "2026-07-01T17:00:00.000Z",
        "2026-07-01T10:00:00-07:00",
        "2026-07-01T22:30:00+05:30",
    ],
)
def test_a_time_may_be_written_in_any_rfc_3339_form_and_offset(value: str) -> None:
    assert scheduled(value) == datetime(2026, 7, 1, 17, tzinfo=UTC)
    assert scheduled(value).tzinfo is UTC


@pytest.mark.parametrize("value", ["2026-07-01T17:00:00", "2026-07-01T17:00", "2026-07-01 17:00:00.5"])
def test_a_time_without_an_offset_is_refused_with_the_fix(value: str) -> None:
    message = refusals(ContactInput, CONTACT, scheduled_at=value)["scheduled_at"]
    assert "end it with Z for UTC" in message


@pytest.mark.parametrize(
    "value",
    [
        "",
        "tomorrow",
        "2026-07-01",
        "07/01/2026 17:00",
        "20260701T170000Z",
        "2026-W27-3T17:00Z",
        "2026-02-30T17:00:00Z",
        "2026-07-01T25:00:00Z",
        "2026-07-01T17:00:00Zjunk",
        "2026-07-01T17:00:00+24:00",
        "\uff12\uff10\uff12\uff16-07-01T17:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        1_782_925_200,
        True,
    ],
)
def test_what_is_no_time_is_refused_with_an_example_of_one(value: object) -> None:
    message = refusals(ContactInput, CONTACT, scheduled_at=value)["scheduled_at"]
    assert "2026-07-01T17:00:00Z" in message


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59.9999Z", "9999-12-20T12:00:00Z"])
def test_a_time_too_far_away_to_look_up_a_calling_window_is_refused(value: str) -> None:
    assert list(refusals(ContactInput, CONTACT, scheduled_at=value)) == ["scheduled_at"]


def test_a_time_that_is_cleared_is_null() -> None:
    assert taken(ContactInput, CONTACT, scheduled_at=None).scheduled_at is None


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_a_time_goes_out_in_utc_to_the_millisecond_and_comes_back_as_it_was(local: datetime, offset: int) -> None:
    shown = json.loads(RefusalAnswer(code="x", at=local.replace(tzinfo=UTC), until=None).model_dump_json())["at"]
    assert shown.endswith("Z")
    assert len(shown) == len("2026-07-01T17:00:00.000Z")
    assert abs(scheduled(shown) - local.replace(tzinfo=UTC)) < timedelta(milliseconds=1)
    sign, minutes = "-" if offset < 0 else "+", abs(offset)
    elsewhere = f"{local.isoformat()}{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    assert scheduled(elsewhere) == local.replace(tzinfo=UTC) - timedelta(minutes=offset)


def test_an_answer_shows_times_in_utc_with_milliseconds() -> None:
    answer = CampaignAnswer(
        id=CONFIGURATION_ID,
        name="Spring outreach",
        configuration_id=CONFIGURATION_ID,
        number=1,
        external_id=None,
        status="active",
        priority=1,
        unique_numbers=False,
        agent_id=None,
        agent_version=None,
        agent_number=None,
        agent_config=None,
        initial_context=None,
        created_at=datetime.fromisoformat("2026-07-01T10:00:00-07:00"),
        updated_at=datetime(2026, 7, 1, 17, 0, 0, 123_999, tzinfo=UTC),
    )
    shown = json.loads(answer.model_dump_json())
    assert (shown["created_at"], shown["updated_at"]) == ("2026-07-01T17:00:00.000Z", "2026-07-01T17:00:00.123Z")


def test_a_list_may_be_filtered_by_every_status_and_outcome_the_api_shows() -> None:
    stored = {str(status) for status in ContactStatus} - {"active"}
    assert set(get_args(StatusName)) == stored | {"locked", "in_progress"}
    assert set(get_args(OutcomeName)) == set(Outcome)
