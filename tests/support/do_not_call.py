"""The do-not-call list of a dialer's org, as its API keeps it."""

from typing import Any

from campanile.do_not_call import manage_do_not_call
from campanile.schema.do_not_call import DoNotCallInput
from campanile.store import do_not_call
from campanile.store.do_not_call import Entry, Listing
from tests.support.dialer import Dialer

ACTOR = "ak_0123456789abcdef"


def put_on_list(dialer: Dialer, *numbers: str, **terms: Any) -> list[Listing]:
    """As a request does; `terms` are its other fields."""
    wanted = DoNotCallInput.model_validate({"phone_numbers": list(numbers), **terms})
    return manage_do_not_call.add(dialer.table, dialer.org, wanted, ACTOR, dialer.clock.now_ms())


def take_off_list(dialer: Dialer, number: str, reason: str = "by mistake") -> None:
    manage_do_not_call.remove(dialer.table, dialer.org, number, reason, ACTOR, dialer.clock.now_ms())


def entry(dialer: Dialer, number: str) -> Entry | None:
    return do_not_call.get(dialer.table, dialer.org, number, dialer.clock.now_ms())


def events(dialer: Dialer, number: str) -> list[str]:
    """What happened to a number, oldest first."""
    return [line.event for line in reversed(do_not_call.history(dialer.table, dialer.org, number))]
