"""An agent's reports, as its requests bring them."""

from typing import Any

from campanile import reports
from campanile.entities import Campaign
from campanile.report_models import ReportAnswer, ReportInput
from tests.support.dialer import Dialer
from tests.support.telephony import Post


def report(dialer: Dialer, campaign: Campaign, post: Post, *, contact: str | None = None, **told: Any) -> ReportAnswer:
    """The agent on the call of `post` tells something; `contact` is how it names the contact, else by id."""
    current = campaign if campaign.is_ad_hoc else dialer.read_campaign(campaign.id)
    wanted = ReportInput.model_validate(told).report
    ports = dialer.ports.for_reports
    return reports.record(ports, current, contact or post.contact_id, post.attempt_id, wanted, actor="ak_agent")


def codes(answer: ReportAnswer) -> list[str]:
    return [one.code for one in answer.warnings]
