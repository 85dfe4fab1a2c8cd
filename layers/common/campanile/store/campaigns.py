"""Campaigns and their aliases: `O#<org>` / `C#<id>`, `CX#<external id>`, `CN#<number>`.

A campaign on the dial sheet is one the dialer may dial: its status and its sheet entry change in one transaction.
"""

from dataclasses import replace
from typing import Any

from campanile.entities import AD_HOC_PRIORITY, Campaign, SheetEntry
from campanile.lifecycle import CAMPAIGN, CampaignStatus
from campanile.store import agents, configurations, keys, orgs
from campanile.store.conditions import allows
from campanile.store.table import Action, Item, Put, Table, TransactionCanceledError, Update

CONTENTION_RETRIES = 10


class UnknownConfigurationError(Exception):
    """The campaign's configuration does not exist in the org."""


class ExternalIdTakenError(Exception):
    """Another campaign of the org has this external id."""


class TransitionRefusedError(Exception):
    """The campaign's status does not allow the action; `status` is the one it has."""

    def __init__(self, action: str, status: CampaignStatus) -> None:
        super().__init__(f"Cannot {action} the campaign: its status is {status}.")
        self.action = action
        self.status = status


class ContendedError(Exception):
    """Too many writers at once; trying again is safe."""


def ad_hoc(org: str) -> Campaign:
    """The pseudo-campaign `default`: always active, no configuration, priority 1,000,000 (seed 003)."""
    return Campaign(
        org,
        keys.default_campaign(org),
        keys.DEFAULT_CAMPAIGN,
        CampaignStatus.ACTIVE,
        AD_HOC_PRIORITY,
        None,
        lanes=orgs.AD_HOC_LANES,
    )


def insert(table: Table, campaign: Campaign) -> None:
    """Store a new campaign; raises UnknownConfigurationError or ExternalIdTakenError."""
    assert campaign.configuration_id, "an ad-hoc campaign is never stored"
    actions: list[Action] = [
        configurations.referring(campaign.org, campaign.configuration_id),
        Put(_to_item(campaign), "attribute_not_exists(#PK)"),
        Put({**keys.campaign_number(campaign.org, campaign.number), "campaign": campaign.id}),
        orgs.listing(campaign.org, _sheet_entry(campaign)),
    ]
    if campaign.external_id:
        alias = {**keys.campaign_external_id(campaign.org, campaign.external_id), "campaign": campaign.id}
        actions.append(Put(alias, "attribute_not_exists(#PK)"))
    try:
        table.transact(actions)
    except TransactionCanceledError as canceled:
        if 0 in canceled.failed:
            raise UnknownConfigurationError(campaign.configuration_id) from None
        raise ExternalIdTakenError(campaign.external_id) from None


def get(table: Table, org: str, campaign_id: str, consistent: bool = True) -> Campaign | None:
    """By UUID."""
    item = table.get(keys.campaign(org, campaign_id), consistent)
    return from_item(item) if item else None


def resolve(table: Table, org: str, reference: str) -> Campaign | None:
    """By UUID, else by external id (seed 001); read strongly."""
    if found := get(table, org, reference.lower()):
        return found
    alias = table.get(keys.campaign_external_id(org, reference))
    return get(table, org, alias["campaign"]) if alias else None


def transition(table: Table, campaign: Campaign, action: str, now_ms: int) -> Campaign:
    """Take a lifecycle action; raises TransitionRefusedError naming the current status (seed 003: 400)."""
    edge = CAMPAIGN[action]
    condition, values = allows(edge, "status")
    for _ in range(CONTENTION_RETRIES):
        changed = replace(campaign, status=CampaignStatus(edge.target), rev=campaign.rev + 1, updated_at=now_ms)
        on_sheet = changed.status is CampaignStatus.ACTIVE
        sheet = (
            orgs.listing(campaign.org, _sheet_entry(changed))
            if on_sheet
            else orgs.unlisting(campaign.org, campaign.key)
        )
        update = Update(
            keys.campaign(campaign.org, campaign.id),
            "SET #status = :to, #rev = :next, #updated_at = :now",
            f"{condition} AND #rev = :rev",
            {**values, ":to": str(edge.target), ":next": changed.rev, ":now": now_ms, ":rev": campaign.rev},
        )
        try:
            table.transact([update, sheet])
            return changed
        except TransactionCanceledError as canceled:
            campaign = from_item(canceled.failed[0] or _to_item(campaign))
            if campaign.status not in edge.sources:
                raise TransitionRefusedError(action, campaign.status) from None
    raise ContendedError(campaign.id)


def register_lanes(table: Table, campaign: Campaign, zones: set[str]) -> Campaign:
    """Make lanes known to the dialer; always before the first contact is written to one of them."""
    if campaign.is_ad_hoc:
        orgs.list_ad_hoc(table, campaign.org)
        return campaign
    for _ in range(CONTENTION_RETRIES):
        if zones <= campaign.lanes:
            return campaign
        changed = replace(campaign, lanes=campaign.lanes | zones, rev=campaign.rev + 1)
        actions = [
            Update(
                keys.campaign(campaign.org, campaign.id),
                "SET #lanes = :lanes, #rev = :next",
                "#rev = :rev",
                {":lanes": sorted(changed.lanes), ":next": changed.rev, ":rev": campaign.rev},
            )
        ]
        if campaign.status is CampaignStatus.ACTIVE:
            actions.append(orgs.listing(campaign.org, _sheet_entry(changed)))
        try:
            table.transact(actions)
            return changed
        except TransactionCanceledError as canceled:
            campaign = from_item(canceled.failed[0] or _to_item(campaign))
    raise ContendedError(campaign.id)


def _sheet_entry(campaign: Campaign) -> SheetEntry:
    return SheetEntry(campaign.key, campaign.priority, campaign.configuration_id, campaign.lanes)


def _to_item(campaign: Campaign) -> Item:
    item: dict[str, Any] = {
        **keys.campaign(campaign.org, campaign.id),
        "org": campaign.org,
        "id": campaign.id,
        "number": campaign.number,
        "external_id": campaign.external_id,
        "name": campaign.name,
        "configuration": campaign.configuration_id,
        "status": str(campaign.status),
        "priority": campaign.priority,
        "unique_numbers": campaign.unique_numbers,
        "lanes": sorted(campaign.lanes),
        "rev": campaign.rev,
        "created_at": campaign.created_at,
        "updated_at": campaign.updated_at,
        **agents.to_item(campaign.agent),
    }
    return {name: value for name, value in item.items() if value is not None}


def from_item(item: Item) -> Campaign:
    return Campaign(
        org=item["org"],
        key=item["id"],
        id=item["id"],
        status=CampaignStatus(item["status"]),
        priority=item["priority"],
        configuration_id=item["configuration"],
        name=item["name"],
        number=item["number"],
        external_id=item.get("external_id"),
        unique_numbers=item["unique_numbers"],
        agent=agents.from_item(item),
        lanes=frozenset(item["lanes"]),
        rev=item["rev"],
        created_at=item["created_at"],
        updated_at=item["updated_at"],
    )
