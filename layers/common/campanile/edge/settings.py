"""Settings from the environment, typed; a missing or wrong one fails by name. The template sets them all."""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from campanile.domain.limits import Limits


class MissingSettingError(Exception):
    """A function was deployed without an environment variable it needs."""


class Settings(BaseModel):
    """One field per environment variable of the same name in capitals.

    `api_url` and `carrier_url` are set only for functions that no API route invokes: they cannot refer to the API
    that refers to them. `aws_endpoint_url` is where an emulator serves AWS; empty in AWS.
    """

    model_config = ConfigDict(frozen=True)

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
        """A text setting that must not be empty; raises MissingSettingError."""
        value = str(getattr(self, name))
        if not value:
            raise MissingSettingError(f"{name.upper()} is not set")
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
    """Read the settings; raises pydantic.ValidationError naming the variable that is wrong."""
    names = Settings.model_fields
    return Settings.model_validate({name: environment[name.upper()] for name in names if name.upper() in environment})
