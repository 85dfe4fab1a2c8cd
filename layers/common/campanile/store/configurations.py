"""Configurations: `O#<org>` / `F#<id>`. `refs` counts the campaigns that refer to one."""

from campanile.models import Configuration
from campanile.store import keys
from campanile.store.table import Item, Put, Table, Update


def insert(table: Table, org: str, configuration: Configuration) -> None:
    """Store a new configuration."""
    table.write(
        Put(
            {
                **keys.configuration(org, configuration.id),
                "document": configuration.model_dump_json(exclude_defaults=True),
                "refs": 0,
            },
            "attribute_not_exists(#PK)",
        )
    )


def get(table: Table, org: str, configuration_id: str, consistent: bool = True) -> Configuration | None:
    item = table.get(keys.configuration(org, configuration_id), consistent)
    return from_item(item) if item else None


def get_all(table: Table, org: str, ids: list[str]) -> dict[str, Configuration]:
    """The configurations that exist, by id; eventually consistent, as the gate reads them again."""
    found = table.batch_get([keys.configuration(org, one) for one in ids], consistent=False)
    return {one.id: one for one in map(from_item, found.values())}


def from_item(item: Item) -> Configuration:
    return Configuration.model_validate_json(item["document"])


def referring(org: str, configuration_id: str) -> Update:
    """Count one more campaign that refers to it; fails when it does not exist."""
    return Update(
        keys.configuration(org, configuration_id),
        "ADD #refs :one",
        "attribute_exists(#PK)",
        {":one": 1},
    )
