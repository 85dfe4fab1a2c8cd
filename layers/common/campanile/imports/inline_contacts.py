"""Contacts that come with the creation or the change of a campaign: up to 5,000 (seed 001), as an import.

The rows are checked as a whole and kept in the bucket. The request writes them for some seconds, and a worker continues
from the checkpoint. At creation, the campaign is written last. So a request that dies before its response leaves no
campaign that calls anybody, only contacts that nothing refers to.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from campanile.adapters.dial_queue import Hint
from campanile.campaigns import change_campaign, configuration_warnings, create_campaign, find_campaign, show_campaign
from campanile.campaigns.country_code import country_code_of
from campanile.contacts import check_rows
from campanile.contacts.rows import ContactRow
from campanile.domain.campaign import Campaign
from campanile.imports import kept_rows, show_import
from campanile.imports.request_import import begin, proceed
from campanile.imports.run import ImportPorts
from campanile.schema.campaign_responses import CampaignResponse
from campanile.schema.campaigns import CampaignInput, CampaignPatch
from campanile.schema.contacts import ContactInput
from campanile.store import campaigns, work_registry
from campanile.store.campaigns import ExternalIdTakenError
from campanile.store.imports import Import


def create(
    ports: ImportPorts, org: str, wanted: CampaignInput, now_ms: int, request_key: str | None = None
) -> CampaignResponse:
    """Create a campaign with the contacts that the request brings.

    Raises UnknownConfigurationError, ExternalIdTakenError, or InvalidFieldsError for a wrong contact.
    """
    if not wanted.contacts:
        return create_campaign.create(ports.table, org, wanted, now_ms, request_key)
    if known := create_campaign.created_before(ports.table, org, wanted, now_ms, request_key):
        return known
    campaign = create_campaign.new_campaign(ports.table, org, wanted, now_ms)
    warnings = configuration_warnings.warnings_of(ports.table, campaign)
    begun = _fill(ports, campaign, wanted.contacts, now_ms)
    create_campaign.store(ports.table, campaign, wanted, request_key)
    return _answer(ports, show_campaign.response(campaign, warnings), begun)


def _fill(ports: ImportPorts, campaign: Campaign, contacts: Sequence[ContactInput], now_ms: int) -> Import:
    """Write the contacts of a campaign before the campaign is stored. Until then nobody is called."""
    job = str(uuid4())
    rows = _checked(ports, campaign, contacts, job)
    if campaign.external_id and campaigns.is_taken(ports.table, campaign.org, campaign.external_id):
        raise ExternalIdTakenError
    begun = begin(ports, _import(campaign, job, now_ms), rows)
    begun = proceed(ports, campaign, begun, rows, ports.clock.monotonic_ms())
    work_registry.mark_work(ports.table, campaign.org, now_ms, now_ms)
    return begun


def change(ports: ImportPorts, org: str, reference: str, wanted: CampaignPatch, now_ms: int) -> CampaignResponse:
    """Change a campaign and add the contacts that the request brings.

    Raises NotFoundError, TransitionRefusedError for a closed campaign, and what `create` raises.
    """
    job = str(uuid4())
    rows: list[ContactRow] = []
    if wanted.contacts:
        campaign = find_campaign.find(ports.table, org, reference)
        if "configuration_id" in wanted.model_fields_set:
            campaign = replace(campaign, configuration_id=wanted.configuration_id)
        rows = _checked(ports, campaign, wanted.contacts, job)
    changed = change_campaign.change(ports.table, ports.dial_queue, org, reference, wanted, now_ms)
    answer = show_campaign.response(changed, configuration_warnings.warnings_of(ports.table, changed))
    if not rows:
        return answer
    begun = begin(ports, _import(changed, job, now_ms), rows)
    current = proceed(ports, changed, begun, rows, ports.clock.monotonic_ms())
    return _answer(ports, answer, current)


def _import(campaign: Campaign, job: str, now_ms: int) -> Import:
    return Import(job, campaign.org, campaign.key, None, now_ms, now_ms, mode="strict")


def _checked(ports: ImportPorts, campaign: Campaign, contacts: Sequence[ContactInput], job: str) -> list[ContactRow]:
    """The rows with numbers in E.164 by the campaign's configuration. Raises UnknownConfigurationError."""
    rows = check_rows.validate(contacts, country_code_of(ports.table, campaign))
    return [replace(row, place=row.place + 1, repeatable_id=kept_rows.own_id(job, row.place)) for row in rows]


def _answer(ports: ImportPorts, answer: CampaignResponse, current: Import) -> CampaignResponse:
    """The campaign with its import. A worker continues the import if it is not finished."""
    if current.status == "running":
        ports.work_queue.send_import(current.job)
    ports.dial_queue.hint(Hint(current.org, "contacts_added", current.campaign_key))
    return answer.model_copy(update={"contacts_import": show_import.response(current, current.updated_at)})
