"""Campaigns and their aliases: `O#<org>` / `C#<id>`, `CX#<external id>`, `CN#<number>`.

A campaign on the dial sheet is one the dialer may dial: its status and its sheet entry change in one transaction.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from campanile.domain.campaign import AD_HOC_PRIORITY, AGENT_FIELDS, Campaign
from campanile.domain.errors import ConflictError, StateError
from campanile.domain.lifecycle import CAMPAIGN, EDITABLE, CampaignStatus
from campanile.domain.org import SheetEntry
from campanile.store import agent_fields, configuration_references, keys, orgs
from campanile.store.conditions import allows, one_of
from campanile.store.configuration_references import UnknownConfigurationError
from campanile.store.table import (
    CONTENTION_RETRIES,
    Action,
    ContendedError,
    Item,
    Put,
    Table,
    TransactionCanceledError,
    Update,
    setting,
)


class ExternalIdTakenError(ConflictError):
    """Another campaign of the org has this external id."""

    def __init__(self) -> None:
        super().__init__("Another campaign of the organization has this external_id.")


class TransitionRefusedError(StateError):
    """The campaign's status does not allow the action; `status` is the one it has."""

    def __init__(self, action: str, status: CampaignStatus) -> None:
        super().__init__(f"Cannot {action} the campaign: its status is {status}.")
        self.action = action
        self.status = status


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


def insert(table: Table, campaign: Campaign, *notes: Action) -> None:
    """Store a new campaign together with `notes`.

    Raises UnknownConfigurationError, ExternalIdTakenError, or ContendedError when the condition of a note failed.
    """
    assert campaign.configuration_id, "an ad-hoc campaign is never stored"
    actions: list[Action] = [
        configuration_references.referring(campaign.org, campaign.configuration_id),
        Put(_to_item(campaign), "attribute_not_exists(#PK)"),
        Put({**keys.campaign_number(campaign.org, campaign.number), "campaign": campaign.id}),
        orgs.listing(campaign.org, _sheet_entry(campaign)),
    ]
    if campaign.external_id:
        actions.append(_naming(campaign, campaign.external_id))
    try:
        table.transact([*actions, *notes])
    except TransactionCanceledError as canceled:
        if 0 in canceled.failed:
            raise UnknownConfigurationError from None
        if max(canceled.failed) >= len(actions):
            raise ContendedError(campaign.id) from None
        raise ExternalIdTakenError from None


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


def by_number(table: Table, org: str, number: int) -> Campaign | None:
    """By the integer that OSVI clients use; read strongly."""
    alias = table.get(keys.campaign_number(org, number))
    return get(table, org, alias["campaign"]) if alias else None


def is_taken(table: Table, org: str, external_id: str) -> bool:
    """Whether an external id means a campaign already."""
    return table.get(keys.campaign_external_id(org, external_id), consistent=False) is not None


def after(table: Table, org: str, campaign_id: str | None, most: int | None = None) -> Iterator[Campaign]:
    """At most `most` of the org's campaigns after the given one, in order of creation, read as they are consumed."""
    return map(from_item, table.query(*keys.campaigns_after(org, campaign_id), limit=most))


def update(table: Table, campaign: Campaign, change: Callable[[Campaign], Campaign]) -> Campaign:
    """Write what `change` makes of the campaign, and return it: name, priority, configuration, agent, external id.

    `change` is called again when another writer was faster. A former external id stays an alias.
    Raises TransitionRefusedError for a closed campaign, UnknownConfigurationError or ExternalIdTakenError.
    """
    for _ in range(CONTENTION_RETRIES):
        changed = replace(change(campaign), rev=campaign.rev + 1)
        actions = _changing(campaign, changed)
        try:
            table.transact(list(actions.values()))
            return changed
        except TransactionCanceledError as canceled:
            failed = {list(actions)[index]: item for index, item in canceled.failed.items()}
        if "campaign" in failed:
            campaign = from_item(failed["campaign"] or _to_item(campaign))
            if campaign.status not in EDITABLE:
                raise TransitionRefusedError("change", campaign.status)
        elif "configuration" in failed:
            raise UnknownConfigurationError
        else:
            raise ExternalIdTakenError
    raise ContendedError(campaign.id)


def _changing(campaign: Campaign, changed: Campaign) -> dict[str, Action]:
    """The actions of `update` by what they are about."""
    assert campaign.configuration_id, "an ad-hoc campaign is never stored"
    assert changed.configuration_id, "nor does a change make one"
    condition, values = one_of(EDITABLE, "status")
    # An update, not a put: a newer version may have written attributes that this one does not know.
    update = setting(keys.campaign(campaign.org, campaign.id), _attributes(changed))
    update = replace(
        update,
        condition=f"{condition} AND #rev = :seen_rev",
        values={**update.values, **values, ":seen_rev": campaign.rev},
    )
    actions: dict[str, Action] = {"campaign": update}
    if changed.configuration_id != campaign.configuration_id:
        actions["configuration"] = configuration_references.referring(campaign.org, changed.configuration_id)
        actions["former configuration"] = configuration_references.unreferring(campaign.org, campaign.configuration_id)
    if changed.external_id and changed.external_id != campaign.external_id:
        actions["external id"] = _naming(changed, changed.external_id)
    if changed.status is CampaignStatus.ACTIVE:
        actions["sheet"] = orgs.listing(campaign.org, _sheet_entry(changed))
    return actions


def _naming(campaign: Campaign, external_id: str) -> Put:
    """Let an external id mean the campaign; fails when it means another one."""
    alias = {**keys.campaign_external_id(campaign.org, external_id), "campaign": campaign.id}
    return Put(alias, "attribute_not_exists(#PK) OR #campaign = :own", {":own": campaign.id})


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
    item = {**keys.campaign(campaign.org, campaign.id), **_attributes(campaign)}
    return {name: value for name, value in item.items() if value is not None}


def _attributes(campaign: Campaign) -> Item:
    """Every attribute of a campaign besides its key; None for those that it has not."""
    return {
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
        **dict.fromkeys(AGENT_FIELDS),
        **agent_fields.to_item(campaign.agent),
    }


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
        unique_numbers=item.get("unique_numbers", False),
        agent=agent_fields.from_item(item),
        lanes=frozenset(item["lanes"]),
        rev=item["rev"],
        created_at=item["created_at"],
        updated_at=item["updated_at"],
    )
