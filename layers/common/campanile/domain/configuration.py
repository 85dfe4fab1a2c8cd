"""A configuration as the product uses it: calling windows, retries, default agent, and the country of local numbers."""

from dataclasses import dataclass, field

from campanile.domain.calling_window import Schedule
from campanile.domain.campaign import AgentFields
from campanile.domain.retry import RetryPolicy

DEFAULT_COUNTRY_CODE = "+1"


@dataclass(frozen=True, slots=True)
class Configuration:
    """A stored configuration. Times are UTC milliseconds since the epoch.

    `is_readable` is False when this version cannot read the stored timezones or windows. `schedule` then has no
    windows, so nobody is called. `default_timezone` is the stored name, which this version may not know.
    """

    id: str
    name: str
    default_timezone: str = "America/New_York"
    schedule: Schedule = field(default_factory=Schedule)
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    agent: AgentFields = field(default_factory=AgentFields)
    default_country_code: str = DEFAULT_COUNTRY_CODE
    daily_attempts_per_number: int | None = None
    is_readable: bool = True
    created_at: int = 0
    updated_at: int = 0

    @property
    def has_windows(self) -> bool:
        """Whether any contact could ever be called."""
        overrides = [*self.schedule.overrides, *(self.schedule.scheduled_overrides or [])]
        usual = self.schedule.default_windows or self.schedule.scheduled_windows
        return bool(usual or any(one.windows for one in overrides))
