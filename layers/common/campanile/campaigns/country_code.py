"""The country code of a campaign's configuration."""

from campanile.domain.campaign import Campaign
from campanile.store import configurations
from campanile.store.table import Table


def country_code_of(table: Table, campaign: Campaign) -> str | None:
    """The country code for numbers in local format; None for ad-hoc contacts, which have no configuration.

    Raises UnknownConfigurationError for a campaign that is still to be stored.
    """
    configuration = configurations.of_campaign(table, campaign)
    return configuration.default_country_code if configuration else None
