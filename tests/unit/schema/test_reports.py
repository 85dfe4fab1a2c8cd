"""An agent's report as a request: what is told, what is not, and what cannot be meant."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from campanile.domain.call import AgentReport, CallbackWish
from campanile.schema.reports import MAX_DISPOSITION_BYTES, MAX_NOTES_CHARACTERS, ReportInput


def told(**fields: Any) -> AgentReport:
    return ReportInput.model_validate(fields).report


def test_what_is_absent_is_not_told_and_null_takes_back() -> None:
    assert told() == AgentReport()
    assert told(do_not_call=False) == AgentReport()
    nothing = told(callback_at=None, notes=None, disposition=None)
    assert nothing == AgentReport(callback=CallbackWish(None), remarks={"notes": None, "disposition": None})
    everything = told(do_not_call=True, reason="asked", notes="n", disposition={"a": [1.5, "ü"]})
    assert everything == AgentReport(True, "asked", None, {"notes": "n", "disposition": '{"a":[1.5,"ü"]}'})


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-07-01T17:00:00Z", datetime(2026, 7, 1, 17, tzinfo=UTC)),
        ("2026-07-01T17:00:00-07:00", datetime(2026, 7, 2, 0, tzinfo=UTC)),
        ("2026-07-01 17:00", datetime.fromisoformat("2026-07-01T17:00:00")),
        ("2026-07-01T17:00:30.5", datetime.fromisoformat("2026-07-01T17:00:30.500000")),
    ],
)
def test_a_time_has_an_offset_or_is_one_by_the_contacts_clock(written: str, at: datetime) -> None:
    assert told(callback_at=written).callback == CallbackWish(at)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"callback_at": "tomorrow"}, "callback_at"),
        ({"callback_at": "2026-07-01"}, "callback_at"),
        ({"callback_at": "2026-13-01T10:00"}, "callback_at"),
        ({"callback_at": "0001-01-01T10:00"}, "callback_at"),
        ({"callback_at": "3000-01-01T10:00"}, "callback_at"),
        ({"callback_at": "3000-01-01T10:00Z"}, "callback_at"),
        ({"callback_at": 1_782_925_200}, "callback_at"),
        ({"do_not_call": "true"}, "do_not_call"),
        ({"do_not_call": None}, "do_not_call"),
        ({"do_not_call": True, "reason": ""}, "reason"),
        ({"do_not_call": True, "reason": "x" * 256}, "reason"),
        ({"notes": "x" * (MAX_NOTES_CHARACTERS + 1)}, "notes"),
        ({"notes": 5}, "notes"),
        ({"disposition": []}, "disposition"),
        ({"disposition": {"a": "x" * MAX_DISPOSITION_BYTES}}, "disposition"),
        ({"disposition": {"a": float("nan")}}, "disposition"),
        ({"outcome": "answered"}, "outcome"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(fields: dict[str, Any], at: str) -> None:
    with pytest.raises(ValidationError) as refused:
        told(**fields)
    assert [error["loc"] for error in refused.value.errors()] == [(at,)]


def test_a_reason_is_one_of_a_request_not_to_be_called() -> None:
    for fields in ({"reason": "asked"}, {"reason": "asked", "do_not_call": False}):
        with pytest.raises(ValidationError, match="do_not_call: true"):
            told(**fields)
