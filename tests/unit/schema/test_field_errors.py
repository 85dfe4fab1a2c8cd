"""What pydantic says to programmers is said to callers in words that name the limit and the fix."""

from typing import Any

import pytest
from pydantic import ValidationError

from campanile.schema import field_errors
from campanile.schema.campaigns import CampaignInput
from campanile.schema.concurrency import ConcurrencyInput
from campanile.schema.configurations import ConfigurationInput
from campanile.schema.contacts import ContactsInput
from campanile.schema.do_not_call import DoNotCallInput
from campanile.schema.field_errors import field_error
from campanile.schema.messages import Request
from campanile.schema.reports import ReportInput
from tests.support.requests import CAMPAIGN, CONFIGURATION, CONTACT

WRONG: list[tuple[type[Request], dict[str, Any], str]] = [
    (ConcurrencyInput, {"concurrency_limit": 0}, "must be at least 1"),
    (ConcurrencyInput, {"concurrency_limit": 10_001}, "must be at most 10000"),
    (ConcurrencyInput, {"concurrency_limit": "5"}, "must be a whole number, such as 50"),
    (ConcurrencyInput, {"concurrency_limit": None}, "must not be null; give a value"),
    (ConcurrencyInput, {"concurrency_limit": True}, "must be a whole number, such as 50"),
    (ConcurrencyInput, {}, "is required"),
    (CampaignInput, {**CAMPAIGN, "nme": 1}, "is not a field of this request; leave it out, or check its spelling"),
    (CampaignInput, {**CAMPAIGN, "configuration_id": "x"}, "must be a UUID, such as "),
    (CampaignInput, {**CAMPAIGN, "unique_numbers": 1}, "must be true or false"),
    (CampaignInput, {**CAMPAIGN, "name": 7}, "must be text"),
    (CampaignInput, {**CAMPAIGN, "name": ""}, "must not be empty"),
    (CampaignInput, {**CAMPAIGN, "agent_number": "5"}, "must be E.164"),
    (CampaignInput, {**CAMPAIGN, "agent_config": []}, "must be an object"),
    (ConfigurationInput, {**CONFIGURATION, "retry_outcomes": ["gone"]}, "must be 'voicemail', 'no_answer'"),
    (ConfigurationInput, {**CONFIGURATION, "initial_context": "x" * 4_001}, "must have at most 4000 characters"),
    (ContactsInput, {"contacts": {}}, "must be a list"),
    (ContactsInput, {"contacts": [{**CONTACT, "phone_numbers": ["1"] * 11}]}, "must have at most 10 entries"),
    (ContactsInput, {"contacts": [{**CONTACT, "phone_numbers": []}]}, "must not be empty"),
    (ContactsInput, {"contacts": [{**CONTACT, "scheduled_at": "soon"}]}, "must be a date and time as in "),
    (ContactsInput, {"contacts": [{**CONTACT, "scheduled_at": "0001-01-01T00:00:00+14:00"}]}, "must be a time of the"),
    (ContactsInput, {"contacts": [{**CONTACT, "scheduled_at": "9999-12-31T23:00:00-14:00"}]}, "must be a time of the"),
    (ContactsInput, {"contacts": [{**CONTACT, "data": {"a": float("nan")}}]}, "must not contain NaN or infinite"),
    (ContactsInput, {"contacts": [{**CONTACT, "data": {"a": "\ud83d"}}]}, "must not contain halves of characters"),
    (DoNotCallInput, {"phone_numbers": ["+14155550123"], "reason": "\ud83d"}, "must not contain halves of characters"),
    (ReportInput, {"callback_at": "0001-01-01T00:00:00"}, "must be a time of the years 2 to 2999"),
]


@pytest.mark.parametrize(("model", "request_", "words"), WRONG, ids=[words for _, _, words in WRONG])
def test_a_wrong_field_is_told_in_words_for_the_caller(model: type[Request], request_: Any, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(request_)
    [error] = refused.value.errors()
    told = field_error(error, "here")
    assert (told.path, told.code) == ("here", error["type"])
    assert told.message.startswith(words)


def test_the_place_of_a_wrong_key_is_the_keys_own() -> None:
    with pytest.raises(ValidationError) as refused:
        ConfigurationInput.model_validate({**CONFIGURATION, "retry_delays": {"answered": 5}})
    [error] = refused.value.errors()
    assert field_errors.path_of(("body", *error["loc"])) == "retry_delays.answered"


def test_a_reason_for_nothing_is_named_as_the_wrong_field() -> None:
    with pytest.raises(ValidationError) as refused:
        ReportInput.model_validate({"reason": "why"})
    assert [error["loc"] for error in refused.value.errors()] == [("reason",)]


def test_an_error_that_nobody_thought_of_keeps_its_own_words() -> None:
    assert field_error({"type": "novel", "msg": "Value error, so it is"}, "x").message == "so it is"
    assert field_error({"type": "too_long", "msg": "too long"}, "x").message == "too long"


def test_no_words_are_pydantics_own() -> None:
    assert not [words for words in field_errors._WORDS.values() if words.startswith(("Input", "String", "Field"))]
