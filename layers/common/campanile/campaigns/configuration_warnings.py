"""Warnings about a configuration that allows no calls."""

from campanile.domain.campaign import Campaign
from campanile.domain.configuration import Configuration
from campanile.schema.messages import ApiWarning
from campanile.store import configurations
from campanile.store.table import Table

UNREADABLE_WINDOWS = "This version of Campanile cannot read the stored timezones and calling windows."


def warnings_of(table: Table, campaign: Campaign) -> list[ApiWarning]:
    """Warnings for the campaign's owner: its configuration allows no calls.

    Raises UnknownConfigurationError.
    """
    configuration = configurations.of_campaign(table, campaign)
    return window_warnings(configuration) if configuration else []


def window_warnings(configuration: Configuration) -> list[ApiWarning]:
    """The warning that an empty list of windows allows no calls at all (`products.md`, section 1.1)."""
    if not configuration.is_readable:
        message = f"{UNREADABLE_WINDOWS} No contact will be called."
        return [ApiWarning(code="unreadable_calling_windows", message=message)]
    if configuration.has_windows:
        return []
    message = "The configuration has no calling windows, so no contact will be called. Set default_windows."
    return [ApiWarning(code="no_calling_windows", message=message)]
