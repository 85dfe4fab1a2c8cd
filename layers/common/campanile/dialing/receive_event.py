"""Carrier events: verified twice (our signed reference, the carrier's signature), then recorded."""

from collections.abc import Mapping
from dataclasses import dataclass

from campanile.dialing import record_outcome, record_report
from campanile.dialing.ports import Ports
from campanile.telephony.callback import CallReference, read_reference
from campanile.telephony.errors import InvalidSignatureError, MalformedEventError
from campanile.telephony.port import CarrierEvent


@dataclass(frozen=True, slots=True)
class EventRequest:
    """A carrier's request: the address as we issued it, the reference token in it (or ""), headers and raw body."""

    provider: str
    url: str
    token: str
    headers: Mapping[str, str]
    body: bytes


def receive(ports: Ports, secret: str, request: EventRequest) -> str:
    """Take the events of one request, each a call's end, an agent's report or progress.

    Returns `recorded` when one of them changed something, else `ignored` when one was a duplicate or late, else
    `progress`. Events of calls that are not ours count as ignored.
    Raises InvalidSignatureError, MalformedEventError, or UnknownProviderError.
    """
    of_address = read_reference(request.token, secret) if request.token else None
    events = ports.telephony(request.provider).parse_event(request.url, request.headers, request.body)
    results = {_take(ports, _reference(event, of_address, secret), event) for event in events}
    return next((result for result in ("recorded", "ignored", "progress") if result in results), "ignored")


def _reference(event: CarrierEvent, of_address: CallReference | None, secret: str) -> CallReference:
    """Whose call the event is about, in our own signed words: those of its address first, else those it carries."""
    if of_address is None:
        if event.reference_token is None:
            raise InvalidSignatureError("the event carries no reference of ours")
        of_address = read_reference(event.reference_token, secret)
    if event.attempt_id not in (None, of_address.attempt_id):
        raise MalformedEventError("the event is about another attempt than its address")
    return of_address


def _take(ports: Ports, reference: CallReference, event: CarrierEvent) -> str:
    if event.agent_report is not None:
        return "recorded" if record_report.hear(ports.for_reports, reference, event.agent_report) else "ignored"
    if event.report is None:
        return "progress"
    return "recorded" if record_outcome.record(ports, reference, event.report) else "ignored"
