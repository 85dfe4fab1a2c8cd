"""Configurations: calling windows, retries and the agent that a campaign starts with."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from campanile.domain import phone
from campanile.domain.calling_window import Overrides, Schedule, TimeWindow
from campanile.domain.configuration import DEFAULT_COUNTRY_CODE, Configuration
from campanile.domain.lifecycle import Outcome
from campanile.domain.retry import RetryPolicy
from campanile.domain.times import instant
from campanile.domain.timezones import TimezoneName
from campanile.schema.agents import AgentInput
from campanile.schema.field_types import (
    DelayOutcome,
    DelaySeconds,
    Id,
    Instant,
    Name,
    RetryOutcome,
    outcomes,
)
from campanile.schema.messages import ApiWarning, Response, without_defaults

MAX_CONFIGURATION_BYTES = 64 * 1024
CountryCode = Annotated[
    str, AfterValidator(phone.parse_country_code), Field(json_schema_extra={"pattern": "^\\+[1-9][0-9]{0,2}$"})
]


class ConfigurationInput(AgentInput):
    """A reusable bundle of calling windows, retry policy and default agent; at most 64 KB of JSON in all."""

    name: Name
    """What people call it; space around it is dropped."""
    default_timezone: TimezoneName = "America/New_York"
    """IANA name of the clock that counts for contacts without a timezone."""
    default_windows: list[TimeWindow] = []
    """When contacts may be called, by their own clock; none: nobody is called."""
    overrides: Overrides = []
    """Windows that replace the usual ones in the timezones they list."""
    scheduled_windows: list[TimeWindow] | None = None
    """Windows for the first call of a contact with a `scheduled_at`; null: the usual ones."""
    scheduled_overrides: Overrides | None = None
    """Overrides for the first call of a contact with a `scheduled_at`; null: the usual ones."""
    default_country_code: CountryCode = DEFAULT_COUNTRY_CODE
    """The calling code that completes numbers written without one."""
    retry_attempts: Annotated[int, Field(ge=0, le=10)] = 2
    """Calls after the first one at most."""
    retry_delay_seconds: DelaySeconds = 3_600
    """How long after a call the next one follows at the earliest."""
    retry_outcomes: Annotated[list[RetryOutcome], AfterValidator(outcomes)] = ["busy", "failed", "no_answer"]
    """Outcomes after which the contact is called again."""
    retry_delays: dict[DelayOutcome, DelaySeconds] = {}
    """Delays of single outcomes, in seconds, in place of `retry_delay_seconds`."""

    daily_attempts_per_number: Annotated[int, Field(ge=1, le=20)] | None = None
    """Calls to one number in any 24 hours at most, those of other campaigns counted; null: no cap."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """The gate reads it before every call, so it has to stay small."""
        size = len(self.model_dump_json(exclude_defaults=True).encode())
        if size > MAX_CONFIGURATION_BYTES:
            raise ValueError(f"must be at most {MAX_CONFIGURATION_BYTES} bytes in all, is {size}: use fewer windows")
        return self

    def configuration(self, configuration_id: str, created_at: int, updated_at: int) -> Configuration:
        """The configuration that the request asks for. Times in UTC ms."""
        return Configuration(
            id=configuration_id,
            name=self.name,
            default_timezone=self.default_timezone,
            schedule=self.schedule,
            retry_policy=self.retry_policy,
            agent=self.agent,
            default_country_code=self.default_country_code,
            daily_attempts_per_number=self.daily_attempts_per_number,
            created_at=created_at,
            updated_at=updated_at,
        )

    @property
    def schedule(self) -> Schedule:
        """When contacts may be called."""
        return Schedule(**{name: getattr(self, name) for name in Schedule.model_fields})

    @property
    def retry_policy(self) -> RetryPolicy:
        """After which outcomes another call follows, and when."""
        return RetryPolicy(
            self.retry_attempts,
            self.retry_delay_seconds,
            frozenset(Outcome(outcome) for outcome in self.retry_outcomes),
            {Outcome(outcome): delay for outcome, delay in self.retry_delays.items()},
        )


def fields(configuration: Configuration) -> dict[str, Any]:
    """What of a configuration can be changed, by the API's names."""
    policy = configuration.retry_policy
    return {
        **configuration.schedule.__dict__,
        "default_timezone": configuration.default_timezone,
        "name": configuration.name,
        "default_country_code": configuration.default_country_code,
        "retry_attempts": policy.retry_attempts,
        "retry_delay_seconds": policy.retry_delay_seconds,
        "retry_outcomes": sorted(str(outcome) for outcome in policy.retry_outcomes),
        "retry_delays": {str(outcome): delay for outcome, delay in policy.retry_delays.items()},
        "daily_attempts_per_number": configuration.daily_attempts_per_number,
        **configuration.agent.to_dict(),
    }


class ConfigurationPatch(ConfigurationInput):
    """Changes of a configuration: an absent field stays as it is."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: Name = ""  # never looked at when absent


class ConfigurationResponse(ConfigurationInput):
    """A stored configuration."""

    id: Id
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, configuration: Configuration, **more: Any) -> Self:
        """The configuration as the API shows it. It is not validated again: another version may have stored it."""
        return cls.model_construct(
            **fields(configuration),
            id=configuration.id,
            created_at=instant(configuration.created_at),
            updated_at=instant(configuration.updated_at),
            **more,
        )


class SavedConfigurationResponse(ConfigurationResponse):
    """A configuration that the request has stored, with what its owner should look at."""

    warnings: list[ApiWarning]


class TimezonesResponse(Response):
    """Every IANA name that is taken wherever a timezone is."""

    timezones: list[str]


class ConfigurationsResponse(Response):
    """`next_cursor`: where the next page begins; null on the last one."""

    configurations: list[ConfigurationResponse]
    next_cursor: str | None
