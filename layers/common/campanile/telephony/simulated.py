"""The adapter of the simulated carrier.

What an HTTP exchange proves about the call is decided here, conservatively: `Refused` only when the request
cannot have placed a call, `NotFound` only in the carrier's own words.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import quote

import urllib3
from pydantic import (
    AwareDatetime,
    BaseModel,
    Field,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from campanile.domain.call import AgentReport
from campanile.domain.lifecycle import Outcome
from campanile.schema.reports import Disposition, ReportInput, compact
from campanile.telephony.errors import MalformedEventError
from campanile.telephony.port import (
    Ambiguous,
    CallEnd,
    CallRequest,
    Capabilities,
    CarrierEvent,
    Ended,
    EventDelivery,
    Idempotency,
    Live,
    LookUp,
    LookUpFailed,
    LookUpQuery,
    Misconfigured,
    NotFound,
    Placed,
    PlaceResult,
    Refused,
    Rejected,
)
from campanile.telephony.providers import Connection
from campanile.telephony.signing import bearer_token, verify_event

DEFAULT_CALLS_PER_SECOND = 10.0
IDEMPOTENCY_KEY_SECONDS = 24 * 3600
CONNECT_TIMEOUT_SECONDS = 2.0
MAX_CONVERSATION_CHARACTERS = 255
MAX_IDLE_SECONDS = 15.0
"""A pooled connection idle for longer is not used again: a frozen Lambda does not notice its peer hang up."""

BUSY_RETRY_SECONDS = 1.0
UNREACHABLE_RETRY_SECONDS = 5.0
REJECTED_RETRY_SECONDS = 60.0

_DISPOSITION = TypeAdapter(Disposition)
_NOT_OURS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_MAY_HAVE_PLACED = frozenset({408, HTTPStatus.CONFLICT, 499})
"""4xx responses that prove nothing: time-outs on the way, and a key that another request is using."""


class SimulatedTelephony:
    """Implements `port.Telephony` over the carrier's HTTP routes below `carrier_url`.

    post_timeout_seconds: time-out of one exchange, connecting included. http: may be shared between threads.
    """

    def __init__(
        self,
        carrier_url: str,
        secret: str,
        post_timeout_seconds: float,
        http: urllib3.PoolManager,
        *,
        calls_per_second: float = DEFAULT_CALLS_PER_SECOND,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls_url = carrier_url.rstrip("/") + "/calls"
        self._secret = secret
        self._timeout_seconds = post_timeout_seconds
        self._http = http
        self._clock = clock
        self._last_used = clock()
        self.capabilities = Capabilities(
            calls_per_second=calls_per_second,
            idempotency=Idempotency("key", IDEMPOTENCY_KEY_SECONDS, "same"),
            look_up_by=frozenset({"reference"}),
            absence_proves_after_seconds=0,
            live_look_up=True,
            look_up_retention_seconds=IDEMPOTENCY_KEY_SECONDS,
            correlation="url",
            events=EventDelivery("webhook", may_be_lost=True, retries=0),
        )

    def place(self, request: CallRequest) -> PlaceResult:
        """See `port.Telephony.place`."""
        body = json.dumps(_wire(request), default=_plain_number)
        try:
            response = self._exchange("POST", self._calls_url, body, {"Idempotency-Key": request.attempt_id})
        except ConnectTimeoutError as error:
            # Never connected (urllib3 counts refusals and DNS among these), so nothing was sent.
            return Refused(
                f"carrier unreachable: {type(error).__name__}", UNREACHABLE_RETRY_SECONDS, is_account_wide=True
            )
        except HTTPError as error:
            return Ambiguous(f"no answer: {type(error).__name__}")
        if response.status == HTTPStatus.CREATED:
            return _placed(response.data)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            return Refused("carrier is busy", _retry_after(response.headers.get("Retry-After")), is_account_wide=True)
        if response.status in _NOT_OURS:
            return Misconfigured(f"carrier answered {response.status}: the deployment's secret is not the carrier's")
        if response.status == HTTPStatus.UNPROCESSABLE_ENTITY and _is_bad_number(response.data):
            return Rejected(Outcome.INVALID_NUMBER, "carrier knows no such number")
        if 400 <= response.status < 500 and response.status not in _MAY_HAVE_PLACED:
            return Refused(f"carrier rejected the request: {response.status}", REJECTED_RETRY_SECONDS)
        return Ambiguous(f"carrier answered {response.status}")

    def look_up(self, query: LookUpQuery) -> LookUp:
        """See `port.Telephony.look_up`; the carrier finds calls by attempt id alone."""
        try:
            response = self._exchange("GET", f"{self._calls_url}/{quote(query.attempt_id, safe='')}")
        except HTTPError as error:
            return LookUpFailed(f"no answer: {type(error).__name__}")
        try:
            if response.status == HTTPStatus.NOT_FOUND:
                _CallNotFound.model_validate_json(response.data)
                return NotFound()
            if response.status == HTTPStatus.OK:
                call = _Call.model_validate_json(_of_whole_characters(response.data))
                return Live(call.call_id) if call.status == "live" else Ended(_report(call))
        except ValidationError:
            return LookUpFailed(f"carrier answered {response.status} with a body of no meaning")
        return LookUpFailed(f"carrier answered {response.status}")

    def parse_event(self, url: str, headers: Mapping[str, str], body: bytes) -> list[CarrierEvent]:  # noqa: ARG002  the carrier signs the body alone
        """See `port.Telephony.parse_event`; the carrier sends one event at a time."""
        verify_event(self._secret, headers, body)
        text = _of_whole_characters(body)
        try:
            event = _Event.model_validate_json(text)
            report = _report(event) if event.type == "call.ended" else None
            agent_report = _agent_report(text) if event.type == "call.report" else None
        except ValidationError:
            # `from None`: pydantic's message quotes the body.
            raise MalformedEventError("the carrier event cannot be understood") from None
        return [CarrierEvent(event.call_id, report, event.attempt_id, agent_report)]

    def _exchange(
        self, method: str, url: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        now = self._clock()
        if now - self._last_used > MAX_IDLE_SECONDS:
            self._http.clear()
        self._last_used = now
        connect = min(CONNECT_TIMEOUT_SECONDS, self._timeout_seconds)
        return self._http.request(
            method,
            url,
            body=body,
            headers={
                "Authorization": f"Bearer {bearer_token(self._secret)}",
                "Content-Type": "application/json",
                **(headers or {}),
            },
            timeout=urllib3.Timeout(connect=connect, total=self._timeout_seconds),
            retries=False,  # nor are redirects followed
        )


def connect(connection: Connection) -> SimulatedTelephony:
    """The adapter of a deployment's simulated carrier, which shares the deployment's secret."""
    return SimulatedTelephony(connection.address, connection.secret, connection.post_timeout_seconds, connection.http)


class _CallNotFound(BaseModel):
    error: Literal["call_not_found"]


class _InvalidNumber(BaseModel):
    error: Literal["invalid_number"]


def _is_bad_number(body: bytes) -> bool:
    try:
        _InvalidNumber.model_validate_json(body)
    except ValidationError:
        return False
    return True


def _of_whole_characters(body: str | bytes) -> str | bytes:
    """The JSON with `?` for halves of characters: a note that was cut within an emoji must not lose the event."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace")
    except (ValueError, RecursionError):
        return body  # the reader refuses it


def _or_nothing(value: object, read: ValidatorFunctionWrapHandler) -> Any:
    """What the field admits, else None: a remark that cannot be understood must not keep a call from ending."""
    try:
        return read(value)
    except ValidationError:
        return None


ConversationId = Annotated[
    Annotated[str, Field(max_length=MAX_CONVERSATION_CHARACTERS)] | None, WrapValidator(_or_nothing)
]
"""It is kept with each attempt on the contact's item, so one of any length would keep a call from ending."""


class _PlacedCall(BaseModel):
    call_id: str = Field(min_length=1)
    conversation_id: ConversationId = None


class _End(BaseModel):
    """How a call ended: optional on what may still be live, complete where `_report` reads it."""

    call_id: str = Field(min_length=1)
    outcome: Outcome | None = None
    ended_at: AwareDatetime | None = None
    duration_seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    conversation_id: ConversationId = None
    callback_at: Annotated[datetime | None, WrapValidator(_or_nothing)] = None
    """Without offset by the contact's clock."""
    notes: Annotated[str | None, WrapValidator(_or_nothing)] = None
    disposition: Any = None


class _Call(_End):
    status: Literal["live", "ended"]


class _Event(_End):
    attempt_id: str
    type: Literal["call.ringing", "call.answered", "call.report", "call.ended"]


class _FinishedCall(_End):
    outcome: Outcome
    ended_at: AwareDatetime


def _report(end: _End) -> CallEnd:
    """The report of an ended call; ValidationError when its outcome or its end is missing."""
    finished = _FinishedCall.model_validate(end.model_dump())
    callback_at = finished.callback_at
    is_local = callback_at is not None and callback_at.tzinfo is None
    return CallEnd(
        outcome=finished.outcome,
        ended_at_ms=_milliseconds(finished.ended_at),
        duration_seconds=finished.duration_seconds or 0.0,
        provider_call_id=finished.call_id,
        conversation_id=finished.conversation_id,
        callback_at_ms=_milliseconds(callback_at) if callback_at and not is_local else None,
        notes=finished.notes,
        callback_local=callback_at if is_local else None,
        disposition=_disposition(finished.disposition),
    )


def _agent_report(body: str | bytes) -> AgentReport:
    """An agent's report, in the fields of our own route for it.

    Raises ValidationError for a wrong field, unless the report has a do-not-call request, which stands alone.
    """
    said = json.loads(body)
    told = {name: said[name] for name in ReportInput.model_fields if name in said}
    try:
        return ReportInput.model_validate(told).report
    except ValidationError as invalid:
        if told.get("do_not_call") is not True:
            raise
        wrong = {error["loc"][0] for error in invalid.errors(include_input=False, include_url=False)}
        return ReportInput.model_validate({name: told[name] for name in told.keys() - wrong}).report


def _disposition(value: object) -> str | None:
    """The structured outcome as JSON; one that is too large or no object must not keep a call from ending."""
    try:
        return compact(_DISPOSITION.validate_python(value))
    except ValidationError:
        return None


def _placed(body: bytes) -> PlaceResult:
    try:
        call = _PlacedCall.model_validate_json(body)
    except ValidationError:
        return Ambiguous("carrier answered 201 with a body of no meaning")
    return Placed(call.call_id, call.conversation_id)


def _wire(request: CallRequest) -> dict[str, Any]:
    return {
        "attempt_id": request.attempt_id,
        "to": request.to,
        "from": request.caller_id,
        "callback_url": request.callback_url,
        "contact_id": request.contact_id,
        "campaign_id": request.campaign_id,
        "agent": {
            "id": request.agent_id,
            "version": request.agent_version,
            "config": None if request.agent_config is None else dict(request.agent_config),
        },
        "initial_context": request.initial_context,
        "metadata": dict(request.custom_metadata),
        "ring_timeout_seconds": request.ring_timeout_seconds,
        "max_call_seconds": request.max_call_seconds,
    }


def _plain_number(value: object) -> float:
    """JSON for the Decimals that DynamoDB returns instead of floats."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _retry_after(header: str | None) -> float:
    return float(header) if header and header.isdecimal() else BUSY_RETRY_SECONDS


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
