"""Create, list, read, change and delete configurations."""

from pydantic import ValidationError

from campanile.adapters.dial_queue import INDEX_LAG_MS, DialQueue, Hint
from campanile.adapters.identifiers import time_ordered_id
from campanile.campaigns.configuration_warnings import UNREADABLE_WINDOWS, window_warnings
from campanile.domain.calling_window import Schedule
from campanile.domain.configuration import Configuration
from campanile.domain.errors import ConflictError, FieldError, InvalidFieldsError, NotFoundError
from campanile.schema import pagination
from campanile.schema.configurations import (
    ConfigurationInput,
    ConfigurationPatch,
    ConfigurationResponse,
    ConfigurationsResponse,
    SavedConfigurationResponse,
    fields,
)
from campanile.store import configurations, created_by_request, work_registry
from campanile.store.created_by_request import RequestUnderWayError
from campanile.store.table import Table


def create(
    table: Table, org: str, wanted: ConfigurationInput, now_ms: int, request_key: str | None = None
) -> SavedConfigurationResponse:
    """Store a configuration, or return the one that a request with this key has created before.

    One without calling windows allows no calls; it is accepted with a warning.
    """
    if created := created_by_request.created(table, org, request_key, wanted, now_ms):
        return response(_find(table, org, created))
    new = wanted.configuration(time_ordered_id(now_ms), now_ms, now_ms)
    notes = created_by_request.notes(org, request_key, wanted, new.id, now_ms)
    if not configurations.insert(table, org, new, *notes):
        raise RequestUnderWayError
    return response(new)


def page(table: Table, org: str, limit: int, cursor: str | None) -> ConfigurationsResponse:
    """Up to `limit` configurations, oldest first, from `cursor` on; raises InvalidFieldsError for a wrong cursor."""
    found = list(configurations.after(table, org, pagination.read_cursor(cursor), limit + 1))
    shown = pagination.fitting([ConfigurationResponse.of(one) for one in found[:limit]])
    return ConfigurationsResponse(
        configurations=shown, next_cursor=pagination.cursor_after(shown[-1].id) if len(shown) < len(found) else None
    )


def get(table: Table, org: str, configuration_id: str) -> ConfigurationResponse:
    """Raises NotFoundError, also for another org's configuration."""
    return ConfigurationResponse.of(_find(table, org, configuration_id))


def change(
    table: Table, dial_queue: DialQueue, org: str, configuration_id: str, wanted: ConfigurationPatch, now_ms: int
) -> SavedConfigurationResponse:
    """Change the given fields. They apply to every call decided after the response; calls in flight end as placed.

    Raises NotFoundError, InvalidFieldsError when the whole has become too large, or ConflictError when this version
    cannot read the stored windows and the request does not replace them all.
    """
    given = {name: getattr(wanted, name) for name in wanted.model_fields_set}

    def changed(current: Configuration) -> Configuration:
        if not current.is_readable and not given.keys() >= Schedule.model_fields.keys():
            raise ConflictError(f"{UNREADABLE_WINDOWS} Give {', '.join(Schedule.model_fields)} to replace them.")
        try:
            whole = ConfigurationInput.model_validate({**fields(current), **given}, strict=False)
        except ValidationError as invalid:  # each field is valid; together they are too large
            raise InvalidFieldsError([FieldError("body", "too_large", invalid.errors()[0]["msg"])]) from None
        return whole.configuration(current.id, current.created_at, now_ms)

    work_registry.mark_work(table, org, now_ms, now_ms)  # a window may have opened
    result = configurations.update(table, org, configuration_id.lower(), changed)
    if result is None:
        raise _not_found()
    hint = Hint(org, "configuration_changed")
    dial_queue.hint(hint)
    dial_queue.wake_at(hint, [now_ms + INDEX_LAG_MS])  # the dialer reads configurations eventually consistent
    return response(result)


def delete(table: Table, org: str, configuration_id: str) -> None:
    """Raises NotFoundError, or ConfigurationInUseError while a campaign refers to it (seed 001)."""
    if not configurations.delete(table, org, configuration_id.lower()):
        raise _not_found()


def response(configuration: Configuration) -> SavedConfigurationResponse:
    """The stored configuration as the API shows it, with warnings for its owner."""
    return SavedConfigurationResponse.of(configuration, warnings=window_warnings(configuration))


def _find(table: Table, org: str, configuration_id: str) -> Configuration:
    found = configurations.get(table, org, configuration_id.lower())
    if found is None:
        raise _not_found()
    return found


def _not_found() -> NotFoundError:
    return NotFoundError("No configuration has this id.")
