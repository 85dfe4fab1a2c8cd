"""The gate: the last word before a call is placed, on what was read at most 500 ms before the POST.

It re-reads rather than trusts: a pause, a do-not-call entry or a closing window between LOCK and POST must win (G3).
"""

from dataclasses import dataclass

from campanile import dialable_hours, timezones
from campanile.calling_window import Schedule
from campanile.entities import Contact
from campanile.field_types import instant, milliseconds
from campanile.lifecycle import CampaignStatus, Refusal

MAX_READING_AGE_MS = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """What the gate read. Ad-hoc contacts have neither campaign nor schedule; `campaign_status` None: no campaign.

    `is_contacts_number`: the number locked is still one of the contact's. `is_unreachable`: a former call has shown
    that nobody can be reached by it.
    """

    is_ad_hoc: bool
    campaign_status: CampaignStatus | None
    schedule: Schedule | None
    number_listed: bool
    is_contacts_number: bool = True
    is_unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the call must not be placed now, and until when (UTC ms; None: until somebody changes something)."""

    code: Refusal
    until: int | None = None


def refuse(reading: Reading, contact: Contact, now_ms: int) -> Refused | None:
    """None when the call may be placed at `now_ms` (UTC ms)."""
    if reading.number_listed or contact.asked_not_to_be_called:
        return Refused(Refusal.DO_NOT_CALL)
    if not reading.is_contacts_number:
        return Refused(Refusal.NUMBER_REMOVED)
    if reading.is_unreachable:
        return Refused(Refusal.INVALID_NUMBER)
    if contact.due > now_ms:
        return Refused(Refusal.NOT_YET_DUE, contact.due)
    if reading.is_ad_hoc:
        return None
    if reading.campaign_status is CampaignStatus.PAUSED:
        return Refused(Refusal.CAMPAIGN_PAUSED)
    if reading.campaign_status is not CampaignStatus.ACTIVE or reading.schedule is None:
        return Refused(Refusal.CAMPAIGN_CLOSED)
    opens = opening(reading.schedule, contact.timezone, contact.is_scheduled_first_call, now_ms)
    if opens is None or opens > now_ms:
        return Refused(Refusal.OUTSIDE_CALLING_WINDOW, opens)
    return None


def opening(schedule: Schedule, zone: str | None, scheduled_first_call: bool, now_ms: int) -> int | None:
    """When a contact of `zone` may next be called: `now_ms` itself inside a window, None when there is never one."""
    zones = timezones.stored_zones(zone or schedule.default_timezone)
    now = instant(now_ms)
    if dialable_hours.is_open_in_all(schedule, zones, scheduled_first_call, now):
        return now_ms
    opens = dialable_hours.next_opening_in_all(schedule, zones, scheduled_first_call, now)
    return None if opens is None else milliseconds(opens)
