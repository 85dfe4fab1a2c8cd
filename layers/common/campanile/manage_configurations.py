"""Create and read configurations."""

from uuid import uuid4

from campanile.errors import NotFoundError
from campanile.field_types import instant
from campanile.models import Configuration, ConfigurationCreated, ConfigurationInput, Notice
from campanile.store import configurations
from campanile.store.table import Table


def create(table: Table, org: str, wanted: ConfigurationInput, now_ms: int) -> ConfigurationCreated:
    """Store a configuration; one without calling windows is accepted with a warning, as no call would be allowed."""
    now = instant(now_ms)
    fields = {name: getattr(wanted, name) for name in ConfigurationInput.model_fields}
    configuration = Configuration.model_construct(**fields, id=str(uuid4()), created_at=now, updated_at=now)
    configurations.insert(table, org, configuration)
    return ConfigurationCreated.model_construct(**configuration.__dict__, warnings=window_notices(configuration))


def get(table: Table, org: str, configuration_id: str) -> Configuration:
    """Raises NotFoundError, also for another org's configuration."""
    configuration = configurations.get(table, org, configuration_id.lower())
    if configuration is None:
        raise NotFoundError("No configuration has this id.")
    return configuration


def window_notices(configuration: ConfigurationInput) -> list[Notice]:
    """The warning that an empty list of windows allows no calls at all (`products.md`, section 1.1)."""
    if configuration.has_windows:
        return []
    message = "The configuration has no calling windows, so no contact will be called. Set default_windows."
    return [Notice(code="no_calling_windows", message=message)]
