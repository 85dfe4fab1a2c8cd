"""A contact with a call that was given up as `unknown`, and what became of it."""

from campanile.domain.campaign import Campaign
from campanile.domain.contact import Contact
from campanile.domain.lifecycle import Outcome
from campanile.store import keys
from tests.support.audit import audit, audit_names
from tests.support.dialer import Dialer, number
from tests.support.telephony import Post

HOUR = 3_600
RETRIED = ["no_answer", "busy", "failed", "unknown"]
TOLD = [one for one in Outcome if one is not Outcome.UNKNOWN]
"""What a late report may tell."""


def trying_on(dialer: Dialer) -> Campaign:
    """A campaign that tries calls of unknown fate again after an hour, others after a minute."""
    return dialer.campaign(retry_outcomes=RETRIED, retry_delay_seconds=60, retry_attempts=3)


def lose(dialer: Dialer, campaign: Campaign, *numbers: str) -> Post:
    """Call `ana`, and never learn how that ended."""
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": list(numbers or [number(1)])})
    return dialer.call(Outcome.UNKNOWN)


def retry(dialer: Dialer) -> Post:
    """The retry of a call of unknown fate begins."""
    dialer.clock.advance(HOUR)
    dialer.run()
    return dialer.posts[-1]


def ana(dialer: Dialer, campaign: Campaign) -> Contact:
    """The contact as it is stored, once everything agrees."""
    [contact] = audit(dialer, campaign)
    audit_names(dialer, campaign)
    return contact


def attempts(contact: Contact) -> list[str]:
    return [str(one.outcome) for one in contact.attempts]


def is_listed(dialer: Dialer, e164: str) -> bool:
    return dialer.table.get(keys.do_not_call(dialer.org, e164)) is not None
