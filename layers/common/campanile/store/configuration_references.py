"""How many campaigns refer to a configuration. Campaigns count themselves there, and read no configuration for it."""

from campanile.domain.errors import FieldError, InvalidFieldsError
from campanile.store import keys
from campanile.store.table import Update


class UnknownConfigurationError(InvalidFieldsError):
    """The configuration that a campaign is to refer to does not exist in the org."""

    def __init__(self) -> None:
        message = "no configuration has this id; create one first"
        super().__init__([FieldError("configuration_id", "unknown", message)])


def referring(org: str, configuration_id: str) -> Update:
    """Count one more campaign that refers to it; fails when it does not exist."""
    return _counting(org, configuration_id, 1)


def unreferring(org: str, configuration_id: str) -> Update:
    """Count one campaign less."""
    return _counting(org, configuration_id, -1)


def _counting(org: str, configuration_id: str, difference: int) -> Update:
    key = keys.configuration(org, configuration_id)
    return Update(key, "ADD #refs :difference", "attribute_exists(#PK)", {":difference": difference})
