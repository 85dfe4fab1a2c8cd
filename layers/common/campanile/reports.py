"""An agent's report about an attempt, from within the conversation or after it: recorded whatever happens meanwhile.

During the call what was told is kept on the contact, which FINAL reads and fences by `rev`; after it, the recorded
attempt is corrected. Whichever of report and FINAL comes second reads again what the first has written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from campanile import agent_reports, outcomes, timezones
from campanile.contact_views import shown_status
from campanile.dialing.ports import ReportPorts
from campanile.entities import AgentReport, Attempt, CallReport, Campaign, Contact, Slot
from campanile.errors import FieldError, InvalidFieldsError, NotFoundError
from campanile.field_types import instant, milliseconds
from campanile.lifecycle import CampaignStatus, ContactStatus, Outcome, SlotPhase
from campanile.report_models import ReportAnswer, warning
from campanile.retry import LATEST_CALLBACK_MS
from campanile.store import calls, contacts, do_not_call, keys, orgs, slots, tombstones
from campanile.store.table import CONTENTION_RETRIES, ContendedError, Put
from campanile.telephony.callback import CallReference

_NO_ATTEMPT = "No attempt of this contact has this id."


@dataclass(frozen=True, slots=True)
class _Call:
    """The attempt a report is about: in progress in `slot`, or recorded as `attempt`, and then of the latest or not."""

    contact: Contact
    slot: Slot | None
    attempt: Attempt | None
    is_recent: bool = True

    @property
    def phone_number(self) -> str:
        found = self.slot or self.attempt
        assert found, "a call is in progress or recorded"
        return found.phone_number


@dataclass(frozen=True, slots=True)
class _Author:
    """Who reports, about which attempt; `actor` is the credential's id, None for a carrier's event."""

    campaign: Campaign
    attempt_id: str
    actor: str | None


def record(
    ports: ReportPorts, campaign: Campaign, contact_id: str, attempt_id: str, report: AgentReport, actor: str | None
) -> ReportAnswer:
    """Record a report about an attempt of a contact, addressed by UUID, else by external id.

    Raises NotFoundError when the contact has no such attempt, InvalidFieldsError for a callback at no possible time. A
    deleted contact's request not to be called again is honoured for as long as its number is known.
    """
    author = _Author(campaign, attempt_id, actor)
    for round_ in range(CONTENTION_RETRIES):
        call = _find(ports, campaign, contact_id, attempt_id)
        if call is None:
            return _of_deleted(ports, author, contact_id, report)
        callback_at = _callback_at(ports, campaign, call.contact, report)
        recorded = _tell(ports, author, call, report, callback_at)
        if recorded is not None:
            contact, codes = recorded
            told = {"action": "reported", "attempt_id": attempt_id, "warnings": list(codes)}
            ports.log.info("attempt reported on", extra=told)
            return _answer(ports, author, call, contact, report, codes)
        ports.table.back_off(round_)
    raise ContendedError(contact_id)


def hear(ports: ReportPorts, reference: CallReference, report: AgentReport) -> bool:
    """Record a report that came as a carrier's event; False when there is no such attempt any more.

    A carrier cannot be asked to mend it: a callback at no possible time is left out.
    """
    campaign = outcomes.campaign_of(ports, reference.org, reference.campaign)
    try:
        try:
            record(ports, campaign, reference.contact_id, reference.attempt_id, report, actor=None)
        except InvalidFieldsError:
            told = replace(report, callback=None)
            record(ports, campaign, reference.contact_id, reference.attempt_id, told, actor=None)
    except NotFoundError:
        return False
    return True


def _find(ports: ReportPorts, campaign: Campaign, contact_id: str, attempt_id: str) -> _Call | None:
    """The attempt; None when the contact has none of this id, or is deleted. A lock without a call is no attempt."""
    contact = contacts.find(ports.table, campaign.key, contact_id)
    for round_ in range(CONTENTION_RETRIES):
        if contact is None or contact.attempt_id != attempt_id:
            break
        held = slots.held(ports.table, orgs.settings(ports.table, campaign.org))
        if slot := next((one for one in held if one.attempt_id == attempt_id), None):
            return None if slot.phase is SlotPhase.LOCKED else _Call(contact, slot, None)
        ports.table.back_off(round_)  # its FINAL is being written
        contact = contacts.find(ports.table, campaign.key, contact_id)
    else:
        raise ContendedError(contact_id)
    if contact is None:
        return None
    if found := _of(contact, attempt_id):
        return _Call(contact, None, found)
    if contact.cold:
        cold = contacts.cold_items(ports.table, campaign.key, [contact.id])
        if found := _of(contacts.warm(contact, cold.get(contact.id)), attempt_id):
            return _Call(contact, None, found, is_recent=False)
    return None


def _of(contact: Contact, attempt_id: str) -> Attempt | None:
    return next((one for one in contact.attempts if one.id == attempt_id), None)


def _callback_at(ports: ReportPorts, campaign: Campaign, contact: Contact, report: AgentReport) -> int | None:
    """The time asked for in UTC ms; None when none is. Raises InvalidFieldsError for one that cannot be meant."""
    wanted = report.callback.at if report.callback else None
    if wanted is None:
        return None
    if wanted.tzinfo is None:
        configuration = outcomes.configuration_of(ports, campaign)
        timezone = contact.timezone or (configuration.default_timezone if configuration else None)
        if timezone is None:
            message = "must name its offset, as in 2026-07-01T17:00:00-07:00: the contact has no timezone"
            raise InvalidFieldsError([FieldError("callback_at", "no_timezone", message)])
        wanted = timezones.by_clock(wanted, timezone)
    at = milliseconds(wanted)
    if at > ports.clock.now_ms() + LATEST_CALLBACK_MS:
        raise InvalidFieldsError([FieldError("callback_at", "too_far", "must be at most 366 days ahead")])
    return at


def _tell(
    ports: ReportPorts, author: _Author, call: _Call, report: AgentReport, callback_at: int | None
) -> tuple[Contact, Sequence[str]] | None:
    """Write what is told: the contact as it is then, and codes of warnings. None: it is no longer as it was read."""
    contact = call.contact
    remarks = contacts.remarking(contact, author.attempt_id, report.remarks)
    listed = _listing(ports, author, call.phone_number, report)
    now = ports.clock.now_ms()
    if call.slot is not None:
        told, codes = agent_reports.in_call(contact, call.slot, report, callback_at)
        if told == contact.told and not remarks and not listed:
            return contact, codes
        changed = replace(contact, told=told, updated_at=now)
        return (changed, codes) if calls.tell(ports.table, contact, changed, remarks, listed) else None
    assert call.attempt, "a call is in progress or recorded"
    outcome, codes = agent_reports.after_call(contact, call.attempt, report, callback_at)
    if outcome is not None and call.is_recent and not _is_due_already(contact, call.attempt, outcome, callback_at, now):
        end = _ended(call.attempt, outcome, callback_at)
        corrected = outcomes.correct(ports, author.campaign.org, contact, call.attempt, end, remarks, listed)
        return (corrected, codes) if corrected else None
    ended = agent_reports.of_long_ago(contact, report) if not call.is_recent else contact
    if not remarks and not listed and ended == contact:
        return contact, codes
    changed = replace(ended, updated_at=now)
    if changed.told != contact.told:
        return (changed, codes) if calls.tell(ports.table, contact, changed, remarks, listed) else None
    kept = calls.correct(ports.table, contact, changed, author.campaign.is_ad_hoc, remarks, listed)
    return (changed, codes) if kept else None


def _is_due_already(contact: Contact, attempt: Attempt, outcome: Outcome, callback_at: int | None, now_ms: int) -> bool:
    """Whether the contact waits for this very callback: a report that is repeated changes nothing."""
    waiting = agent_reports.waiting_callback(contact)
    is_callback = attempt.outcome is outcome is Outcome.CALLBACK_REQUESTED
    if waiting is None or callback_at is None or not is_callback:
        return False
    asked = max(callback_at, attempt.ended_at, contact.scheduled_at or 0)
    return waiting == asked or max(waiting, asked) <= now_ms


def _ended(attempt: Attempt, outcome: Outcome, callback_at: int | None) -> CallReport:
    """The end of a recorded call, with another outcome."""
    return CallReport(
        outcome,
        ended_at_ms=attempt.ended_at,
        duration_seconds=attempt.duration_seconds,
        conversation_id=attempt.conversation_id,
        callback_at_ms=callback_at,
    )


def _listing(ports: ReportPorts, author: _Author, number: str, report: AgentReport) -> Sequence[Put]:
    """The do-not-call entry that a report asks for, unless this very attempt has made it."""
    if not report.do_not_call:
        return []
    entry = do_not_call.get(ports.table, author.campaign.org, number, ports.clock.now_ms())
    if entry is not None and entry.attempt_id == author.attempt_id:
        return []
    return do_not_call.adding(
        author.campaign.org,
        number,
        source="conversation",
        attempt_id=author.attempt_id,
        now_ms=ports.clock.now_ms(),
        reason=report.reason,
        actor=author.actor,
    )


def _of_deleted(ports: ReportPorts, author: _Author, reference: str, report: AgentReport) -> ReportAnswer:
    """A deleted contact has left the numbers its attempts went to, for a request not to be called again."""
    for contact_id in (reference.lower(), keys.contact_id_for(author.campaign.key, reference)):
        tombstone = tombstones.get(ports.table, author.campaign.key, contact_id)
        number = tombstone.number_of(author.attempt_id)
        if number is not None and report.do_not_call:
            for action in _listing(ports, author, number, report):
                ports.table.write(action)
            return ReportAnswer(
                contact_id=tombstone.contact_id,
                attempt_id=author.attempt_id,
                status=None,
                number_listed=True,
                callback_at=None,
                warnings=[warning("contact_deleted")],
            )
    if contacts.find(ports.table, author.campaign.key, reference) is None:
        raise NotFoundError("No contact of this campaign has this id or external_id.")
    raise NotFoundError(_NO_ATTEMPT)


def _answer(
    ports: ReportPorts, author: _Author, call: _Call, contact: Contact, report: AgentReport, codes: Sequence[str]
) -> ReportAnswer:
    entry = do_not_call.get(ports.table, author.campaign.org, call.phone_number, ports.clock.now_ms())
    callback_at = agent_reports.waiting_callback(contact)
    told = list(codes)
    if author.campaign.status is CampaignStatus.CLOSED and report.callback and callback_at is not None:
        told.append("campaign_closed")
    return ReportAnswer(
        contact_id=contact.id,
        attempt_id=author.attempt_id,
        status=shown_status(contact.status, call.slot if contact.status is ContactStatus.ACTIVE else None),
        number_listed=entry is not None,
        callback_at=None if callback_at is None else instant(callback_at),
        warnings=[warning(code) for code in told],
    )
