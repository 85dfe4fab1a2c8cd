"""Find a campaign by the reference that a path has."""

from campanile.domain.campaign import Campaign
from campanile.domain.errors import NotFoundError
from campanile.store import campaigns, keys
from campanile.store.table import Table


def find(table: Table, org: str, reference: str) -> Campaign:
    """By UUID, else by external id (seed 001); raises NotFoundError, also for another org's campaign."""
    campaign = campaigns.resolve(table, org, reference)
    if campaign is None:
        raise NotFoundError("No campaign has this id or external_id.")
    return campaign


def find_or_ad_hoc(table: Table, org: str, reference: str) -> Campaign:
    """As `find`; `default` is the pseudo-campaign of ad-hoc contacts, on the contacts routes only (seed 001)."""
    return campaigns.ad_hoc(org) if reference == keys.DEFAULT_CAMPAIGN else find(table, org, reference)
