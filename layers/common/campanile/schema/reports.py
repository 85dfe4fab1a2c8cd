"""An agent's report from a conversation, as it is asked for and answered, here and in a carrier's event."""

import json
from typing import Annotated, Any, get_args

from pydantic import StringConstraints, ValidationInfo, field_validator

from campanile.domain.agent_reports import WARNINGS
from campanile.domain.call import AgentReport, CallbackWish, ReportResult
from campanile.domain.times import instant
from campanile.schema.field_types import CallbackTime, Id, Instant, StatusName, json_object_of, one_of
from campanile.schema.messages import ApiWarning, Request, Response

MAX_NOTES_CHARACTERS = 4_000
MAX_DISPOSITION_BYTES = 4 * 1024
Disposition = Annotated[dict[str, Any], json_object_of(MAX_DISPOSITION_BYTES)]


class ReportInput(Request):
    """What came up in a conversation. An absent field stays as it is; null removes what was reported before."""

    do_not_call: bool = False
    """true: the number of this call goes on the do-not-call list at once, and the contact is not called again."""
    reason: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    """Why, for the list; beside `do_not_call`."""
    callback_at: CallbackTime | None = None
    """When to call back: RFC 3339 with an offset, or without one by the contact's clock. What is past means as soon as
    possible; at most 366 days ahead.
    """
    notes: Annotated[str, StringConstraints(max_length=MAX_NOTES_CHARACTERS)] | None = None
    """What the agent wrote down."""
    disposition: Disposition | None = None
    """The outcome in the agent's own structure: at most 4 KB of JSON."""

    @field_validator("reason")
    @classmethod
    def _reason_of_something(cls, value: str | None, told: ValidationInfo) -> str | None:
        if value is not None and told.data.get("do_not_call") is False:
            raise ValueError("goes with do_not_call: true only")
        return value

    @property
    def report(self) -> AgentReport:
        """The fields that the request gives, and no others."""
        given = self.model_fields_set
        written = None if self.disposition is None else compact(self.disposition)
        remarks = {"notes": self.notes, "disposition": written}
        return AgentReport(
            do_not_call=self.do_not_call,
            reason=self.reason,
            callback=CallbackWish(self.callback_at) if "callback_at" in given else None,
            remarks={name: text for name, text in remarks.items() if name in given},
        )


def compact(disposition: dict[str, Any]) -> str:
    """A disposition as it is kept."""
    return json.dumps(disposition, ensure_ascii=False, separators=(",", ":"))


class ReportResponse(Response):
    """What became of a report. It says nothing about the person, as an agent's key may not read contacts."""

    contact_id: Id
    attempt_id: Id
    status: Annotated[str, one_of(get_args(StatusName))] | None
    """The contact's; null when it is deleted."""
    number_listed: bool
    """Whether the number of the call is on the do-not-call list."""
    callback_at: Instant | None
    """When the person is going to be called back, windows and list permitting."""
    warnings: list[ApiWarning]


def response(result: ReportResult) -> ReportResponse:
    """What became of a report, in the API's words."""
    return ReportResponse(
        contact_id=result.contact_id,
        attempt_id=result.attempt_id,
        status=result.status,
        number_listed=result.number_listed,
        callback_at=None if result.callback_at is None else instant(result.callback_at),
        warnings=[ApiWarning(code=code, message=WARNINGS[code]) for code in result.warnings],
    )
