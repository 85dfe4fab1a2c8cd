"""Settings from the environment, typed. The template sets them all; a missing or wrong one is named in the error."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from campanile.domain.limits import Limits


class WrongSettingError(Exception):
    """An environment variable that the function needs is missing or has a wrong value."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One field per environment variable of the same name in capitals.

    Only functions that no API route invokes have `api_url` and `carrier_url`: the others cannot refer to the API that
    refers to them. `aws_endpoint_url` is the address of an emulator; it is empty in AWS.
    """

    table_name: str
    dial_queue_url: str = ""
    wake_queue_url: str = ""
    work_queue_url: str = ""
    bucket: str = ""
    secret_id: str = ""
    api_url: str = ""
    carrier_url: str = ""
    aws_endpoint_url: str = ""
    global_concurrency_limit: int = 50
    lock_lease_seconds: int = 90
    call_lease_seconds: int = 120
    longest_call_seconds: int = 3_600
    post_timeout_seconds: float = 5.0
    dial_timeout_seconds: float = 40.0

    def required(self, name: str) -> str:
        """A text setting that must not be empty; raises WrongSettingError."""
        value = str(getattr(self, name))
        if not value:
            raise WrongSettingError(f"{name.upper()} is not set")
        return value

    @property
    def limits(self) -> Limits:
        return Limits(
            global_concurrency=self.global_concurrency_limit,
            lock_lease=self.lock_lease_seconds,
            call_lease=self.call_lease_seconds,
            longest_call=self.longest_call_seconds,
            post_timeout=self.post_timeout_seconds,
            worker=self.dial_timeout_seconds,
        )


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; raises WrongSettingError naming the variable that is missing or wrong."""
    if "TABLE_NAME" not in environment:
        raise WrongSettingError("TABLE_NAME is not set")
    names = {one.name: one.name.upper() for one in fields(Settings)}
    given = {name: environment[variable] for name, variable in names.items() if variable in environment}
    return Settings(**{name: _typed(name, text) for name, text in given.items()})


def _typed(name: str, text: str) -> Any:
    wanted: Callable[[str], Any] = Settings.__annotations__[name]
    try:
        return wanted(text)
    except ValueError:
        raise WrongSettingError(f"{name.upper()} must be a number, not {text!r}") from None
