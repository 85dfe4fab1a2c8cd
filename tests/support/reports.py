"""An agent's reports, as its requests bring them."""

from typing import Any

from campanile.dialing import record_report
from campanile.domain.campaign import Campaign
from campanile.domain.times import instant
from campanile.schema.reports import ReportInput, ReportResponse, response
from tests.support.dialer import Dialer, number
from tests.support.telephony import Post


def report(
    dialer: Dialer, campaign: Campaign, post: Post, *, contact: str | None = None, **told: Any
) -> ReportResponse:
    """The agent on the call of `post` tells something; `contact` is how it names the contact, else by id."""
    current = campaign if campaign.is_ad_hoc else dialer.read_campaign(campaign.id)
    wanted = ReportInput.model_validate(told).report
    ports = dialer.ports.for_reports
    person = contact or post.contact_id
    return response(record_report.record(ports, current, person, post.attempt_id, wanted, actor="ak_agent"))


def codes(answer: ReportResponse) -> list[str]:
    return [one.code for one in answer.warnings]


def called(dialer: Dialer, campaign: Campaign, *numbers: str, **fields: Any) -> Post:
    """Ana is on the line."""
    dialer.add(campaign, {"external_id": "ana", "phone_numbers": list(numbers or [number(1)]), **fields})
    dialer.run()
    return dialer.posts[-1]


def in_seconds(dialer: Dialer, seconds: float) -> str:
    return instant(dialer.clock.now_ms() + round(1000 * seconds)).isoformat()
