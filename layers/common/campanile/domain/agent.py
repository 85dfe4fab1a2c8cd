"""An agent as an object of its own: what a client makes known once, and later pushes contacts for by its id."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutboundTrunk:
    """What an agent calls through. `caller_number` is E.164; `state` is `active` or `inactive`."""

    caller_number: str
    state: str


@dataclass(frozen=True, slots=True)
class Agent:
    """A stored agent. Times are UTC milliseconds since the epoch."""

    id: str
    name: str
    version: str | None = None
    provider: str | None = None
    outbound_trunk: OutboundTrunk | None = None
    created_at: int = 0
    updated_at: int = 0

    @property
    def active_trunk(self) -> OutboundTrunk | None:
        """The trunk it can call through now."""
        return self.outbound_trunk if self.outbound_trunk and self.outbound_trunk.state == "active" else None
