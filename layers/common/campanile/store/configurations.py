"""Configurations: `O#<org>` / `F#<id>`. `refs` counts the campaigns that refer to one."""

from collections.abc import Callable, Container, Iterator

from campanile.domain.calling_window import Schedule, ScheduleOverride, TimeWindow
from campanile.domain.campaign import AGENT_FIELDS, AgentFields, Campaign
from campanile.domain.configuration import DEFAULT_COUNTRY_CODE, Configuration
from campanile.domain.errors import ConflictError
from campanile.domain.lifecycle import Outcome
from campanile.domain.retry import RetryPolicy
from campanile.store import documents, keys
from campanile.store.configuration_references import UnknownConfigurationError
from campanile.store.documents import Document
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


class ConfigurationInUseError(ConflictError):
    """The configuration cannot be deleted: `campaigns` campaigns refer to it."""

    def __init__(self, campaigns: int) -> None:
        super().__init__(
            "The configuration is in use. Give each campaign that refers to it another one first; one that a closed "
            "campaign used cannot be deleted."
        )
        self.campaigns = campaigns


def insert(table: Table, org: str, configuration: Configuration, *notes: Action) -> bool:
    """Store a new configuration together with `notes`; False when the condition of a note failed."""
    item = {
        **keys.configuration(org, configuration.id),
        "document": documents.render(_document(configuration), _KNOWN),
        "refs": 0,
    }
    try:
        table.transact([Put(item, "attribute_not_exists(#PK)"), *notes])
    except TransactionCanceledError:
        return False
    return True


def get(table: Table, org: str, configuration_id: str, consistent: bool = True) -> Configuration | None:
    item = table.get(keys.configuration(org, configuration_id), consistent)
    return from_item(item) if item else None


def of_campaign(table: Table, campaign: Campaign) -> Configuration | None:
    """The campaign's configuration; None for the ad-hoc contacts, which have none.

    The read is eventually consistent, and repeated when the configuration seems not to exist. Raises
    UnknownConfigurationError: only a campaign that is still to be stored can refer to one that does not exist.
    """
    if campaign.configuration_id is None:
        return None
    lately = get(table, campaign.org, campaign.configuration_id, consistent=False)
    found = lately or get(table, campaign.org, campaign.configuration_id)
    if found is None:
        raise UnknownConfigurationError
    return found


def get_all(table: Table, org: str, ids: list[str]) -> dict[str, Configuration]:
    """The configurations that exist, by id; eventually consistent, as the gate reads them again."""
    found = table.batch_get([keys.configuration(org, one) for one in ids], consistent=False)
    return {one.id: one for one in map(from_item, found.values())}


def after(table: Table, org: str, configuration_id: str | None, most: int | None = None) -> Iterator[Configuration]:
    """The org's configurations after the given one, in order of creation, read as they are consumed."""
    return map(from_item, table.query(*keys.configurations_after(org, configuration_id), limit=most))


def update(
    table: Table, org: str, configuration_id: str, change: Callable[[Configuration], Configuration]
) -> Configuration | None:
    """Write what `change` makes of the configuration, and return it; None when it does not exist.

    `change` is called again when another writer was faster.
    """
    for _ in range(CONTENTION_RETRIES):
        item = table.get(keys.configuration(org, configuration_id))
        if item is None:
            return None
        changed = change(from_item(item))
        assert changed.is_readable, "stored windows that this version cannot read must not be overwritten"
        document = documents.render(_document(changed), _KNOWN, item["document"])
        values = {":document": document, ":seen": item["document"]}
        key = keys.configuration(org, configuration_id)
        try:
            table.write(Update(key, "SET #document = :document", "#document = :seen", values))
        except ConditionFailedError:
            continue
        return changed
    raise ContendedError(configuration_id)


def delete(table: Table, org: str, configuration_id: str) -> bool:
    """Delete a configuration; False when it does not exist.

    Raises ConfigurationInUseError while a campaign refers to it.

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
    """The configuration in an item, whichever version of the code wrote it."""
    document = documents.parse(item["document"])
    schedule = _schedule(document)
    default = Configuration("", "")
    return Configuration(
        id=document["id"],
        name=document["name"],
        default_timezone=document.get("default_timezone", default.default_timezone),
        schedule=schedule or default.schedule,
        retry_policy=_retry_policy(document),
        agent=AgentFields(**{name: document.get(name) for name in AGENT_FIELDS}),
        default_country_code=document.get("default_country_code", DEFAULT_COUNTRY_CODE),
        daily_attempts_per_number=document.get("daily_attempts_per_number"),
        is_readable=schedule is not None,
        created_at=documents.time_of(document["created_at"]),
        updated_at=documents.time_of(document["updated_at"]),
    )


def _schedule(document: Document) -> Schedule | None:
    """The calling windows; None when this version cannot read a timezone or a window.

    An unreadable part could be one that forbids calls, so it closes the whole schedule.
    """
    try:
        return Schedule.model_validate(_known_schedule(document))
    except (ValueError, TypeError, AttributeError):  # pydantic's ValidationError is a ValueError
        return None


def _known_schedule(document: Document) -> Document:
    found = {name: document[name] for name in SCHEDULE_FIELDS if name in document}
    for name in ("default_windows", "scheduled_windows"):
        if found.get(name) is not None:
            found[name] = [_known(window, TimeWindow.model_fields) for window in found[name]]
    for name in ("overrides", "scheduled_overrides"):
        if found.get(name) is not None:
            found[name] = [_known_override(override) for override in found[name]]
    return found


def _known_override(override: Document) -> Document:
    found = _known(override, ScheduleOverride.model_fields)
    return {**found, "windows": [_known(window, TimeWindow.model_fields) for window in found["windows"]]}


def _known(fields: Document, names: Container[str]) -> Document:
    return {name: value for name, value in fields.items() if name in names}


def _retry_policy(document: Document) -> RetryPolicy:
    """The retries. An outcome that this version does not know is not retried, and has no delay."""
    usual = RetryPolicy()
    outcomes = document.get("retry_outcomes", usual.retry_outcomes)
    delays = document.get("retry_delays", usual.retry_delays)
    return RetryPolicy(
        retry_attempts=document.get("retry_attempts", usual.retry_attempts),
        retry_delay_seconds=document.get("retry_delay_seconds", usual.retry_delay_seconds),
        retry_outcomes=frozenset(Outcome(name) for name in outcomes if name in _OUTCOMES),
        retry_delays={Outcome(name): delay for name, delay in delays.items() if name in _OUTCOMES},
    )


def _document(configuration: Configuration) -> Document:
    """Every field that has not its default: the gate reads the document before every call, so it stays small."""
    return {name: value for name, value in _fields(configuration).items() if value != _DEFAULTS.get(name)}


def _fields(configuration: Configuration) -> Document:
    policy = configuration.retry_policy
    return {
        "id": configuration.id,
        "name": configuration.name,
        **configuration.schedule.model_dump(),
        "default_timezone": configuration.default_timezone,
        "default_country_code": configuration.default_country_code,
        "retry_attempts": policy.retry_attempts,
        "retry_delay_seconds": policy.retry_delay_seconds,
        "retry_outcomes": sorted(str(outcome) for outcome in policy.retry_outcomes),
        "retry_delays": {str(outcome): delay for outcome, delay in policy.retry_delays.items()},
        "daily_attempts_per_number": configuration.daily_attempts_per_number,
        **configuration.agent.to_dict(),
        "created_at": documents.time_to_text(configuration.created_at),
        "updated_at": documents.time_to_text(configuration.updated_at),
    }


SCHEDULE_FIELDS = tuple(Schedule.model_fields)
_OUTCOMES = frozenset(Outcome)
_DEFAULTS = {
    name: value
    for name, value in _fields(Configuration("", "")).items()
    if name not in ("id", "name", "created_at", "updated_at")
}
_KNOWN = frozenset(_fields(Configuration("", "")))
