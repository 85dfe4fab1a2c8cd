"""Configurations: `O#<org>` / `F#<id>`. `refs` counts the campaigns that refer to one."""

from collections.abc import Callable, Iterator

from campanile import timezones
from campanile.models import Configuration
from campanile.store import keys
from campanile.store.table import (
    CONTENTION_RETRIES,
    Action,
    ConditionFailedError,
    ContendedError,
    Delete,
    Item,
    Put,
    Table,
    TransactionCanceledError,
    Update,
)


class ConfigurationInUseError(Exception):
    """The configuration cannot be deleted: `campaigns` campaigns refer to it."""

    def __init__(self, campaigns: int) -> None:
        super().__init__(
            "The configuration is in use. Give each campaign that refers to it another one first; one that a closed "
            "campaign used cannot be deleted."
        )
        self.campaigns = campaigns


def insert(table: Table, org: str, configuration: Configuration, *notes: Action) -> bool:
    """Store a new configuration together with `notes`; False when one of those stood in the way."""
    item = {**keys.configuration(org, configuration.id), "document": _document(configuration), "refs": 0}
    try:
        table.transact([Put(item, "attribute_not_exists(#PK)"), *notes])
    except TransactionCanceledError:
        return False
    return True


def get(table: Table, org: str, configuration_id: str, consistent: bool = True) -> Configuration | None:
    item = table.get(keys.configuration(org, configuration_id), consistent)
    return from_item(item) if item else None


def in_use(table: Table, org: str, configuration_id: str) -> Configuration | None:
    """One that a campaign refers to: eventually consistent, and read again when it seems not to be there."""
    return get(table, org, configuration_id, consistent=False) or get(table, org, configuration_id)


def get_all(table: Table, org: str, ids: list[str]) -> dict[str, Configuration]:
    """The configurations that exist, by id; eventually consistent, as the gate reads them again."""
    found = table.batch_get([keys.configuration(org, one) for one in ids], consistent=False)
    return {one.id: one for one in map(from_item, found.values())}


def after(table: Table, org: str, configuration_id: str | None, most: int | None = None) -> Iterator[Configuration]:
    """The org's configurations in order of creation, read as they are consumed; those behind the given one."""
    return map(from_item, table.query(*keys.configurations_after(org, configuration_id), limit=most))


def update(
    table: Table, org: str, configuration_id: str, change: Callable[[Configuration], Configuration]
) -> Configuration | None:
    """Write what `change` makes of the configuration, and answer it; None when there is none.

    `change` is called again when somebody else has written meanwhile.
    """
    for _ in range(CONTENTION_RETRIES):
        item = table.get(keys.configuration(org, configuration_id))
        if item is None:
            return None
        changed = change(from_item(item))
        values = {":document": _document(changed), ":seen": item["document"]}
        key = keys.configuration(org, configuration_id)
        try:
            table.write(Update(key, "SET #document = :document", "#document = :seen", values))
        except ConditionFailedError:
            continue
        return changed
    raise ContendedError(configuration_id)


def delete(table: Table, org: str, configuration_id: str) -> bool:
    """Delete a configuration; False when there is none. Raises ConfigurationInUseError while a campaign refers to it.

    The count of those is part of the transaction that creates or changes a campaign, so neither can overtake the other.
    """
    try:
        table.write(Delete(keys.configuration(org, configuration_id), "#refs = :none", {":none": 0}))
    except ConditionFailedError as failed:
        if failed.item is None:
            return False
        raise ConfigurationInUseError(failed.item["refs"]) from None
    return True


def from_item(item: Item) -> Configuration:
    return Configuration.model_validate_json(item["document"], context=timezones.STORED)


def referring(org: str, configuration_id: str) -> Update:
    """Count one more campaign that refers to it; fails when it does not exist."""
    return _counting(org, configuration_id, 1)


def unreferring(org: str, configuration_id: str) -> Update:
    """Count one campaign less."""
    return _counting(org, configuration_id, -1)


def _counting(org: str, configuration_id: str, difference: int) -> Update:
    key = keys.configuration(org, configuration_id)
    return Update(key, "ADD #refs :difference", "attribute_exists(#PK)", {":difference": difference})


def _document(configuration: Configuration) -> str:
    return configuration.model_dump_json(exclude_defaults=True)
