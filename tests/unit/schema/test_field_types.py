"""Single fields of requests: external ids, UUIDs, caller ids, names, objects; times in and out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campanile.domain.lifecycle import ContactStatus, Outcome
from campanile.schema.campaign_responses import CampaignResponse
from campanile.schema.campaigns import CampaignInput
from campanile.schema.contacts import ContactInput, RefusalResponse
from campanile.schema.field_types import OutcomeName, StatusName
from campanile.schema.messages import Request
from tests.support.requests import CAMPAIGN, CONFIGURATION_ID, CONTACT, refusals, taken


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


@settings(deadline=None, derandomize=True)
@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_a_time_goes_out_in_utc_to_the_millisecond_and_comes_back_as_it_was(local: datetime, offset: int) -> None:
    shown = json.loads(RefusalResponse(code="x", at=local.replace(tzinfo=UTC), until=None).model_dump_json())["at"]
    assert shown.endswith("Z")
    assert len(shown) == len("2026-07-01T17:00:00.000Z")
    assert abs(scheduled(shown) - local.replace(tzinfo=UTC)) < timedelta(milliseconds=1)
    sign, minutes = "-" if offset < 0 else "+", abs(offset)
    elsewhere = f"{local.isoformat()}{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    assert scheduled(elsewhere) == local.replace(tzinfo=UTC) - timedelta(minutes=offset)


def test_an_answer_shows_times_in_utc_with_milliseconds() -> None:
    answer = CampaignResponse(
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
