"""An org's limit, as requested and as shown."""

from typing import Annotated

from pydantic import Field

from campanile.schema.messages import Request, Response

MAX_CONCURRENCY_LIMIT = 10_000


class ConcurrencyInput(Request):
    """How many calls the org may have in flight, and how fast they may start."""

    concurrency_limit: Annotated[int, Field(ge=1, le=MAX_CONCURRENCY_LIMIT)]
    """Calls in flight at once."""
    calls_per_second: Annotated[float, Field(ge=0.1, le=500)] | None = None
    """How fast the provider lets this org start calls; absent or null: as it was."""


class ConcurrencyResponse(Response):
    """`effective_limit` is what holds: the org's limit, or its fair part of the deployment's global one while others
    ask for theirs. Calls of others that are still in flight may keep it from that for a while.
    """

    concurrency_limit: int
    effective_limit: int
    active_count: int
    calls_per_second: float
