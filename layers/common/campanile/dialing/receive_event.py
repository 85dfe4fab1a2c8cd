"""Carrier events: verified twice (our signed reference, the carrier's signature), then recorded."""

from collections.abc import Mapping

from campanile.dialing import record_outcome, record_report
from campanile.dialing.ports import Ports
from campanile.telephony.callback import read_reference
from campanile.telephony.port import MalformedEventError


def receive(ports: Ports, secret: str, token: str, headers: Mapping[str, str], body: str) -> str:
    """Take one event, a call's end or an agent's report; answers `recorded`, `progress`, or `ignored` for a duplicate
    or late one.

    Raises InvalidSignatureError or MalformedEventError.
    """
    reference = read_reference(token, secret)
    event = ports.telephony.parse_event(headers, body)
    if event.attempt_id not in (None, reference.attempt_id):
        raise MalformedEventError("the event is about another attempt than its URL")
    if event.told is not None:
        return "recorded" if record_report.hear(ports.for_reports, reference, event.told) else "ignored"
    if event.report is None:
        return "progress"
    return "recorded" if record_outcome.record(ports, reference, event.report) else "ignored"
